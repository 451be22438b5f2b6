//! Tests of what needs no network: the map, the errors, the webhooks' proof, and the permissions against Microsoft's own table.

use std::collections::BTreeMap;

use connector_kit::manifest::Auth;
use connector_kit::{Connector, ErrorKind, Handshake, Hints, InboundHook, Reply, Retry, Secret, WebhookSource};
use jiff::Timestamp;
use model::connection::Capability;
use serde_json::{Value, json};

use super::map::{self, Role};
use super::wire::{Event, Events};
use super::{Microsoft365, manifest};
use crate::emulator::descriptions;

fn event(json: &Value) -> Event {
    serde_json::from_value(json.clone()).unwrap()
}

#[test]
fn a_delta_page_becomes_meetings() {
    let page: Events = serde_json::from_str(include_str!("fixtures/delta.json")).unwrap();
    let meetings: Vec<_> = page.value.into_iter().map(map::meeting).collect();
    insta::assert_debug_snapshot!(meetings);
}

#[test]
fn an_occurrence_is_what_its_series_says_in_its_own_place() {
    let master = event(&json!({"id": "series", "type": "seriesMaster", "subject": "Stand-up", "iCalUId": "uid", "showAs": "tentative",
        "start": {"dateTime": "2026-01-01T09:00:00"}, "originalStartTimeZone": "GMT Standard Time", "lastModifiedDateTime": "2026-01-01T00:00:00Z"}));
    let bare = event(&json!({"id": "third", "type": "occurrence", "seriesMasterId": "series", "@odata.etag": "e",
        "start": {"dateTime": "2026-01-15T09:00:00"}, "end": {"dateTime": "2026-01-15T09:15:00"}}));
    assert_eq!((map::role(&master), map::role(&bare)), (Role::Master, Role::Occurrence));
    assert!(map::meeting(master.clone()).is_none());
    let remote = map::meeting(map::completed(bare, &master)).unwrap();
    assert_eq!((remote.id.as_str(), remote.version.as_deref(), remote.item.title.as_str()), ("third", Some("e"), "Stand-up"));
    assert_eq!(remote.item.when.start().to_string(), "2026-01-15T09:00:00Z");
    assert_eq!(remote.item.identity.recurrence_id.as_deref(), Some("2026-01-15T09:00:00Z"));
}

#[test]
fn time_off_is_no_meeting_unless_others_are_invited() {
    let away = |attendees: Value| {
        event(&json!({"id": "a", "showAs": "oof", "start": {"dateTime": "2026-01-01T09:00:00"}, "attendees": attendees}))
    };
    assert!(map::meeting(away(json!([]))).is_none());
    assert!(map::meeting(away(json!([{"emailAddress": {"address": "marketing@demo.example"}}]))).is_some());
}

fn failure(status: u16, code: &str) -> Option<(ErrorKind, Retry)> {
    let body = json!({"error": {"code": code, "message": "words", "innerError": {}}}).to_string();
    let reply = Reply { status, headers: BTreeMap::new(), body: body.into() };
    Microsoft365.classify(&reply).map(|error| (error.kind, error.retry))
}

#[test]
fn f39_a_state_token_that_graph_no_longer_takes_is_an_expired_cursor() {
    let expired = Some((ErrorKind::CursorExpired, Retry::Never));
    assert_eq!(failure(410, "SyncStateNotFound"), expired);
    assert_eq!(failure(410, ""), expired);
    assert_eq!(failure(400, "syncStateNotFound"), expired);
    assert_eq!(failure(400, "resyncRequired"), expired);
    assert_eq!(failure(400, "BadRequest"), None, "the status says it all");
}

#[test]
fn f29_a_mailbox_out_of_reach_is_no_object_that_is_gone() {
    let forbidden = Some((ErrorKind::Forbidden, Retry::Never));
    for code in ["MailboxNotEnabledForRESTAPI", "ErrorNonExistentMailbox", "Request_ResourceNotFound", "ErrorInvalidUser"] {
        assert_eq!(failure(404, code), forbidden, "{code}");
    }
    assert_eq!(failure(403, "ErrorAccessDenied"), forbidden);
    assert_eq!(failure(404, "ErrorItemNotFound"), Some((ErrorKind::NotFound, Retry::Never)));
    assert_eq!(failure(401, "InvalidAuthenticationToken"), None);
    assert_eq!(failure(429, "ApplicationThrottled"), None);
    assert_eq!(failure(503, "serviceNotAvailable"), None);
    assert_eq!(failure(200, "anything"), None);
}

fn hook(url: &str, body: &str, secret: Option<&str>) -> connector_kit::Result<Hints> {
    let (headers, secret) = (BTreeMap::new(), secret.map(Secret::from));
    Microsoft365.receive(&InboundHook {
        method: "POST",
        url,
        headers: &headers,
        body: body.as_bytes(),
        now: Timestamp::UNIX_EPOCH,
        app_secret: None,
        subscription_secret: secret.as_ref(),
    })
}

const ADDRESS: &str = "https://hub.example/hooks/microsoft-365/con_1";

#[test]
fn f51_only_notifications_that_bear_our_secret_are_believed() {
    let one = |state: &str, event: &str, id: &str| json!({"subscriptionId": id, "clientState": state, "lifecycleEvent": event});
    let body = json!({"value": [
        one("ours", "reauthorizationRequired", "a"), one("theirs", "subscriptionRemoved", "b"), {"clientState": null}, {"clientState": "ours"},
    ]});
    let hints = hook(ADDRESS, &body.to_string(), Some("ours")).unwrap();
    assert_eq!((hints.wake, hints.ending), (vec![Capability::Calendar], vec!["a".to_owned()]), "what others sign is left out");
    let foreign = json!({"value": [one("theirs", "missed", "b")]}).to_string();
    for (body, secret) in
        [(foreign.as_str(), Some("ours")), ("{\"value\":[]}", Some("ours")), (&body.to_string(), None), (&body.to_string(), Some(""))]
    {
        assert_eq!(hook(ADDRESS, body, secret).unwrap_err().kind, ErrorKind::Unauthorized, "{body}");
    }
    let future = json!({"value": [one("ours", "somethingNew", "a")]}).to_string();
    assert_eq!(hook(ADDRESS, &future, Some("ours")).unwrap().wake, [Capability::Calendar], "an event of the future asks for a look");
}

#[test]
fn b13_a_handshake_gives_the_decoded_token_back_and_nothing_else() {
    let asked = hook(&format!("{ADDRESS}?validationToken=Validation%3a+Testing+%3Cb%3E"), "", None).unwrap();
    assert_eq!(asked, Hints { answer: Some(Handshake::Body("text/plain", "Validation: Testing <b>".to_owned())), ..Hints::default() });
    for bad in ["", "a%0D%0Ab", &"x".repeat(5_000)] {
        let url = format!("{ADDRESS}?validationToken={bad}");
        assert_eq!(hook(&url, "", None).unwrap_err().kind, ErrorKind::Unauthorized);
    }
}

/// The requests of this connector, as Microsoft's table writes their paths. Events by their calendar are not in the trimmed table; the
/// page names the same permissions as for events by their id.
const REQUESTS: [(&str, &str); 5] = [
    ("/me", "/users/{id}"),
    ("/me/calendars", "/users/{id}/calendars"),
    ("/me/calendarview/delta", "/users/{id}/calendarview/delta"),
    ("/me/calendars/{id}/calendarview/delta", "/users/{id}/calendars/{id}/calendarview/delta"),
    ("/me/events/{id}", "/users/{id}/events/{id}"),
];
/// What an administrator is told to consent to (README.md).
const FOR_APPLICATIONS: [&str; 2] = ["Calendars.Read", "User.ReadBasic.All"];

/// Whether a permission opens a path, and whether it is the least that does.
fn opens(table: &Value, permission: &str, scheme: &str, path: &str) -> Option<bool> {
    let sets = table["permissions"][permission]["pathSets"].as_array()?.iter();
    let has = |set: &Value, name: &str, wanted: &str| set[name].as_array().is_some_and(|all| all.iter().any(|one| one == wanted));
    let facts =
        sets.filter(|set| has(set, "schemeKeys", scheme) && has(set, "methods", "GET")).find_map(|set| set["paths"][path].as_str())?;
    Some(facts.strip_prefix("least=").is_some_and(|schemes| schemes.split(',').any(|one| one == scheme)))
}

#[test]
fn f29_what_is_asked_is_the_least_that_microsofts_table_names() {
    let Some(folder) = descriptions() else { return };
    let text = std::fs::read_to_string(folder.join("microsoft-graph/permissions.trimmed.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let Auth::Code(consent) = &manifest::MANIFEST.auth[0] else { panic!("people consent") };
    let asked: Vec<&str> =
        consent.permissions.iter().chain(manifest::MANIFEST.flows.iter().flat_map(|flow| flow.permissions)).map(|one| one.scope).collect();
    for (scheme, asked) in [("DelegatedWork", asked.clone()), ("DelegatedPersonal", asked), ("Application", FOR_APPLICATIONS.to_vec())] {
        let path = |(own, others): (&'static str, &'static str)| if scheme == "Application" { others } else { own };
        for path in REQUESTS.map(path) {
            assert!(asked.iter().any(|one| opens(&table, one, scheme, path).is_some()), "{scheme}: nothing opens {path}");
        }
        for permission in &asked {
            let least = REQUESTS.map(path).iter().any(|path| opens(&table, permission, scheme, path) == Some(true));
            assert!(least, "{scheme}: {permission} is the least for none of the requests");
        }
    }
}
