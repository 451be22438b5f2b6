//! Asana's maps and errors without a network, from hand-made fixtures in the form of the official description. Against the emulator: `contract.rs`.

use std::collections::BTreeMap;

use connector_kit::connector::Account;
use connector_kit::{Connector, Entry, ErrorKind, Handshake, InboundHook, Link, Reply, Secret, WebhookSource, signature};
use jiff::Timestamp;
use model::action_item::Task;
use model::connection::Capability;
use model::{Fields, Person, Priority, Progress};
use serde_json::{Value, json};

use super::map::{self, Touched};
use super::priority::{self, Choice};
use super::wire::{self, CustomField, Events, Page};
use super::{Asana, manifest};

fn tasks() -> Vec<wire::Task> {
    serde_json::from_str::<Page<wire::Task>>(include_str!("fixtures/tasks.json")).unwrap().data
}

#[test]
fn tasks_become_ours() {
    let owner = |task: &wire::Task| {
        let name = task.assignee.as_ref().map(|assignee| assignee.name.clone());
        name.map(|name| Person { name: Some(name), email: Some("project.manager@demo.example".into()), phone: None })
    };
    let entries = tasks().into_iter().map(|task| {
        let item = map::task(&task, owner(&task));
        let Entry::Present(remote) = map::entry(task, item) else { panic!("what was read is there") };
        json!({ "id": remote.id, "version": remote.version, "url": remote.url, "task": remote.item })
    });
    insta::assert_json_snapshot!(entries.collect::<Vec<Value>>());
}

#[test]
fn of_many_events_the_tasks_are_left_each_with_its_last() {
    let events: Events = serde_json::from_str(include_str!("fixtures/events.json")).unwrap();
    let touched = map::touched(&events.data);
    let touched: Vec<(&str, Touched)> = touched.iter().map(|(id, what)| (id.as_str(), *what)).collect();
    assert_eq!(touched, [("11", Touched::Changed), ("12", Touched::Gone), ("13", Touched::Changed), ("14", Touched::Changed)]);
}

fn field(options: &Value) -> Vec<CustomField> {
    let field = json!({ "gid": "30", "asana_created_field": "priority", "enum_options": options });
    vec![serde_json::from_value(field).unwrap()]
}

#[test]
fn a_priority_is_an_option_of_the_template_field_where_the_project_has_it() {
    let three = json!([{ "gid": "1", "name": "High" }, { "gid": "2", "name": "Medium", "enabled": true }, { "gid": "3", "name": "Low" }]);
    let choice = |option: &str| Some(Choice { field: "30".into(), option: option.into() });
    for (wanted, option) in [(Priority::Low, "3"), (Priority::Medium, "2"), (Priority::High, "1"), (Priority::Urgent, "1")] {
        assert_eq!(priority::choose(wanted, &field(&three)), choice(option), "{wanted:?}");
    }
    let own = json!([{ "gid": "1", "name": "High" }, { "gid": "4", "name": "Urgent" }, { "gid": "3", "name": "Low", "enabled": false }]);
    assert_eq!(priority::choose(Priority::Urgent, &field(&own)), choice("4"));
    for unsaid in [Priority::None, Priority::Medium, Priority::Low] {
        assert_eq!(priority::choose(unsaid, &field(&own)), None, "{unsaid:?}");
    }
    assert_eq!(priority::choose(Priority::High, &[]), None);
}

fn manager(name: &str) -> Person {
    Person { name: Some(name.into()), email: Some("project.manager@demo.example".into()), phone: None }
}

fn agreed(task: &Task) -> Link {
    Link { id: "1".into(), version: None, url: None, base: Fields::of(task) }
}

#[test]
fn f58_only_what_changed_is_sent() {
    let known =
        Task { text: "Send the minutes".into(), owner: Some(manager("Project Manager")), assignee: Some("2".into()), ..Task::default() };
    let same = Task { text: " Send the\nminutes ".into(), owner: Some(manager("PM")), progress: Progress::Started, ..known.clone() };
    assert!(map::changed(&same, &agreed(&known)).is_empty(), "another spelling of the same is no change, nor is a state that Asana lacks");
    let edited =
        Task { owner: None, assignee: None, due: Some(jiff::civil::date(2026, 2, 1)), progress: Progress::Dropped, ..known.clone() };
    let changed = map::changed(&edited, &agreed(&known));
    assert_eq!(changed, ["owner", "due", "progress"]);
    let sent = serde_json::to_value(map::update(&edited, &changed, None)).unwrap();
    assert_eq!(sent, json!({ "assignee": null, "due_on": "2026-02-01", "completed": true }), "null clears; what is absent stays");
}

#[test]
fn f58_an_edit_made_meanwhile_is_still_found_by_the_next_pull() {
    let theirs = map::task(&tasks()[0], Some(manager("Project Manager")));
    let base = Fields::of(&Task { text: "Send minutes".into(), due: Some(jiff::civil::date(2026, 1, 8)), ..Task::default() });
    let seen = map::seen_after_update(&theirs, &["text"], &base);
    assert_eq!((seen.get("text"), seen.get("due")), (&json!("Send the minutes"), &json!("2026-01-08")));
    let sent = Task {
        text: "Send  the minutes".into(),
        owner: Some(manager("PM")),
        assignee: Some("1200000000000002".into()),
        progress: Progress::Dropped,
        priority: Priority::High,
        ..Task::default()
    };
    let seen = map::seen_later(&theirs, &sent);
    assert_eq!((seen.get("text"), &seen.get("owner")["name"]), (&json!("Send the minutes"), &json!("Project Manager")));
    assert_eq!(seen.get("due"), &Value::Null, "edited there since: not agreed");
    assert_eq!(seen.get("progress"), "done", "opened again there: what was sent is agreed, in Asana's words");
    assert_eq!(seen.get("priority"), "high", "lowered there since");
    let urgent = map::seen_later(&Task { priority: Priority::High, ..theirs }, &Task { priority: Priority::Urgent, ..sent });
    assert_eq!(urgent.get("priority"), "high", "the highest there is");
}

#[test]
fn an_account_is_a_person() {
    let me = |name: &str| serde_json::from_value(json!({ "gid": "2", "name": name, "email": "project.manager@demo.example" })).unwrap();
    assert_eq!(map::account(me("Project Manager")), Account { id: "2".into(), name: "Project Manager".into() });
    assert_eq!(map::account(me("")).name, "project.manager@demo.example");
}

#[test]
fn errors_are_told_apart_and_repeat_nothing_that_was_sent() {
    let of = |status, message: &str| {
        let body = json!({ "errors": [{ "message": message, "help": "…" }] }).to_string();
        Asana.classify(&Reply { status, headers: BTreeMap::new(), body: body.into() })
    };
    let kind = |status| of(status, "canary").unwrap().kind;
    assert_eq!((kind(400), kind(401), kind(402)), (ErrorKind::Invalid, ErrorKind::Unauthorized, ErrorKind::Forbidden));
    assert_eq!((kind(403), kind(404), kind(451)), (ErrorKind::Forbidden, ErrorKind::NotFound, ErrorKind::Forbidden));
    for status in [400, 401, 402, 403, 404, 451, 500] {
        let error = of(status, "name: canary is too long").unwrap();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    let scope = of(403, "Forbidden: this request needs the scope tasks:write").unwrap();
    assert_eq!(scope.message, "the scope `tasks:write` was not granted");
    assert_eq!(of(429, "Too many"), None, "the wait is read by the status, as everywhere");
    let page = Reply { status: 502, headers: BTreeMap::new(), body: "<html>".into() };
    assert_eq!((Asana.classify(&page), of(200, "none").is_none()), (None, true));
    let phrase = json!({ "errors": [{ "message": "Server Error", "phrase": "6 sad squid snuggle softly" }] }).to_string();
    let broken = Asana.classify(&Reply { status: 500, headers: BTreeMap::new(), body: phrase.into() }).unwrap();
    assert!(broken.may_have_happened && broken.code.as_deref() == Some("6 sad squid snuggle softly"), "{broken:?}");
}

fn received(headers: &[(&str, &str)], body: &[u8], secret: Option<&Secret>) -> connector_kit::Result<connector_kit::Hints> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let url = "https://hub.example/hooks/asana/1";
    Asana.receive(&InboundHook {
        method: "POST",
        url,
        headers: &headers,
        body,
        now: Timestamp::UNIX_EPOCH,
        app_secret: None,
        subscription_secret: secret,
    })
}

#[test]
fn f51_a_handshake_proves_nothing_and_a_signature_needs_the_own_secret() {
    let shaken = received(&[("x-hook-secret", "0123abcd")], b"", None).unwrap();
    assert_eq!(shaken.answer, Some(Handshake::Header("x-hook-secret", "0123abcd".into())));
    assert!(shaken.wake.is_empty() && shaken.delivery.is_none());
    let long = "0".repeat(257);
    for bad in ["", "two words", "ü", long.as_str()] {
        assert_eq!(received(&[("x-hook-secret", bad)], b"", None).unwrap_err().kind, ErrorKind::Unauthorized, "{bad}");
    }
    let (secret, body) = (Secret::from("0123abcd"), br#"{"events":[{"action":"changed","resource":{"gid":"1","resource_type":"task"}}]}"#);
    let signed = signature::hmac_hex(&secret, &[body]);
    let headers = [("x-hook-signature", signed.as_str()), ("x-hook-secret", "0123abcd")];
    assert_eq!(received(&headers, body, None).unwrap_err().kind, ErrorKind::Unauthorized, "a secret that it brings along is not believed");
    let hints = received(&headers, body, Some(&secret)).unwrap();
    assert_eq!(
        (hints.wake.as_slice(), hints.delivery.as_deref(), hints.answer),
        ([Capability::Tasks].as_slice(), Some(signed.as_str()), None)
    );
    let unreadable = signature::hmac_hex(&secret, &[b"[]"]);
    assert_eq!(received(&[("x-hook-signature", &unreadable)], b"[]", Some(&secret)).unwrap_err().kind, ErrorKind::Invalid);
}

#[test]
fn each_way_asks_for_no_more_than_it_needs() {
    use model::connection::Way;
    let scopes = |way: Option<Way>| {
        let asked = manifest::MANIFEST.permissions(|flow| Some(flow.way) == way);
        asked.into_iter().map(|permission| permission.scope).collect::<Vec<_>>()
    };
    assert_eq!(scopes(None), ["users:read"]);
    assert_eq!(scopes(Some(Way::Push)), ["users:read", "workspaces:read", "projects:read", "tasks:read", "tasks:write", "tasks:delete"]);
    assert!(!scopes(Some(Way::Pull)).iter().any(|scope| ["tasks:write", "tasks:delete"].contains(scope)));
}
