//! Linear's maps, errors and schema without a network. Against the emulator: `contract.rs`.

mod schema;

use std::collections::BTreeMap;

use connector_kit::{Connector, Entry, ErrorKind, Link, Reply, Retry};
use jiff::SignedDuration;
use model::action_item::Task;
use model::{Fields, Person, Priority, Progress};
use serde_json::{Value, json};

use super::wire::{Answer, ChangedIssues, Issue, WorkflowState};
use super::{Linear, map};

fn issues() -> Vec<Issue> {
    let answer: Answer<ChangedIssues> = serde_json::from_str(include_str!("../fixtures/issues.json")).unwrap();
    answer.data.unwrap().issues.nodes
}

#[test]
fn issues_become_tasks_and_the_trash_is_gone() {
    let issues = issues();
    let entries = issues.iter().map(map::entry).map(|entry| match entry {
        Entry::Present(remote) => json!({ "id": remote.id, "version": remote.version, "url": remote.url, "task": remote.item }),
        Entry::Gone { id } => json!({ "gone": id }),
    });
    insta::assert_json_snapshot!(entries.collect::<Vec<Value>>());
}

fn state(kind: &str, id: &str, position: f64) -> WorkflowState {
    WorkflowState { id: cynic::Id::new(id), kind: kind.to_owned(), position }
}

#[test]
fn a_state_is_chosen_by_its_type_and_the_teams_own_order() {
    let states =
        [state("started", "review", 2.0), state("started", "doing", 1.0), state("backlog", "later", 0.0), state("duplicate", "twin", 9.0)];
    assert_eq!(map::state_for(Progress::Started, &states).as_deref(), Some("doing"));
    assert_eq!(map::state_for(Progress::Open, &states).as_deref(), Some("later"), "without a todo state, the backlog");
    assert_eq!(map::state_for(Progress::Dropped, &states).as_deref(), Some("twin"));
    assert_eq!(map::state_for(Progress::Done, &states), None);
}

#[test]
fn every_progress_and_priority_comes_back_as_it_was_sent() {
    for (kind, progress) in
        [("unstarted", Progress::Open), ("started", Progress::Started), ("completed", Progress::Done), ("canceled", Progress::Dropped)]
    {
        assert_eq!(map::progress(kind), progress);
        assert!(map::state_for(progress, &[state(kind, "s", 0.0)]).is_some());
    }
    let link = Link { id: "1".into(), version: None, url: None, base: Fields::default() };
    for priority in [Priority::None, Priority::Low, Priority::Medium, Priority::High, Priority::Urgent] {
        let task = Task { text: "x".into(), priority, ..Task::default() };
        let sent = map::update(&task, &map::changed(&task, &link), None).priority.unwrap();
        assert_eq!(map::priority(f64::from(sent)), priority);
    }
}

fn manager(name: &str) -> Person {
    Person { name: Some(name.into()), email: Some("project.manager@demo.example".into()), phone: None }
}

#[test]
fn f58_only_what_changed_is_sent() {
    let agreed =
        Task { text: "Send the minutes".into(), owner: Some(manager("Project Manager")), assignee: Some("u1".into()), ..Task::default() };
    let link = Link { id: "1".into(), version: None, url: None, base: Fields::of(&agreed) };
    let same = Task { text: " Send the\nminutes ".into(), owner: Some(manager("PM")), ..agreed.clone() };
    assert!(map::changed(&same, &link).is_empty(), "another spelling of the same is no change");
    let edited = Task { owner: None, assignee: None, due: Some(jiff::civil::date(2026, 2, 1)), ..agreed };
    let changed = map::changed(&edited, &link);
    assert_eq!(changed, ["owner", "due"]);
    let sent = serde_json::to_value(map::update(&edited, &changed, None)).unwrap();
    assert_eq!(sent, json!({ "assigneeId": null, "dueDate": "2026-02-01" }), "null clears; what is absent stays");
}

#[test]
fn f58_an_edit_made_meanwhile_is_still_found_by_the_next_pull() {
    let issue = &issues()[0];
    let base = Fields::of(&Task { text: "Send minutes".into(), due: Some(jiff::civil::date(2026, 1, 8)), ..Task::default() });
    let seen = map::seen_after_update(issue, &["text"], &base);
    assert_eq!(seen.get("text"), "Send the minutes", "what was sent is agreed in Linear's form");
    assert_eq!(seen.get("due"), "2026-01-08", "their due date was not sent, so it is not agreed");
    let sent = Task { text: "Send  the minutes".into(), owner: Some(manager("PM")), assignee: Some("u1".into()), ..Task::default() };
    let seen = map::seen_later(issue, &sent);
    assert_eq!(seen.get("text"), "Send the minutes");
    assert_eq!(seen.get("owner")["name"], "Project Manager", "the same person, in Linear's words");
    assert_eq!((seen.get("due"), seen.get("progress")), (&Value::Null, &json!("open")), "edited there since: not agreed");
}

#[test]
fn b26_plain_text_stays_plain_in_markdown() {
    let text = "# no heading\n- no list\n1. nor this\nbut 3.5 and a-b\n*a* _b_ `c` [d](e) <b> \\ @all";
    insta::assert_snapshot!(map::markdown(text));
}

fn reply(status: u16, headers: &[(&str, &str)], body: &Value) -> Reply {
    let headers: BTreeMap<String, String> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply { status, headers, body: serde_json::to_vec(body).unwrap().into() }
}

fn error(message: &str, extensions: &Value) -> Value {
    json!({ "data": null, "errors": [{ "message": message, "extensions": extensions }] })
}

#[test]
fn errors_are_told_apart_whatever_the_status() {
    let of = |status, message: &str, extensions: Value| Linear.classify(&reply(status, &[], &error(message, &extensions))).unwrap();
    assert!(Linear.classify(&reply(200, &[], &json!({ "data": {} }))).is_none());
    assert!(Linear.classify(&reply(502, &[], &json!("<html>"))).is_none(), "left to the reading by status");
    assert_eq!(of(400, "x", json!({ "code": "AUTHENTICATION_ERROR", "type": "authentication error" })).kind, ErrorKind::Unauthorized);
    let scope = of(400, "Invalid scope: `write` required", json!({ "code": "FORBIDDEN", "type": "forbidden", "statusCode": 403 }));
    assert_eq!((scope.kind, scope.message.as_str()), (ErrorKind::Forbidden, "the scope `write` was not granted"));
    let input = json!({ "code": "INPUT_ERROR", "type": "invalid input", "statusCode": 400 });
    assert_eq!(of(200, "Entity not found: Issue", input.clone()).kind, ErrorKind::NotFound);
    assert_eq!(of(200, "conflict on insert of Issue", input.clone()).kind, ErrorKind::Conflict);
    let refused = of(200, "Argument Validation Error: canary", input);
    assert!(refused.kind == ErrorKind::Invalid && !refused.to_string().contains("canary"), "{refused}");
    let broken = of(200, "x", json!({ "code": "INTERNAL_SERVER_ERROR", "type": "internal error", "statusCode": 500 }));
    assert!(broken.kind == ErrorKind::Unavailable && broken.may_have_happened);
    assert_eq!(of(400, "x", json!({ "code": "GRAPHQL_VALIDATION_FAILED" })).kind, ErrorKind::Protocol);
    assert_eq!(of(200, "x", Value::Null).kind, ErrorKind::Invalid);
}

#[test]
fn f26_a_spent_budget_says_when_it_is_full_again() {
    let body = error("Rate limit exceeded", &json!({ "code": "RATELIMITED", "type": "ratelimited", "statusCode": 429 }));
    let date = ("date", "Mon, 05 Jan 2026 10:00:00 GMT");
    let reset = 1_767_607_200_000_i64 + 90_000;
    let reset = reset.to_string();
    let headers = [
        date,
        ("x-ratelimit-complexity-remaining", "0"),
        ("x-ratelimit-complexity-reset", &reset),
        ("x-ratelimit-requests-remaining", "7"),
        ("x-ratelimit-requests-reset", "9999999999999"),
    ];
    let limited = Linear.classify(&reply(400, &headers, &body)).unwrap();
    assert_eq!((limited.kind, limited.retry), (ErrorKind::RateLimited, Retry::After(SignedDuration::from_secs(90))));
    let unknown = Linear.classify(&reply(400, &[date], &body)).unwrap();
    assert_eq!((unknown.kind, unknown.retry), (ErrorKind::RateLimited, Retry::Backoff));
}
