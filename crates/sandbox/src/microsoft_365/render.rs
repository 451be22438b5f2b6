//! Events, calendars and users as Graph writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::event::{Kind, Row};
use super::ids;
use super::world::{Calendar, Tombstone};
use crate::kit::Account;
use crate::microsoft::prefer::Preferences;

/// What a person may write about an event, with what it is when nobody did.
pub fn defaults() -> Map<String, Value> {
    let all = json!({
        "subject": "", "body": { "contentType": "html", "content": "" }, "location": { "displayName": "" }, "attendees": [],
        "organizer": null, "isAllDay": false, "isCancelled": false, "isOnlineMeeting": false, "onlineMeeting": null,
        "onlineMeetingUrl": null, "onlineMeetingProvider": "unknown", "showAs": "busy", "sensitivity": "normal",
        "importance": "normal", "categories": [], "isDraft": false, "responseStatus": { "response": "organizer" },
    });
    if let Value::Object(all) = all { all } else { Map::new() }
}

/// The id, in the form that was preferred.
pub fn id(key: &str, moves: u32, preferences: &Preferences) -> String {
    if preferences.immutable_ids { ids::immutable(key) } else { ids::usual(key, moves) }
}

/// A row in full, as `GET /events/{id}` has it.
pub fn whole(row: &Row<'_>, preferences: &Preferences) -> Value {
    let (event, all_day) = (row.event, row.event.all_day());
    let mut answer = Value::Object(row.fields.clone());
    head(&mut answer, row, preferences);
    let instance = row.original.as_ref().map(|moment| moment.local.date());
    answer["iCalUId"] = json!(ids::global(&event.own_id, instance));
    answer["changeKey"] = answer["@odata.etag"].clone();
    answer["createdDateTime"] = json!(stamp(event.created));
    answer["lastModifiedDateTime"] = json!(stamp(event.modified));
    answer["originalStartTimeZone"] = json!(row.start.zone);
    answer["originalEndTimeZone"] = json!(row.end.zone);
    answer["webLink"] = json!(format!("https://outlook.office365.com/owa/?itemid={}&path=/calendar/item", ids::immutable(&row.key)));
    answer["recurrence"] = match (row.kind, &event.series) {
        (Kind::Master, Some(series)) => series.text.clone(),
        _ => Value::Null,
    };
    if let Some(original) = &row.original {
        // Always in UTC; whole days have midnight there.
        let utc = ("UTC".to_owned(), TimeZone::UTC);
        let text = original.render(&utc, all_day)["dateTime"].as_str().map(|text| format!("{}Z", text.trim_end_matches(".0000000")));
        answer["originalStart"] = json!(text);
    }
    if let Some(body) = row.fields.get("body").and_then(|body| body["content"].as_str()) {
        answer["bodyPreview"] = json!(body.chars().take(255).collect::<String>());
    }
    answer
}

/// A row as a delta page has it: of an occurrence only what names and places it (microsoft-graph-docs#7632).
pub fn in_delta(row: &Row<'_>, preferences: &Preferences) -> Value {
    if row.kind != Kind::Occurrence {
        return whole(row, preferences);
    }
    let mut answer = json!({});
    head(&mut answer, row, preferences);
    answer
}

fn head(answer: &mut Value, row: &Row<'_>, preferences: &Preferences) {
    let (event, all_day) = (row.event, row.event.all_day());
    answer["@odata.type"] = json!("#microsoft.graph.event");
    answer["@odata.etag"] = json!(format!("W/\"{}\"", STANDARD.encode(format!("{}-{}", row.key, row.changed))));
    answer["id"] = json!(id(&row.key, event.moves, preferences));
    answer["type"] = json!(match row.kind {
        Kind::Single => "singleInstance",
        Kind::Occurrence => "occurrence",
        Kind::Exception => "exception",
        Kind::Master => "seriesMaster",
    });
    answer["start"] = row.start.render(&preferences.zone, all_day);
    answer["end"] = row.end.render(&preferences.zone, all_day);
    if matches!(row.kind, Kind::Occurrence | Kind::Exception) {
        answer["seriesMasterId"] = json!(id(&event.key, event.moves, preferences));
    }
}

/// What is no longer in the view.
pub fn removed(key: &str, moves: u32, preferences: &Preferences) -> Value {
    json!({ "@odata.type": "#microsoft.graph.event", "id": id(key, moves, preferences), "@removed": { "reason": "deleted" } })
}

/// A tombstone likewise.
pub fn tombstone(one: &Tombstone, preferences: &Preferences) -> Value {
    removed(&one.key, one.moves, preferences)
}

pub fn calendar(one: &Calendar) -> Value {
    json!({
        "id": one.id,
        "name": one.name,
        "color": "auto",
        "isDefaultCalendar": one.is_default,
        "canEdit": one.owner == one.mailbox,
        "canShare": one.owner == one.mailbox,
        "canViewPrivateItems": one.owner == one.mailbox,
        "owner": { "name": one.owner, "address": one.owner },
    })
}

/// The properties that were selected, or those that come unasked.
pub fn user(account: &Account, select: Option<&str>) -> Value {
    let all = json!({
        "id": account.id,
        "displayName": account.name,
        "mail": account.email,
        "userPrincipalName": account.email,
        "givenName": null,
        "surname": null,
        "jobTitle": null,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "businessPhones": [],
    });
    let wanted: Option<Vec<&str>> = select.map(|names| names.split(',').collect());
    let mut answer = json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity" });
    for (name, value) in all.as_object().into_iter().flatten() {
        if wanted.as_ref().is_none_or(|wanted| wanted.contains(&name.as_str())) {
            answer[name] = value.clone();
        }
    }
    answer
}

/// With seven digits, as Graph writes it.
pub fn stamp(at: Timestamp) -> String {
    format!("{at:.7}")
}
