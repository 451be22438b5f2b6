//! monday.com against its emulator: its stand for the contract that every connector keeps, and what is monday.com's own.

mod garbled;
mod refusing;

use std::sync::Arc;

use connector_kit::contract::{self, Announces, Bench, Delivery, Editor, Leaves, Proof, Reading, Secrets, SignIn, Stand, Writing};
use connector_kit::webhook::{Subscription, SubscriptionRequest};
use connector_kit::{
    Connector, Entry, ErrorKind, Link, Outbound, PullRequest, Receipt, Secret, Session, Sink, Source, TaskBoard, WebhookSource, async_trait,
};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::connection::Capability;
use model::record::Kind;
use model::settings::Destination;
use model::{Fields, MeetingRef, Person, Priority, Progress};
use sandbox::mailbox::{Letter, Mailbox};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Monday;
use crate::emulator::{Addresses, Emulator, delivery, handshake, outbound};

const ADDRESSES: Addresses =
    Addresses { base: "", authorize: "/oauth2/authorize", token: "/oauth_ms/oauth/token", revoke: Some("/oauth_ms/oauth/revoke") };
/// As the emulator knows the app.
const SIGNING_SECRET: &str = "sandbox-secret-monday";

async fn bench() -> (Bench, Arc<Emulator>) {
    let emulator = Emulator::start("monday", ADDRESSES).await;
    // The real limit is of the minute, and these tests are faster than people.
    emulator.put("/limits", json!({ "minute": 100_000 })).await;
    (emulator.sign_in(Monday, SignIn::CODE).await, emulator)
}

/// monday.com on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator) = bench().await;
    let (place, now) = (place(&bench, "Product: This month").await, bench.now());
    let reading = Reading {
        capability: Capability::Tasks,
        source: &Monday,
        destination: Some(place.clone()),
        path: "/v2",
        editor: Box::new(Colleague(Arc::clone(&emulator))),
        more_than_a_page: 120,
    };
    let writing = Writing {
        capability: Capability::Tasks,
        sink: &Monday,
        leaves: Leaves::Object { create: "item.create", delete: "item.delete" },
        path: "/v2#create_item",
        item: Box::new(move |n| item(n, &place, task(now, &format!("Task {n}")))),
        edit: |task| Task { progress: Progress::Done, priority: Priority::Urgent, ..task.clone() },
    };
    Stand {
        bench,
        identify: "/v2",
        token_life: SignedDuration::from_hours(1),
        fewest: Some(&["me:read", "account:read"]),
        reads: vec![Box::new(reading)],
        writes: vec![Box::new(writing)],
        announces: Some(Box::new(Colleague(emulator))),
    }
}

/// Somebody who works in monday.com.
struct Colleague(Arc<Emulator>);

#[async_trait]
impl Editor for Colleague {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(new_item(&self.0, "Product", &format!("Item {number}")).await);
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        let cells = json!({ "Status": { "label": "Done" }, "Due date": { "date": "2026-03-01" } });
        self.0.post("/items/edit", json!({ "id": id, "name": "Renamed", "cells": cells })).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.post("/items/delete", json!({ "id": id })).await;
        true
    }
}

#[async_trait]
impl Announces for Colleague {
    fn proof(&self) -> Proof {
        Proof::Token { header: "authorization" }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Tasks]
    }

    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = answering().await;
        subscribe(bench, &bench.session(), &mailbox).await;
        let asked = mailbox.letters().len();
        let id = new_item(&self.0, "Product", "Told at once").await;
        self.0.post("/items/edit", json!({ "id": id, "name": "Told again" })).await;
        let letters = mailbox.wait_for(asked + 1).await;
        delivery(&letters[asked], Secrets { app: Some(Secret::from(SIGNING_SECRET)), subscription: None })
    }
}

/// A mailbox that answers a challenge as the connector says.
async fn answering() -> Mailbox {
    let reader = |letter: &Letter| {
        let asked = delivery(letter, Secrets::default());
        handshake(Monday.receive(&asked.hook(Timestamp::UNIX_EPOCH)).ok().and_then(|hints| hints.answer))
    };
    Mailbox::with_reader(Arc::new(reader)).await.unwrap()
}

async fn subscribe(bench: &Bench, session: &Session, mailbox: &Mailbox) -> Subscription {
    let callback = mailbox.address("/hooks/monday/1").parse().unwrap();
    let place = place(bench, "Product: This month").await;
    let secret = Secret::from("a-secret-of-ours");
    let request =
        SubscriptionRequest { callback: &callback, secret: &secret, id: Uuid::nil(), destination: Some(&place), now: bench.now() };
    Monday.subscribe(session, &request).await.unwrap().unwrap()
}

async fn place(bench: &Bench, name: &str) -> Destination {
    let places = Monday.destinations(&bench.session()).await.unwrap();
    places.into_iter().find(|place| place.name == name).unwrap()
}

async fn new_item(emulator: &Emulator, board: &str, name: &str) -> String {
    emulator.post("/items", json!({ "board": board, "name": name })).await["id"].as_str().unwrap().to_owned()
}

/// An item as monday.com shows it to its own people.
async fn there(emulator: &Emulator, id: &str) -> Value {
    let items = emulator.get("/items").await;
    items["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap().clone()
}

fn item(n: u8, place: &Destination, item: Task) -> Outbound<Task> {
    Outbound { destination: Some(place.clone()), ..outbound(Kind::ActionItem, n, item) }
}

async fn push(session: &Session, item: &Outbound<Task>) -> Receipt {
    Monday.push(session, std::slice::from_ref(item)).await.remove(0).unwrap()
}

fn linked(new: &Outbound<Task>, receipt: &Receipt, item: Task) -> Outbound<Task> {
    let base = receipt.seen.clone().unwrap_or_else(|| Fields::of(&new.item));
    let link = Link { id: receipt.id.clone(), version: receipt.version.clone(), url: receipt.url.clone(), base };
    Outbound { link: Some(link), item, ..new.clone() }
}

fn task(now: Timestamp, text: &str) -> Task {
    let meeting = MeetingRef {
        id: "mtg_00000000000000000000000000000001".parse().unwrap(),
        title: "Kick-off".into(),
        start: now,
        url: "http://127.0.0.1:8080/meetings/1".into(),
    };
    Task { text: text.into(), context: Some("We said <so>.".into()), from: Some(meeting), priority: Priority::High, ..Task::default() }
}

fn since(bench: &Bench) -> Timestamp {
    bench.now() - SignedDuration::from_hours(24)
}

#[tokio::test]
async fn signs_in_and_knows_the_account_the_boards_and_the_people() {
    let (bench, emulator) = bench().await;
    let (session, there) = (bench.session(), emulator.get("/account").await);
    let account = Monday.identify(&session).await.unwrap();
    assert_eq!((&json!(account.id), account.name.as_str()), (&there["id"], "Demo"));
    let places = Monday.destinations(&session).await.unwrap();
    let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
    let expected = ["Product: This month", "Product: Next month", "Research: This month", "Research: Next month"];
    assert_eq!(names, expected, "a document is no board");
    let members = Monday.members(&session).await.unwrap();
    assert!(members.iter().any(|member| member.email.as_deref() == Some("marketing@demo.example")), "{members:?}");
    bench.close();
}

#[tokio::test]
async fn an_item_says_all_that_the_action_item_says() {
    let (bench, emulator) = bench().await;
    let (place, session) = (place(&bench, "Product: Next month").await, bench.session());
    let members = Monday.members(&session).await.unwrap();
    let designer = members.iter().find(|member| member.name == "Industrial Designer").unwrap();
    let new = item(1, &place, task(bench.now(), "  Choose a\ncase material "));
    let receipt = push(&session, &new).await;
    let first = there(&emulator, &receipt.id).await;
    assert_eq!((&first["name"], &first["group"]), (&json!("Choose a case material"), &json!("group_title")));
    assert_eq!((&first["cells"]["Harmony ID"], &first["cells"]["Priority"]), (&json!(new.key.to_string()), &json!("High")));
    assert_eq!(first["cells"]["Status"], "", "the board's own default");
    let update = first["updates"][0].as_str().unwrap();
    assert!(
        update.contains("We said &lt;so&gt;.") && update.contains("<a href=\"http://127.0.0.1:8080/meetings/1\">Kick-off</a>"),
        "{update}"
    );

    let owner = Person { name: Some("ID".into()), email: designer.email.clone(), phone: None };
    let edited = Task {
        owner: Some(owner),
        assignee: Some(designer.id.clone()),
        due: Some(jiff::civil::date(2026, 2, 1)),
        progress: Progress::Done,
        priority: Priority::Urgent,
        ..new.item.clone()
    };
    let receipt = push(&session, &linked(&new, &receipt, edited.clone())).await;
    let second = there(&emulator, &receipt.id).await;
    let cells = &second["cells"];
    assert_eq!((&cells["Owner"], &cells["Due date"]), (&json!("Industrial Designer"), &json!("2026-02-01")));
    assert_eq!((&cells["Status"], &cells["Priority"]), (&json!("Done"), &json!("Critical ⚠️️")));
    assert_eq!(second["updates"].as_array().unwrap().len(), 1, "an update by us adds no second word");
    let seen = receipt.seen.clone().unwrap();
    assert_eq!((seen.get("owner")["name"].as_str(), seen.get("priority").as_str()), (Some("Industrial Designer"), Some("urgent")));

    let cleared = Task { owner: None, assignee: None, due: None, progress: Progress::Open, priority: Priority::None, ..edited };
    push(&session, &linked(&new, &receipt, cleared)).await;
    let third = there(&emulator, &receipt.id).await;
    for title in ["Owner", "Due date", "Status", "Priority"] {
        assert_eq!(third["cells"][title], "", "{title}");
    }
    assert_eq!(third["cells"]["Harmony ID"], json!(new.key.to_string()), "the marker stays");
    bench.close();
}

#[tokio::test]
async fn f61_without_the_marker_column_nothing_is_made_and_the_person_is_told_what_to_add() {
    let (bench, emulator) = bench().await;
    let research = place(&bench, "Research: This month").await;
    let new = item(1, &research, task(bench.now(), "Read the paper"));
    let error = Monday.push(&bench.session(), std::slice::from_ref(&new)).await.remove(0).unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (ErrorKind::NotFound, false));
    assert!(error.message.contains("add a column of type Text and call it “Harmony ID”"), "{error}");
    assert_eq!(Monday.find(&bench.session(), &new).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(emulator.count("item.create"), 0);
    emulator.post("/columns", json!({ "board": "Research", "column": "Harmony ID", "kind": "text" })).await;
    let receipt = push(&bench.session(), &new).await;
    let made = there(&emulator, &receipt.id).await;
    assert_eq!(made["cells"]["Harmony ID"], json!(new.key.to_string()));
    assert_eq!(receipt.seen.as_ref().unwrap().get("priority"), "none", "what the board cannot say is not agreed");
    let raised = linked(&new, &receipt, Task { priority: Priority::Urgent, ..new.item.clone() });
    push(&bench.session(), &raised).await;
    assert_eq!(emulator.count("item.update"), 0, "nothing is sent that the board could not hold");
    bench.close();
}

#[tokio::test]
async fn f58_only_what_changed_here_is_written_and_an_edit_made_there_meanwhile_stays() {
    let (bench, emulator) = bench().await;
    let new = item(1, &place(&bench, "Product: This month").await, task(bench.now(), "Ours"));
    let receipt = push(&bench.session(), &new).await;
    emulator.post("/items/edit", json!({ "id": receipt.id, "cells": { "Due date": { "date": "2026-03-01" } } })).await;
    let receipt = push(&bench.session(), &linked(&new, &receipt, Task { text: "Ours, renamed".into(), ..new.item.clone() })).await;
    let now = there(&emulator, &receipt.id).await;
    assert_eq!((&now["name"], &now["cells"]["Due date"]), (&json!("Ours, renamed"), &json!("2026-03-01")));
    assert_eq!(receipt.seen.unwrap().get("due"), &Value::Null, "their date is still found by the next pull");
    bench.close();
}

#[tokio::test]
async fn f03_what_a_lost_answer_cut_off_is_completed_once() {
    let (bench, emulator) = bench().await;
    let new = item(2, &place(&bench, "Product: This month").await, task(bench.now(), "Broken off"));
    bench.arrangement.strike("/v2#create_update", contract::Fault::Status { status: 502, retry_after: None }, Some(1));
    let error = Monday.push(&bench.session(), std::slice::from_ref(&new)).await.remove(0).unwrap_err();
    assert!(error.may_have_happened, "the item is there, so the write is in doubt: {error}");
    assert_eq!((emulator.count("item.create"), emulator.count("update.create")), (1, 0));
    assert_eq!(Monday.find(&bench.session(), &new).await, Ok(None), "the index has not caught up");
    bench.arrangement.advance(SignedDuration::from_secs(31));
    let found = Monday.find(&bench.session(), &new).await.unwrap().unwrap();
    assert_eq!(Monday.find(&bench.session(), &new).await.unwrap().unwrap().id, found.id);
    assert_eq!((emulator.count("item.create"), emulator.count("update.create")), (1, 1), "said once, however often it is looked for");
    bench.close();
}

#[tokio::test]
async fn only_the_chosen_boards_items_are_read_and_an_edit_comes_in_our_words() {
    let (bench, emulator) = bench().await;
    let product = place(&bench, "Product: This month").await;
    let id = new_item(&emulator, "Product", "Of the board").await;
    new_item(&emulator, "Research", "Of another board").await;
    let walk = contract::reads_from(&bench, &Monday, Some(&product), since(&bench), None).await;
    assert_eq!(walk.present().into_iter().collect::<Vec<_>>(), [id.as_str()]);
    let person = emulator.get("/account").await["users"][1]["id"].as_str().unwrap().parse::<u64>().unwrap();
    let cells = json!({
        "Status": { "label": "Stuck" }, "Priority": { "label": "Medium" }, "Owner": { "personsAndTeams": [{ "id": person, "kind": "person" }] },
    });
    emulator.post("/items/edit", json!({ "id": id, "name": "Renamed", "cells": cells })).await;
    emulator.post("/items/move", json!({ "id": id, "group": "group_title" })).await;
    let news = contract::reads_from(&bench, &Monday, Some(&product), since(&bench), Some(walk.end())).await;
    let [Entry::Present(remote)] = news.entries.as_slice() else { panic!("{news:?}") };
    assert_eq!((remote.item.text.as_str(), remote.item.progress, remote.item.priority), ("Renamed", Progress::Started, Priority::Medium));
    let owner = remote.item.owner.clone().unwrap();
    assert_eq!((owner.name.as_deref(), owner.email.as_deref()), (Some("Marketing"), Some("marketing@demo.example")));
    emulator.post("/items/archive", json!({ "id": id })).await;
    let after = contract::reads_from(&bench, &Monday, Some(&product), since(&bench), Some(news.end())).await;
    assert!(after.entries.is_empty(), "put away is not gone: {after:?}");
    assert_eq!(Monday.is_gone(&bench.session(), &id, Some(&product)).await, Ok(false));
    assert_eq!(Monday.is_gone(&bench.session(), "1", Some(&product)).await, Ok(false), "absence is not deletion");
    bench.close();
}

#[tokio::test]
async fn f39_a_cursor_that_died_within_a_pass_costs_the_pass_and_loses_nothing() {
    let (bench, emulator) = bench().await;
    let product = place(&bench, "Product: This month").await;
    let made = Colleague(Arc::clone(&emulator)).make(150).await;
    let request = PullRequest { cursor: None, destination: Some(&product), since: since(&bench), now: bench.now() };
    let first = Monday.pull(&bench.session(), &request).await.unwrap();
    assert!(first.more);
    bench.arrangement.advance(SignedDuration::from_mins(61));
    let rest = contract::reads_from(&bench, &Monday, Some(&product), since(&bench), Some(&first.cursor)).await;
    let present = rest.present();
    assert!(made.iter().all(|id| present.contains(id.as_str())), "everything is told again");
    bench.close();
}
