//! The schemas of EWS are read whole, and what does not fit them is found at its place.

use super::{Misfit, Schemas};
use crate::kit::xml;
use crate::probe::specs;

const NAMES: &str = "xmlns:m='http://schemas.microsoft.com/exchange/services/2006/messages' \
    xmlns:t='http://schemas.microsoft.com/exchange/services/2006/types' xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'";

fn schemas() -> Option<Schemas> {
    specs().map(|folder| Schemas::load(&folder.join("ews/ews.xsd")).unwrap())
}

/// The place of the misfit, if there is one.
fn place(schemas: &Schemas, root: &str, rest: &str) -> Option<String> {
    let element = xml::read(&format!("<{root} {NAMES} {rest}")).unwrap();
    schemas.check(&element).err().map(|(place, _): Misfit| place)
}

const SHAPE: &str = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>";
const FOLDER: &str = "<m:SyncFolderId><t:DistinguishedFolderId Id='calendar'/></m:SyncFolderId>";

#[test]
fn order_number_names_and_bounds_are_kept() {
    let Some(schemas) = schemas() else { return };
    let sync = |inside: &str| place(&schemas, "m:SyncFolderItems", &format!(">{inside}</m:SyncFolderItems>"));
    let most = |number: &str| format!("<m:MaxChangesReturned>{number}</m:MaxChangesReturned>");
    assert_eq!(sync(&format!("{SHAPE}{FOLDER}{}", most("512"))), None);
    assert_eq!(sync(&format!("{SHAPE}{FOLDER}<m:SyncState>abc</m:SyncState>{}", most("1"))), None);
    for bad in ["0", "513", "many", ""] {
        assert_eq!(sync(&format!("{SHAPE}{FOLDER}{}", most(bad))).as_deref(), Some("SyncFolderItems/MaxChangesReturned"), "{bad}");
    }
    for bad in [
        format!("{FOLDER}{SHAPE}{}", most("1")),
        format!("{SHAPE}{FOLDER}"),
        format!("{SHAPE}{SHAPE}{FOLDER}{}", most("1")),
        format!("{SHAPE}{FOLDER}{}<m:Colour/>", most("1")),
        format!("{SHAPE}{FOLDER}<t:SyncState/>{}", most("1")),
        format!("{SHAPE}{FOLDER}{}words", most("1")),
    ] {
        assert_eq!(sync(&bad).as_deref(), Some("SyncFolderItems"), "{bad}");
    }
    assert_eq!(sync(&format!("{SHAPE}<m:SyncFolderId/>{}", most("1"))).as_deref(), Some("SyncFolderItems/SyncFolderId"));
    assert_eq!(place(&schemas, "m:Nothing", "/>").as_deref(), Some("Nothing"));
}

#[test]
fn attributes_are_required_typed_and_known() {
    let Some(schemas) = schemas() else { return };
    let view = |attributes: &str| {
        let inside = format!("{SHAPE}<m:CalendarView {attributes}/><m:ParentFolderIds><t:FolderId Id='a'/></m:ParentFolderIds>");
        place(&schemas, "m:FindItem", &format!("Traversal='Shallow'>{inside}</m:FindItem>"))
    };
    let dates = "StartDate='2026-11-01T00:00:00Z' EndDate='2026-11-02T00:00:00+01:00'";
    assert_eq!(view(dates), None);
    assert_eq!(view(&format!("MaxEntriesReturned='10' {dates}")), None);
    assert_eq!(view("StartDate='2026-11-01T00:00:00Z'").as_deref(), Some("FindItem/CalendarView/@EndDate"));
    assert_eq!(view("StartDate='yesterday' EndDate='2026-11-02T00:00:00Z'").as_deref(), Some("FindItem/CalendarView/@StartDate"));
    assert_eq!(view(&format!("Colour='red' {dates}")).as_deref(), Some("FindItem/CalendarView/@Colour"));
    let version = |version: &str| place(&schemas, "t:RequestServerVersion", &format!("Version='{version}' s:mustUnderstand='1'/>"));
    assert_eq!(version("Exchange2016"), None);
    assert_eq!(version("Exchange2013").as_deref(), Some("RequestServerVersion/@Version"), "another one is fixed");
}

#[test]
fn substitutes_groups_lists_and_derived_types_are_followed() {
    let Some(schemas) = schemas() else { return };
    let get = |paths: &str| {
        let shape =
            format!("<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>{paths}</t:AdditionalProperties></m:ItemShape>");
        place(&schemas, "m:GetItem", &format!(">{shape}<m:ItemIds><t:ItemId Id='a'/></m:ItemIds></m:GetItem>"))
    };
    assert_eq!(get("<t:FieldURI FieldURI='calendar:UID'/><t:FieldURI FieldURI='item:Body'/>"), None);
    assert_eq!(get("<t:Path/>").as_deref(), Some("GetItem/ItemShape/AdditionalProperties"), "the head is abstract");
    assert_eq!(get("<t:FieldURI FieldURI='calendar:Mood'/>").as_deref(), Some("GetItem/ItemShape/AdditionalProperties/FieldURI/@FieldURI"));
    let answer = |recurrence: &str| {
        let item =
            format!("<t:CalendarItem><t:ItemId Id='a'/><t:Subject>s</t:Subject><t:Recurrence>{recurrence}</t:Recurrence></t:CalendarItem>");
        let message = format!(
            "<m:GetItemResponseMessage ResponseClass='Success'><m:ResponseCode>NoError</m:ResponseCode><m:Items>{item}</m:Items></m:GetItemResponseMessage>"
        );
        place(&schemas, "m:GetItemResponse", &format!("><m:ResponseMessages>{message}</m:ResponseMessages></m:GetItemResponse>"))
    };
    let weekly =
        |days: &str| format!("<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>{days}</t:DaysOfWeek></t:WeeklyRecurrence>");
    let range = "<t:NoEndRecurrence><t:StartDate>2026-11-28Z</t:StartDate></t:NoEndRecurrence>";
    assert_eq!(answer(&format!("{}{range}", weekly("Monday Friday"))), None);
    for bad in [weekly("Monday"), format!("{range}{}", weekly("Monday")), format!("{}{range}", weekly("Someday"))] {
        assert!(answer(&bad).is_some(), "{bad}");
    }
}

#[test]
fn a_schema_that_uses_more_than_is_understood_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.xsd");
    let load = |inside: &str| {
        std::fs::write(
            &file,
            format!("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:a'>{inside}</xs:schema>"),
        )
        .unwrap();
        Schemas::load(&file)
    };
    let schemas = load("<xs:element name='a' type='xs:string'/>").unwrap();
    assert_eq!(schemas.check(&xml::read("<a xmlns='urn:a'>text</a>").unwrap()), Ok(()));
    assert!(load("<xs:complexType name='a'><xs:all/></xs:complexType>").is_err());
    assert!(load("<xs:key name='a'/>").is_err());
    assert!(load("<xs:element name='a' type='b:string'/>").is_err(), "the prefix is not declared");
    assert!(load("<xs:include schemaLocation='missing.xsd'/>").is_err());
}
