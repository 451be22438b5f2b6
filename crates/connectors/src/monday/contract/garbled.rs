//! Answers that monday.com's description does not promise: each is the right kind of error, and no place moves.

use std::sync::Arc;

use connector_kit::contract::{Bench, SignIn};
use connector_kit::{Cursor, Entry, Error, ErrorKind, Page, PullRequest, Sink, Source};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::settings::Destination;
use serde_json::{Value, json};

use super::super::Monday;
use super::{ADDRESSES, item, task};
use crate::emulator::Emulator;

async fn bench() -> (Bench, Arc<Emulator>) {
    let emulator = Emulator::start("monday", ADDRESSES).await;
    (emulator.sign_in(Monday, SignIn::CODE).await, emulator)
}

fn board() -> Destination {
    Destination { id: "1400000001/topics".into(), name: "Product: This month".into() }
}

/// What a pull makes of this answer.
async fn pulled(bench: &Bench, emulator: &Emulator, body: &str, cursor: Option<&Cursor>) -> Result<Page<Task>, Error> {
    emulator.answer("/v2", 200, body);
    let (place, now) = (board(), bench.now());
    let request = PullRequest { cursor, destination: Some(&place), since: now - SignedDuration::from_hours(24), now };
    let outcome = Monday.pull(&bench.session(), &request).await;
    bench.arrangement.calm();
    outcome
}

fn page(items: &Value, cursor: &Value) -> String {
    json!({ "data": { "boards": [{ "items_page": { "cursor": cursor, "items": items }, "activity_logs": null }] } }).to_string()
}

fn one(field: &str, value: Value) -> String {
    let mut item = json!({ "id": "1", "name": "x", "url": "https://demo.monday.com/1", "updated_at": null, "column_values": [] });
    item[field] = value;
    page(&json!([item]), &Value::Null)
}

#[tokio::test]
async fn f33_f34_what_is_not_described_is_refused_whole() {
    let (bench, emulator) = bench().await;
    for body in [
        "<!doctype html><title>Log in</title>".to_owned(),
        "\u{feff}{}".to_owned(),
        "{\"data\":{\"boards\":[".to_owned(),
        "NaN".to_owned(),
        "{}".to_owned(),
        "{\"data\":null}".to_owned(),
        "[]".to_owned(),
        one("id", json!(7)),
        one("id", Value::Null),
        one("name", Value::Null),
        one("name", json!(["a", "b"])),
        one("updated_at", json!("yesterday")),
        one("updated_at", json!("9999-12-31T23:59:59Z")),
        one("updated_at", json!(1_767_607_200)),
        one("column_values", Value::Null),
        one("column_values", json!([{ "__typename": "StatusValue", "id": "status" }])),
        one("column_values", json!([{ "__typename": "PeopleValue", "id": "p", "column": { "title": "Owner" }, "persons_and_teams": "7" }])),
        page(&Value::Null, &Value::Null),
        page(&json!({}), &Value::Null),
        page(&json!([]), &json!(7)),
    ] {
        let error = pulled(&bench, &emulator, &body, None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{body}");
    }
    for body in [json!({ "data": { "boards": null } }), json!({ "data": { "boards": [] } }), json!({ "data": { "boards": [null] } })] {
        let error = pulled(&bench, &emulator, &body.to_string(), None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{body}");
    }
    bench.close();
}

#[tokio::test]
async fn f34_what_is_odd_but_readable_is_read() {
    let (bench, emulator) = bench().await;
    let mut items: Value = serde_json::from_str(include_str!("../fixtures/page.json")).unwrap();
    let items = items["data"]["boards"][0]["items_page"]["items"].take();
    let mut odd = items.clone();
    odd[0]["updated_at"] = json!("9999-12-30T00:00:00Z");
    odd[0]["column_values"] = json!([]);
    let told = pulled(&bench, &emulator, &page(&json!([odd[0]]), &Value::Null), None).await.unwrap();
    let again = pulled(&bench, &emulator, &page(&json!([odd[0]]), &Value::Null), Some(&told.cursor)).await.unwrap();
    assert_eq!((told.entries.len(), again.entries.len()), (1, 0), "a time to come is told once");
    let place: Value = serde_json::from_str(&again.cursor.0).unwrap();
    let from: Timestamp = place["from"].as_str().unwrap().parse().unwrap();
    assert!(from <= bench.now(), "and moves the place no further than the present");
    let mut old = items[1].clone();
    old["column_values"][0]["persons_and_teams"] = json!([]);
    let page = pulled(&bench, &emulator, &page(&json!([old]), &Value::Null), None).await.unwrap();
    assert!(page.entries.is_empty() && !page.more, "what is older than the bound ends the pass");
    bench.close();
}

#[tokio::test]
async fn f34_errors_within_200_have_their_kinds_and_words_of_theirs_are_not_shown() {
    let (bench, emulator) = bench().await;
    for (code, kind) in [
        ("UserUnauthorizedException", ErrorKind::Forbidden),
        ("ComplexityException", ErrorKind::RateLimited),
        ("InternalServerError", ErrorKind::Unavailable),
        ("GRAPHQL_VALIDATION_FAILED", ErrorKind::Protocol),
        ("SomethingElse", ErrorKind::Invalid),
    ] {
        let error = json!({ "message": "canary", "extensions": { "code": code } });
        let body = json!({ "data": { "boards": [] }, "errors": [error] }).to_string();
        let error = pulled(&bench, &emulator, &body, None).await.unwrap_err();
        assert!(error.kind == kind && !error.to_string().contains("canary"), "{code}: {error:?}");
    }
    bench.close();
}

#[tokio::test]
async fn f38_a_cursor_that_repeats_is_no_further_page() {
    let (bench, emulator) = bench().await;
    let first = pulled(&bench, &emulator, &page(&json!([]), &json!("again")), None).await.unwrap();
    assert!(first.more);
    let body = json!({ "data": { "next_items_page": { "cursor": "again", "items": [] } } }).to_string();
    let error = pulled(&bench, &emulator, &body, Some(&first.cursor)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "{error:?}");
    let other = pulled(&bench, &emulator, &body.replace("again", "other"), Some(&first.cursor)).await.unwrap();
    assert!(other.more && other.entries.is_empty(), "an empty page with a further one goes on");
    bench.close();
}

#[tokio::test]
async fn f39_a_deletion_in_the_log_alone_deletes_nothing() {
    let (bench, emulator) = bench().await;
    let lines = json!([
        null,
        { "event": "delete_pulse", "data": "no JSON", "created_at": "17676072000000000" },
        { "event": "delete_pulse", "data": "{}", "created_at": "17676072000000000" },
        { "event": "delete_pulse", "data": "{\"pulse_id\":7}", "created_at": "soon" },
        { "event": "archive_pulse", "data": "{\"pulse_id\":8}", "created_at": "17676072000000000" },
    ]);
    let body = json!({ "data": { "boards": [{ "items_page": { "cursor": null, "items": [] }, "activity_logs": lines }], "items": [] } });
    let page = pulled(&bench, &emulator, &body.to_string(), None).await.unwrap();
    assert_eq!(page.entries, Vec::<Entry<Task>>::new());
    bench.close();
}

#[tokio::test]
async fn f34_a_write_that_is_answered_with_garbage_is_in_doubt() {
    let (bench, emulator) = bench().await;
    let places = Monday.destinations(&bench.session()).await.unwrap();
    for (n, body) in [(1, "{\"data\":{\"create_item\":null}}"), (2, "{\"data\":{}}"), (3, "<html>")] {
        emulator.answer("/v2#create_item", 200, body);
        let error = Monday.push(&bench.session(), &[item(n, &places[0], task(bench.now(), "x"))]).await.remove(0).unwrap_err();
        bench.arrangement.calm();
        assert_eq!(error.kind, ErrorKind::Protocol, "{body}: {error:?}");
        assert!(error.may_have_happened, "{body}: nobody knows whether it was made");
    }
    bench.close();
}
