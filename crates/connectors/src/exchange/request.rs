//! What Exchange is asked: envelopes as text, every value escaped, and how they are sent.

use std::fmt::Write as _;

use connector_kit::{Request, Session};
use jiff::Timestamp;
use quick_xml::escape::escape;

/// What is read of an item. `FindItem` gives no attendees and no text, so that items are asked for by their ids.
const PROPERTIES: [&str; 23] = [
    "item:Subject",
    "item:Body",
    "item:LastModifiedTime",
    "item:WebClientReadFormQueryString",
    "calendar:UID",
    "calendar:RecurrenceId",
    "calendar:Start",
    "calendar:End",
    "calendar:OriginalStart",
    "calendar:IsAllDayEvent",
    "calendar:LegacyFreeBusyStatus",
    "calendar:Location",
    "calendar:IsCancelled",
    "calendar:CalendarItemType",
    "calendar:Organizer",
    "calendar:RequiredAttendees",
    "calendar:OptionalAttendees",
    "calendar:Resources",
    "calendar:Recurrence",
    "calendar:ModifiedOccurrences",
    "calendar:DeletedOccurrences",
    "calendar:StartTimeZone",
    "calendar:JoinOnlineMeetingUrl",
];
const FOUND: [&str; 2] = ["calendar:UID", "calendar:CalendarItemType"];

/// Names an item.
pub enum Id<'a> {
    Item(&'a str),
    /// The master of the series that this occurrence is part of.
    MasterOf(&'a str),
}

/// Wraps an operation and sends it. All operations here read, so that sending one twice is harmless.
pub fn call<'s>(session: &'s Session, operation: &str) -> Request<'s> {
    let impersonated = session.field("impersonated");
    let acting = impersonated.map(|address| {
        let address = escape(address);
        format!("<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{address}</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>")
    });
    let body = format!(
        r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header><t:RequestServerVersion Version="Exchange2016"/>{}</s:Header><s:Body>{operation}</s:Body></s:Envelope>"#,
        acting.unwrap_or_default()
    );
    let request = session.post("").text("text/xml; charset=utf-8", body).repeatable();
    // Leads a front end to the server that has the mailbox.
    match impersonated.or(session.field("mailbox")).filter(|address| address.bytes().all(|b| b.is_ascii_graphic())) {
        Some(address) => request.header("x-anchormailbox", address),
        None => request,
    }
}

/// A folder that every mailbox has. Without impersonation it is said whose mailbox is meant.
pub fn distinguished(session: &Session, name: &str) -> String {
    match session.field("mailbox") {
        None => format!(r#"<t:DistinguishedFolderId Id="{name}"/>"#),
        Some(address) => format!(
            r#"<t:DistinguishedFolderId Id="{name}"><t:Mailbox><t:EmailAddress>{}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"#,
            escape(address)
        ),
    }
}

/// A calendar by its id, or the default one.
pub fn calendar(session: &Session, id: Option<&str>) -> String {
    match id {
        Some(id) => format!(r#"<t:FolderId Id="{}"/>"#, escape(id)),
        None => distinguished(session, "calendar"),
    }
}

pub fn get_folder(folder: &str) -> String {
    format!(
        "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>{folder}</m:FolderIds></m:GetFolder>"
    )
}

pub fn find_folders(root: &str, from: u32, most: u32) -> String {
    format!(
        r#"<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:IndexedPageFolderView MaxEntriesReturned="{most}" Offset="{from}" BasePoint="Beginning"/><m:ParentFolderIds>{root}</m:ParentFolderIds></m:FindFolder>"#
    )
}

pub fn sync_items(folder: &str, state: Option<&str>, most: u32) -> String {
    let state = state.map(|state| format!("<m:SyncState>{}</m:SyncState>", escape(state))).unwrap_or_default();
    format!(
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>{folder}</m:SyncFolderId>{state}<m:MaxChangesReturned>{most}</m:MaxChangesReturned><m:SyncScope>NormalItems</m:SyncScope></m:SyncFolderItems>"
    )
}

pub fn view(folder: &str, from: Timestamp, until: Timestamp, most: u32) -> String {
    let shape = shape("", &FOUND);
    format!(
        r#"<m:FindItem Traversal="Shallow">{shape}<m:CalendarView MaxEntriesReturned="{most}" StartDate="{from}" EndDate="{until}"/><m:ParentFolderIds>{folder}</m:ParentFolderIds></m:FindItem>"#
    )
}

pub fn get_items(ids: &[Id<'_>]) -> String {
    let mut named = String::new();
    for id in ids {
        let _ = match id {
            Id::Item(id) => write!(named, r#"<t:ItemId Id="{}"/>"#, escape(*id)),
            Id::MasterOf(id) => write!(named, r#"<t:RecurringMasterItemId OccurrenceId="{}"/>"#, escape(*id)),
        };
    }
    let shape = shape("<t:BodyType>Text</t:BodyType>", &PROPERTIES);
    format!("<m:GetItem>{shape}<m:ItemIds>{named}</m:ItemIds></m:GetItem>")
}

fn shape(body: &str, properties: &[&str]) -> String {
    let mut paths = String::new();
    for name in properties {
        let _ = write!(paths, r#"<t:FieldURI FieldURI="{name}"/>"#);
    }
    format!("<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{body}<t:AdditionalProperties>{paths}</t:AdditionalProperties></m:ItemShape>")
}
