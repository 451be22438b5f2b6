//! monday.com's maps, errors, webhooks and schema without a network. Against the emulator: `contract.rs`.

mod webhooks;

use std::collections::BTreeMap;

use connector_kit::{Connector, Entry, ErrorKind, Link, Outbound, Reply, Retry};
use jiff::SignedDuration;
use model::action_item::Task;
use model::record::Kind;
use model::{Fields, MeetingRef, Person, Priority, Progress};
use serde_json::{Value, json};

use super::Monday;
use super::columns::{self, Columns, Label, Written};
use super::map::{self, People};
use super::query::FirstPage;
use super::wire::{Answer, Column, ColumnType, Item, Json};
use crate::emulator::outbound;

#[test]
fn our_part_of_the_schema_is_mondays() {
    crate::part_of_schema::fits(include_str!("../../../schemas/monday.graphql"), "monday/schema.graphql");
}

fn items() -> Vec<Item> {
    let answer: Answer<FirstPage> = serde_json::from_str(include_str!("../fixtures/page.json")).unwrap();
    answer.data.unwrap().boards.unwrap().remove(0).unwrap().items_page.items
}

fn manager(name: &str) -> Person {
    Person { name: Some(name.into()), email: Some("project.manager@demo.example".into()), phone: None }
}

#[test]
fn b26_items_become_tasks_whatever_stands_in_their_cells() {
    let people = People::from([("7".to_owned(), manager("Project Manager"))]);
    let entries = items()
        .iter()
        .map(|item| match map::entry(item, &people) {
            Entry::Present(remote) => json!({ "id": remote.id, "version": remote.version, "url": remote.url, "task": remote.item }),
            Entry::Gone { id } => json!({ "gone": id }),
        })
        .collect::<Vec<Value>>();
    insta::assert_json_snapshot!(entries);
}

#[test]
fn columns_are_found_by_type_and_title_in_any_order() {
    let (status, people, date, text) = (ColumnType::Status, ColumnType::People, ColumnType::Date, ColumnType::Text);
    let all = [
        ("priority_1", "PRIORITY", status),
        ("color_9", "Quality", status),
        ("status", " Status ", status),
        ("people_2", "Reviewer", people),
        ("person", "Owner", people),
        ("date_1", "Started on", date),
        ("date_2", "Deadline", date),
        ("text_1", "Notes", text),
        ("text_2", "harmony id", text),
    ];
    let chosen = Columns {
        progress: Some("status"),
        priority: Some("priority_1"),
        owner: Some("person"),
        due: Some("date_2"),
        marker: Some("text_2"),
    };
    assert_eq!(columns::choose(&all), chosen);
    let strange = [("a", "Prioridad", status), ("b", "Encargado", people), ("c", "Fecha", date), ("d", "Texto", text)];
    let chosen = Columns { progress: Some("a"), priority: None, owner: Some("b"), due: Some("c"), marker: None };
    assert_eq!(columns::choose(&strange), chosen, "of one type the first, but no text is taken for the marker");
    let only_priority = [("a", "Priority", status)];
    assert_eq!(columns::choose(&only_priority), Columns { priority: Some("a"), ..Columns::default() });
}

fn settings(labels: &[(&str, bool)]) -> Value {
    let labels = labels.iter().enumerate().map(|(index, (label, done))| json!({ "index": index, "label": label, "is_done": done }));
    json!({ "labels": labels.collect::<Vec<Value>>() })
}

fn labelled(text: &str) -> Written {
    Written::Cell(json!({ "label": text }))
}

#[test]
fn labels_are_read_as_an_object_and_as_text_and_the_board_says_which_mean_done() {
    let usual = settings(&[("Working on it", false), ("Shipped", true), ("", false)]);
    let read = columns::labels(Some(&usual));
    assert_eq!(read, columns::labels(Some(&json!(usual.to_string()))));
    assert_eq!(read.len(), 2, "the grey one has no name");
    for broken in [json!(null), json!(7), json!("no JSON"), json!({ "labels": { "0": "Done" } }), json!({ "labels": [null, 1, {}] })] {
        assert_eq!(columns::labels(Some(&broken)), []);
    }
    assert_eq!(columns::progress_label(Progress::Done, &read), labelled("Shipped"));
    assert_eq!(columns::progress_label(Progress::Started, &read), labelled("Working on it"));
    assert_eq!(columns::progress_label(Progress::Open, &read), Written::Empty);
    assert_eq!(columns::progress_label(Progress::Dropped, &read), labelled("Shipped"), "given up counts as done");
    let more = [Label { text: "Won't do".into(), is_done: true }, Label { text: "To do".into(), is_done: false }];
    assert_eq!(columns::progress_label(Progress::Dropped, &more), labelled("Won't do"));
    assert_eq!(columns::progress_label(Progress::Open, &more), labelled("To do"));
    assert_eq!(columns::progress_label(Progress::Done, &more), Written::Nothing);
    for (label, done, progress) in [
        ("Done", false, Progress::Done),
        ("CANCELED", true, Progress::Dropped),
        ("Stuck", false, Progress::Started),
        ("Not started", false, Progress::Open),
        ("Painted blue", false, Progress::Open),
    ] {
        assert_eq!(columns::progress(Some(label), done), progress, "{label}");
    }
}

#[test]
fn every_priority_comes_back_as_it_was_sent_where_the_board_has_it() {
    let labels = columns::labels(Some(&settings(&[("Low", false), ("Medium", false), ("High", false), ("Critical ⚠️️", false)])));
    for wanted in [Priority::Low, Priority::Medium, Priority::High, Priority::Urgent] {
        let Written::Cell(cell) = columns::priority_label(wanted, &labels) else { panic!("{wanted:?}") };
        assert_eq!(columns::priority(cell["label"].as_str()), wanted);
    }
    assert_eq!(columns::priority_label(Priority::None, &labels), Written::Empty);
    assert_eq!(columns::priority_label(Priority::Urgent, &labels[..3]), labelled("High"));
    assert_eq!(columns::priority_label(Priority::Urgent, &labels[..2]), Written::Nothing);
}

fn board() -> Vec<Column> {
    let column = |id: &str, title: &str, kind, settings: Value| Column {
        id: cynic::Id::new(id),
        title: title.to_owned(),
        kind,
        settings: Some(Json(settings)),
    };
    vec![
        column("person", "Owner", ColumnType::People, json!({})),
        column("status", "Status", ColumnType::Status, settings(&[("Working on it", false), ("Done", true)])),
        column("date4", "Due date", ColumnType::Date, json!({})),
        column("text_mk1", "Harmony ID", ColumnType::Text, json!({})),
    ]
}

fn linked(item: Task, base: &Task) -> Outbound<Task> {
    let link = Link { id: "1".into(), version: None, url: None, base: Fields::of(base) };
    Outbound { link: Some(link), ..outbound(Kind::ActionItem, 1, item) }
}

fn sent(item: &Outbound<Task>) -> Value {
    let board = board();
    let known = columns::of_board(&board);
    let (_, cells) = map::update(item, &map::changed(item), &columns::choose(&known), &board).unwrap();
    serde_json::from_str(cells.0.as_str().unwrap()).unwrap()
}

#[test]
fn f58_only_what_changed_is_sent() {
    let agreed =
        Task { text: "Send the minutes".into(), owner: Some(manager("Project Manager")), assignee: Some("7".into()), ..Task::default() };
    let same = Task { text: " Send the\nminutes ".into(), owner: Some(manager("PM")), ..agreed.clone() };
    assert!(map::changed(&linked(same, &agreed)).is_empty(), "another spelling of the same is no change");
    let edited = Task { owner: None, assignee: None, due: Some(jiff::civil::date(2026, 2, 1)), priority: Priority::High, ..agreed.clone() };
    let edited = linked(edited, &agreed);
    assert_eq!(map::changed(&edited), ["owner", "due", "priority"]);
    assert_eq!(
        sent(&edited),
        json!({ "person": { "personsAndTeams": [] }, "date4": { "date": "2026-02-01" } }),
        "without a column, nothing"
    );
    let done = Task { progress: Progress::Done, assignee: Some("8".into()), owner: None, ..agreed.clone() };
    let cells = json!({ "status": { "label": "Done" }, "person": { "personsAndTeams": [{ "id": 8, "kind": "person" }] } });
    assert_eq!(sent(&linked(done.clone(), &agreed)), cells);
    let reopened = Task { progress: Progress::Open, due: None, ..done.clone() };
    let before = Task { due: Some(jiff::civil::date(2026, 2, 1)), owner: reopened.owner.clone(), assignee: None, ..done };
    assert_eq!(sent(&linked(Task { assignee: None, ..reopened }, &before)), json!({ "status": {}, "date4": {} }), "empty objects empty");
}

#[test]
fn f58_an_edit_made_meanwhile_is_still_found_by_the_next_pull() {
    let theirs = map::task(&items()[0], &People::from([("7".to_owned(), manager("Project Manager"))]));
    let base = Fields::of(&Task { text: "Send minutes".into(), due: Some(jiff::civil::date(2026, 1, 8)), ..Task::default() });
    let seen = map::seen_after_update(&theirs, &["text"], &base);
    assert_eq!(seen.get("text"), "Send the minutes", "what was sent is agreed in monday.com's form");
    assert_eq!(seen.get("due"), "2026-01-08", "their due date was not sent, so it is not agreed");
    let sent = Task { text: "Send  the minutes".into(), owner: Some(manager("PM")), assignee: Some("7".into()), ..Task::default() };
    let seen = map::seen_later(&theirs, &sent);
    assert_eq!((seen.get("text"), seen.get("owner")["name"].as_str()), (&json!("Send the minutes"), Some("Project Manager")));
    assert_eq!((seen.get("due"), seen.get("progress")), (&Value::Null, &json!("open")), "edited there since: not agreed");
}

#[test]
fn b26_a_long_text_stands_whole_below_its_item_and_what_looks_like_markup_stays_text() {
    let long = "längeres Wort ".repeat(40);
    let name = map::name(&long);
    assert!(name.chars().count() <= 255 && name.ends_with('…'), "{name}");
    assert_eq!(map::name(&name), name, "cut once");
    let from = MeetingRef {
        id: "mtg_00000000000000000000000000000001".parse().unwrap(),
        title: "Kick-off <1> & \"2\"".into(),
        start: "2026-01-05T10:00:00Z".parse().unwrap(),
        url: "http://127.0.0.1:8080/meetings/1?a=1&b=2".into(),
    };
    let task = Task { text: long, context: Some("We said <b>so</b>.\nTwice.".into()), from: Some(from), ..Task::default() };
    let body = map::update_body(&task).unwrap();
    insta::assert_snapshot!(body);
    assert!(map::is_said(&task, std::iter::once(body.as_str())));
    assert!(!map::is_said(&task, std::iter::once("<p>Somebody else's words</p>")));
    assert_eq!(map::update_body(&Task { text: "x".into(), ..Task::default() }), None);
}

fn reply(status: u16, headers: &[(&str, &str)], body: &Value) -> Reply {
    let headers: BTreeMap<String, String> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply { status, headers, body: serde_json::to_vec(body).unwrap().into() }
}

fn error(code: &str, status_code: &Value) -> Value {
    json!({ "data": {}, "errors": [{ "message": "canary", "extensions": { "code": code, "status_code": status_code } }] })
}

#[test]
fn errors_are_told_apart_whatever_the_status() {
    let of = |status, body: Value| Monday.classify(&reply(status, &[], &body)).unwrap();
    for body in [json!({ "data": {} }), json!({ "data": null }), json!({ "data": {}, "errors": [] }), json!([]), json!("<html>")] {
        assert!(Monday.classify(&reply(200, &[], &body)).is_none(), "{body}");
    }
    assert!(Monday.classify(&reply(502, &[], &json!("<html>"))).is_none(), "left to the reading by status");
    for (code, status_code, kind) in [
        ("UserUnauthorizedException", json!(403), ErrorKind::Forbidden),
        ("UNAUTHORIZED_FIELD_OR_TYPE", Value::Null, ErrorKind::Forbidden),
        ("InvalidBoardIdException", json!(200), ErrorKind::NotFound),
        ("ResourceNotFoundException", json!(404), ErrorKind::NotFound),
        ("ColumnValueException", json!(200), ErrorKind::Invalid),
        ("ItemNameTooLongException", json!(200), ErrorKind::Invalid),
        ("CursorExpiredError", json!(400), ErrorKind::Invalid),
        ("GRAPHQL_VALIDATION_FAILED", json!(400), ErrorKind::Protocol),
        ("NEVER_HEARD_OF", json!(429), ErrorKind::RateLimited),
        ("NEVER_HEARD_OF", json!("soon"), ErrorKind::Invalid),
    ] {
        let told = of(200, error(code, &status_code));
        assert_eq!((told.kind, told.code.as_deref()), (kind, Some(code)));
        assert!(!told.to_string().contains("canary"), "{told}");
    }
    let broken = of(200, error("INTERNAL_SERVER_ERROR", &json!(500)));
    assert!(broken.kind == ErrorKind::Unavailable && broken.may_have_happened);
    assert_eq!(of(401, json!({ "errors": ["Not Authenticated"] })).kind, ErrorKind::Unauthorized);
    let old = json!({ "error_code": "UserUnauthorizedException", "status_code": 403, "error_message": "canary", "error_data": {} });
    assert_eq!(of(200, old).kind, ErrorKind::Forbidden);
    assert_eq!(of(200, json!({ "data": {}, "errors": [null] })).kind, ErrorKind::Invalid);
}

#[test]
fn f26_a_spent_budget_says_when_to_come_again() {
    let mut body = error("COMPLEXITY_BUDGET_EXHAUSTED", &json!(429));
    body["errors"][0]["extensions"]["retry_in_seconds"] = json!(42);
    let limited = Monday.classify(&reply(200, &[], &body)).unwrap();
    assert_eq!((limited.kind, limited.retry), (ErrorKind::RateLimited, Retry::After(SignedDuration::from_secs(42))));
    let daily = Monday.classify(&reply(429, &[("retry-after", "40000")], &error("DAILY_LIMIT_EXCEEDED", &json!(429)))).unwrap();
    assert_eq!((daily.kind, daily.retry), (ErrorKind::RateLimited, Retry::After(SignedDuration::from_hours(1))));
    assert!(daily.message.contains("day"), "{daily}");
    let unknown = Monday.classify(&reply(200, &[], &error("FIELD_LIMIT_EXCEEDED", &json!(429)))).unwrap();
    assert_eq!((unknown.kind, unknown.retry), (ErrorKind::RateLimited, Retry::Backoff));
}
