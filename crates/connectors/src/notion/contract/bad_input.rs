//! Answers that Notion would never give: each ends in an error of the right kind, or is read for what it is worth, and no place moves.

use connector_kit::contract::Bench;
use connector_kit::{Connector, Entry, Error, ErrorKind, Page, PullRequest, Sink, Source, TaskBoard};
use jiff::SignedDuration;
use model::Progress;
use model::action_item::Task;
use serde_json::{Value, json};

use super::{Notion, bench, database, item, meeting, push, task};

async fn pull(bench: &Bench, place: &model::settings::Destination) -> connector_kit::Result<Page<Task>> {
    let now = bench.now();
    let request = PullRequest { cursor: None, destination: Some(place), since: now - SignedDuration::from_hours(24), now };
    Notion.pull(&bench.session(), &request).await
}

fn list(results: &Value, more: bool, next: &Value) -> String {
    json!({ "object": "list", "results": results, "has_more": more, "next_cursor": next, "type": "page_or_data_source" }).to_string()
}

fn row(properties: &Value) -> Value {
    json!({
        "object": "page", "id": "1", "last_edited_time": "2026-01-05T10:00:00.000Z", "in_trash": false, "properties": properties,
        "a_field_of_tomorrow": { "deep": [1, null] },
    })
}

#[tokio::test]
async fn f33_f34_what_cannot_be_read_is_a_protocol_error() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let wrong_time = row(&json!({})).to_string().replace("2026-01-05T10:00:00.000Z", "yesterday");
    let truncated = list(&json!([row(&json!({}))]), false, &Value::Null);
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<html>Sign in to the Wi-Fi</html>",
        "\u{feff}{\"results\":[]}",
        "{\"results\":NaN}",
        &list(&Value::Null, false, &Value::Null),
        &list(&json!([1, "two"]), false, &Value::Null),
        &list(&json!([serde_json::from_str::<Value>(&wrong_time).unwrap()]), false, &Value::Null),
        &list(&json!([row(&json!({ "Name": { "type": "title", "title": "a text" } }))]), false, &Value::Null),
        &list(&json!([row(&json!({ "Status": { "type": "status", "status": "Done" } }))]), false, &Value::Null),
        &list(&json!([]), true, &Value::Null),
        &truncated[..truncated.len() / 2],
    ] {
        emulator.answer("/query", 200, body);
        let error = pull(&bench, &tasks).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{body}: {error:?}");
        assert!(!error.message.contains("Wi-Fi"), "{error}");
        bench.arrangement.calm();
    }
    for (path, call) in [("/v1/users", 0), ("/v1/search", 1), ("/v1/users/me", 2)] {
        emulator.answer(path, 200, "<html>");
        let session = bench.session();
        let error: Error = match call {
            0 => Notion.members(&session).await.unwrap_err(),
            1 => <Notion as Sink<Task>>::destinations(&Notion, &session).await.unwrap_err(),
            _ => Notion.identify(&session).await.unwrap_err(),
        };
        assert_eq!(error.kind, ErrorKind::Protocol, "{path}");
        bench.arrangement.calm();
    }
    bench.close();
}

#[tokio::test]
async fn f34_an_answer_to_a_creation_that_cannot_be_read_is_a_doubt() {
    let (bench, emulator) = bench().await;
    let (tasks, meetings) = (database(&bench, "Tasks").await, database(&bench, "Meetings").await);
    for body in ["", "<html>", "{\"object\":\"page\"}"] {
        emulator.answer("/v1/pages", 200, body);
        let error = push(&bench, &item(1, &tasks, task(bench.now(), "x"))).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_happened), (ErrorKind::Protocol, true), "{body}");
        let error = push(&bench, &super::about(2, &meetings, meeting(bench.now(), "x", "y"))).await.unwrap_err();
        assert_eq!((error.kind, error.may_have_happened), (ErrorKind::Protocol, true), "{body}");
        bench.arrangement.calm();
    }
    bench.close();
}

#[tokio::test]
async fn b25_an_error_within_a_success_is_an_error() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    for (code, kind) in [
        ("unauthorized", ErrorKind::Unauthorized),
        ("restricted_resource", ErrorKind::Forbidden),
        ("object_not_found", ErrorKind::Forbidden),
        ("validation_error", ErrorKind::Invalid),
        ("a_code_of_tomorrow", ErrorKind::Unavailable),
    ] {
        emulator.answer("/query", 200, &json!({ "object": "error", "status": 400, "code": code, "message": "canary" }).to_string());
        let error = pull(&bench, &tasks).await.unwrap_err();
        assert_eq!(error.kind, kind, "{code}: {error:?}");
        assert!(!error.to_string().contains("canary"));
        bench.arrangement.calm();
    }
    bench.close();
}

#[tokio::test]
async fn b16_b18_odd_values_are_read_for_what_they_are_worth() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let name = "山田 O'Brien Ångström \u{202e}עברית\u{202c} 👩‍👩‍👧 NULL ../%2f";
    let text = |text: &str| json!({ "type": "title", "title": [{ "type": "text", "plain_text": text }] });
    let due = |start: &str| json!({ "type": "date", "date": { "start": start, "end": null } });
    let rows = json!([
        row(&json!({ "Name": text(name), "Due": due("1582-10-10"), "Status": { "type": "status", "status": { "id": "x", "name": "Of tomorrow" } } })),
        row(&json!({ "Name": text(""), "Due": due("9999-12-31"), "Assignee": { "type": "people", "people": [{ "object": "user", "id": "7" }] } })),
        row(&json!({ "Due": due("2026-02-29"), "Status": { "type": "status", "status": null }, "Priority": { "type": "select", "select": { "name": "Whenever" } } })),
        row(&json!({ "Due": due("2026-02-01T23:30:00.000+14:00"), "Other": { "type": "of_tomorrow", "of_tomorrow": [[]] } })),
        { "object": "data_source", "id": "2", "properties": { "Name": { "title": {} } } },
        { "object": "of_tomorrow" },
    ]);
    emulator.answer("/query", 200, &list(&distinct(rows), false, &Value::Null));
    let page = pull(&bench, &tasks).await.unwrap();
    let items: Vec<&Task> =
        page.entries.iter().filter_map(|entry| if let Entry::Present(remote) = entry { Some(&remote.item) } else { None }).collect();
    let due: Vec<Option<String>> = items.iter().map(|item| item.due.map(|due| due.to_string())).collect();
    assert_eq!(due, [Some("1582-10-10".into()), Some("9999-12-31".into()), None, Some("2026-02-01".into())]);
    assert_eq!((items[0].text.as_str(), items[0].progress), (name, Progress::Open));
    let unknown = model::Person { name: Some("7".into()), ..model::Person::default() };
    assert_eq!((items[1].assignee.as_deref(), items[1].owner.clone()), (Some("7"), Some(unknown)));
    bench.arrangement.calm();

    let odd = push(&bench, &item(9, &tasks, task(bench.now(), name))).await.unwrap();
    assert_eq!(super::there(&emulator, &odd.id).await["properties"]["Name"], json!(name), "byte for byte");
    bench.close();
}

/// Each row under an id of its own.
fn distinct(mut rows: Value) -> Value {
    for (at, row) in rows.as_array_mut().unwrap().iter_mut().enumerate() {
        row["id"] = json!(format!("00000000-0000-4000-8000-00000000000{at}"));
    }
    rows
}

#[tokio::test]
async fn f38_pages_without_end_and_a_cursor_that_repeats_are_met() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    emulator.answer("/query", 200, &list(&json!([]), true, &json!("again")));
    let first = pull(&bench, &tasks).await.unwrap();
    assert!(first.more);
    let now = bench.now();
    let request = PullRequest { cursor: Some(&first.cursor), destination: Some(&tasks), since: now, now };
    assert_eq!(Notion.pull(&bench.session(), &request).await.unwrap_err().kind, ErrorKind::Protocol);
    bench.arrangement.calm();
    for path in ["/v1/users", "/v1/search", "/children"] {
        emulator.answer(path, 200, &list(&json!([]), true, &json!("again")));
    }
    let session = bench.session();
    assert_eq!(Notion.members(&session).await.unwrap_err().kind, ErrorKind::Protocol);
    assert_eq!(<Notion as Sink<Task>>::destinations(&Notion, &session).await.unwrap_err().kind, ErrorKind::Protocol);
    bench.close();
}

#[tokio::test]
async fn f35_an_answer_without_measure_is_refused() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let huge = row(&json!({ "Name": { "type": "title", "title": [{ "plain_text": "x".repeat(33 << 20) }] } }));
    emulator.answer("/query", 200, &list(&json!([huge]), false, &Value::Null));
    assert_eq!(pull(&bench, &tasks).await.unwrap_err().kind, ErrorKind::Protocol);
    bench.close();
}
