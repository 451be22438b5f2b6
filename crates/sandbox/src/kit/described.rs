//! The readers of descriptions, held against the real files: `OpenAPI` 3 (Zoom), `OpenAPI` 2 (Slack), Google discovery (Calendar).

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;

use super::validate::Verdict;
use super::{Kit, Rules, Validator};
use crate::Options;
use crate::probe::{options, specs};

fn kit() -> Option<Kit> {
    specs().map(|folder| Kit::new(Options { specs: Some(folder), ..options() }))
}

fn rules(file: &'static str, base: &'static str) -> Rules {
    Rules {
        tool: "toy",
        file,
        base,
        undescribed: &[("GET", "/api/new.method")],
        closed: true,
        unknown_query: false,
        extra_properties: &["metadata"],
        not_found: || StatusCode::NOT_FOUND.into_response(),
        refusal: |_| StatusCode::BAD_REQUEST.into_response(),
    }
}

/// `Ok`, or the place of the misfit.
fn judge(validator: &Validator, method: &Method, path: &str, query: &str, media_type: &str, body: &str) -> Result<(), String> {
    match validator.judge(method, path, Some(query), media_type, body.as_bytes()) {
        Verdict::Fits(_) => Ok(()),
        Verdict::Misfit((place, _)) => Err(place),
        Verdict::NoSuchOperation => Err("no such operation".into()),
        Verdict::Undescribed(_) => Err("undescribed".into()),
        Verdict::NotMine => Err("not mine".into()),
        Verdict::Unloaded => Err("unloaded".into()),
    }
}

#[test]
fn a_discovery_document_judges_queries_and_bodies() {
    let Some(kit) = kit() else { return };
    let validator = Validator::discovery(&kit, rules("google/calendar.v3.json", "/calendar/v3")).unwrap();
    let events = "/calendar/v3/calendars/primary/events";
    let get = |query: &str| judge(&validator, &Method::GET, events, query, "", "");
    assert_eq!(get("singleEvents=true&maxResults=250&timeMin=2026-01-01T00:00:00Z&eventTypes=default&eventTypes=focusTime"), Ok(()));
    assert_eq!(get("maxResults=many"), Err("query maxResults".into()));
    assert_eq!(get("orderBy=mood"), Err("query orderBy".into()));
    assert_eq!(get("orderby=startTime"), Err("query orderby".into()));
    let post = |body: serde_json::Value| judge(&validator, &Method::POST, events, "", "application/json", &body.to_string());
    let when = json!({ "dateTime": "2026-11-02T10:00:00Z" });
    assert_eq!(post(json!({ "summary": "Review", "start": when, "end": when, "description": null })), Ok(()));
    assert_eq!(post(json!({ "title": "Review" })), Err("body".into()));
    assert_eq!(post(json!({ "start": { "dateTime": "tomorrow" } })), Err("body/start".into()));
    assert_eq!(post(json!({ "attendees": [{ "email": 7 }] })), Err("body/attendees/0/email".into()));
    assert_eq!(judge(&validator, &Method::GET, "/calendar/v3/nothing", "", "", ""), Err("no such operation".into()));
    assert_eq!(judge(&validator, &Method::GET, "/o/oauth2/v2/auth", "", "", ""), Err("not mine".into()));
}

#[test]
fn an_openapi_2_file_judges_forms_and_json_alike() {
    let Some(kit) = kit() else { return };
    let validator = Validator::openapi(&kit, rules("slack/web_openapi_v2.trimmed.json", "/api")).unwrap();
    let post = |media_type: &str, body: &str| judge(&validator, &Method::POST, "/api/chat.postMessage", "", media_type, body);
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post(form, "channel=C1&text=hello&unfurl_links=false"), Ok(()));
    assert_eq!(post(form, "text=hello"), Err("body".into()), "channel is required");
    assert_eq!(post(form, "channel=C1&unfurl_links=maybe"), Err("body/unfurl_links".into()));
    let blocks = json!({ "channel": "C1", "blocks": [{ "type": "divider" }], "metadata": { "event_type": "x" } });
    assert_eq!(post("application/json", &blocks.to_string()), Ok(()), "a list where the form carries its text");
    assert_eq!(post("application/json", &json!({ "channel": "C1", "texts": "?" }).to_string()), Err("body".into()));
    assert_eq!(post("text/plain", "channel=C1"), Err("body".into()));
    assert_eq!(judge(&validator, &Method::GET, "/api/new.method", "", "", ""), Err("undescribed".into()));
}

#[test]
fn a_response_with_a_property_that_is_not_described_is_a_misfit() {
    let Some(kit) = kit() else { return };
    let validator = Validator::openapi(&kit, rules("zoom/meetings.openapi.trimmed.json", "/v2")).unwrap();
    let Verdict::Fits(operation) = validator.judge(&Method::GET, "/v2/meetings/1/recordings", None, "", b"") else {
        panic!("the operation is described");
    };
    let check = |body: serde_json::Value| {
        let text = body.to_string();
        operation.check_response(StatusCode::OK, "application/json", text.as_bytes()).map_err(|(place, _)| place)
    };
    let fine = json!({ "uuid": "u", "topic": "t", "recording_files": [{ "id": "f", "file_type": "MP4", "status": "completed" }] });
    assert_eq!(check(fine), Ok(()));
    assert_eq!(check(json!({ "uuid": "u", "colour": "red" })), Err("body".into()));
    assert_eq!(check(json!({ "recording_files": [{ "file_type": "GIF" }] })), Err("body/recording_files/0/file_type".into()));
    assert_eq!(check(json!({ "recording_files": [{ "name": "f" }] })), Err("body/recording_files/0".into()));
    let created = operation.check_response(StatusCode::CREATED, "application/json", b"{}");
    assert_eq!(created.unwrap_err().0, "status");
}

#[test]
fn a_missing_description_is_an_error_that_names_the_file() {
    let kit = Kit::new(Options { specs: Some("/nowhere/at/all".into()), ..options() });
    let error = Validator::openapi(&kit, rules("zoom/none.json", "/v2")).unwrap_err();
    assert_eq!(error.file, "zoom/none.json");
    let unloaded = Validator::openapi(&Kit::new(options()), rules("zoom/none.json", "/v2")).unwrap();
    assert!(matches!(unloaded.judge(&Method::GET, "/v2/x", None, "", b""), Verdict::Unloaded));
}
