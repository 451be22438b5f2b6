//! Asana against its emulator: its stand for the contract that every connector keeps, and what is Asana's own.

use std::sync::Arc;

use connector_kit::contract::{self, Announces, Bench, Delivery, Editor, Fault, Leaves, Proof, Reading, Secrets, SignIn, Stand, Writing};
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
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Asana;
use crate::emulator::{Addresses, Emulator, delivery, outbound};

const ADDRESSES: Addresses =
    Addresses { base: "/api/1.0", authorize: "/-/oauth_authorize", token: "/-/oauth_token", revoke: Some("/-/oauth_revoke") };

async fn bench() -> (Bench, Arc<Emulator>) {
    let emulator = Emulator::start("asana", ADDRESSES).await;
    // The real limit is of the minute, and these tests are faster than people.
    emulator.put("/limits", json!({ "calls": 100_000 })).await;
    (emulator.sign_in(Asana, SignIn::CODE).await, emulator)
}

/// Asana on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator) = bench().await;
    let (project, now) = (project(&bench, "Product").await, bench.now());
    let reading = Reading {
        capability: Capability::Tasks,
        source: &Asana,
        destination: Some(project.clone()),
        path: "/api/1.0/",
        editor: Box::new(Colleague(Arc::clone(&emulator))),
        more_than_a_page: 120,
    };
    let writing = Writing {
        capability: Capability::Tasks,
        sink: &Asana,
        leaves: Leaves::Object { create: "task.create", delete: "task.delete" },
        path: "/tasks",
        item: Box::new(move |n| item(n, &project, task(now, &format!("Task {n}")))),
        edit: |task| Task { progress: Progress::Done, priority: Priority::Low, ..task.clone() },
    };
    Stand {
        bench,
        identify: "/users/me",
        token_life: SignedDuration::from_hours(1),
        fewest: Some(&["users:read"]),
        reads: vec![Box::new(reading)],
        writes: vec![Box::new(writing)],
        announces: Some(Box::new(Colleague(emulator))),
    }
}

/// Somebody who works in Asana.
struct Colleague(Arc<Emulator>);

#[async_trait]
impl Editor for Colleague {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(new_task(&self.0, "Product", &format!("Task {number}")).await);
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        let edit = json!({ "name": "Renamed", "completed": true, "priority": "Medium", "assignee": "marketing@demo.example" });
        self.0.patch(&format!("/tasks/{id}"), edit).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.delete(&format!("/tasks/{id}")).await;
        true
    }
}

#[async_trait]
impl Announces for Colleague {
    fn proof(&self) -> Proof {
        Proof::Body { header: "x-hook-signature" }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Tasks]
    }

    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = Mailbox::repeating("x-hook-secret").await.unwrap();
        let subscription = subscribe(bench, &mailbox).await;
        new_task(&self.0, "Product", "Told at once").await;
        let letters = mailbox.wait_for(2).await;
        delivery(&letters[1], Secrets { app: None, subscription: subscription.secret })
    }
}

async fn subscribe(bench: &Bench, mailbox: &Mailbox) -> Subscription {
    let callback = mailbox.address("/hooks/asana/1").parse().unwrap();
    let project = project(bench, "Product").await;
    let secret = Secret::from("unused");
    let request =
        SubscriptionRequest { callback: &callback, secret: &secret, id: Uuid::nil(), destination: Some(&project), now: bench.now() };
    Asana.subscribe(&bench.session(), &request).await.unwrap().unwrap()
}

async fn project(bench: &Bench, name: &str) -> Destination {
    let projects = Asana.destinations(&bench.session()).await.unwrap();
    projects.into_iter().find(|project| project.name == name).unwrap()
}

async fn new_task(emulator: &Emulator, project: &str, name: &str) -> String {
    emulator.post("/tasks", json!({ "project": project, "name": name })).await["gid"].as_str().unwrap().to_owned()
}

/// A task as Asana shows it to its own people.
async fn there(emulator: &Emulator, id: &str) -> Value {
    emulator.get(&format!("/tasks/{id}")).await
}

fn item(n: u8, project: &Destination, item: Task) -> Outbound<Task> {
    Outbound { destination: Some(project.clone()), ..outbound(Kind::ActionItem, n, item) }
}

async fn push(session: &Session, item: &Outbound<Task>) -> Receipt {
    Asana.push(session, std::slice::from_ref(item)).await.remove(0).unwrap()
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

#[tokio::test]
async fn signs_in_and_knows_the_person_the_projects_and_the_people() {
    let (bench, emulator) = bench().await;
    let (session, me) = (bench.session(), emulator.get("/me").await);
    let account = Asana.identify(&session).await.unwrap();
    assert_eq!((&json!(account.id), &json!(account.name)), (&me["gid"], &me["name"]));
    let names: Vec<String> = Asana.destinations(&session).await.unwrap().into_iter().map(|project| project.name).collect();
    assert_eq!(names, ["Product", "Research"], "archived projects cannot be chosen");
    let members = Asana.members(&session).await.unwrap();
    assert!(members.iter().any(|member| member.email.as_deref() == Some("marketing@demo.example")), "{members:?}");
    bench.close();
}

#[tokio::test]
async fn of_several_workspaces_every_project_is_offered_by_its_own_name() {
    let (bench, emulator) = bench().await;
    emulator.post("/workspaces", json!({ "name": "Club", "project": "Outing" })).await;
    let names: Vec<String> = Asana.destinations(&bench.session()).await.unwrap().into_iter().map(|project| project.name).collect();
    assert_eq!(names, ["Product (Demo)", "Research (Demo)", "Outing (Club)"]);
    bench.close();
}

#[tokio::test]
async fn a_task_says_all_that_the_action_item_says() {
    let (bench, emulator) = bench().await;
    let (product, session) = (project(&bench, "Product").await, bench.session());
    let members = Asana.members(&session).await.unwrap();
    let designer = members.iter().find(|member| member.name == "Industrial Designer").unwrap();
    let new = item(1, &product, task(bench.now(), "  Choose a\ncase material "));
    let receipt = push(&session, &new).await;
    let owner = Person { name: Some("ID".into()), email: designer.email.clone(), phone: None };
    let edited = Task {
        owner: Some(owner),
        assignee: Some(designer.id.clone()),
        due: Some(jiff::civil::date(2026, 2, 1)),
        progress: Progress::Done,
        priority: Priority::Urgent,
        ..new.item.clone()
    };
    let first = there(&emulator, &receipt.id).await;
    assert_eq!((&first["name"], &first["external"]["gid"]), (&json!("Choose a case material"), &json!(new.key.to_string())));
    assert_eq!((&first["priority"], &first["completed"], &first["projects"]), (&json!("High"), &json!(false), &json!(["Product"])));
    let notes = first["notes"].as_str().unwrap();
    assert!(notes.starts_with("We said <so>.\n\nFrom meeting: Kick-off, ") && notes.ends_with("\nhttp://127.0.0.1:8080/meetings/1"));

    let receipt = push(&session, &linked(&new, &receipt, edited.clone())).await;
    let second = there(&emulator, &receipt.id).await;
    assert_eq!((&second["assignee"], &second["due_on"]), (&json!("industrial.designer@demo.example"), &json!("2026-02-01")));
    assert_eq!((&second["completed"], &second["priority"]), (&json!(true), &json!("High")), "three levels are all that the field has");
    let seen = receipt.seen.clone().unwrap();
    assert_eq!((seen.get("owner")["name"].as_str(), seen.get("priority").as_str()), (Some("Industrial Designer"), Some("high")));

    let cleared = Task { owner: None, assignee: None, due: None, progress: Progress::Started, ..edited };
    push(&session, &linked(&new, &receipt, cleared)).await;
    let third = there(&emulator, &receipt.id).await;
    assert_eq!((&third["assignee"], &third["due_on"], &third["completed"]), (&Value::Null, &Value::Null, &json!(false)));
    bench.close();
}

#[tokio::test]
async fn a_project_without_priorities_takes_the_task_without_one() {
    let (bench, emulator) = bench().await;
    let research = project(&bench, "Research").await;
    let new = item(1, &research, task(bench.now(), "Read the paper"));
    let receipt = push(&bench.session(), &new).await;
    assert_eq!(there(&emulator, &receipt.id).await["priority"], Value::Null);
    assert_eq!(receipt.seen.as_ref().unwrap().get("priority"), "none", "what Asana cannot say is not agreed");
    let raised = linked(&new, &receipt, Task { priority: Priority::Urgent, ..new.item.clone() });
    push(&bench.session(), &raised).await;
    assert_eq!(emulator.count("task.update"), 0, "nothing is sent that Asana could not take");
    bench.close();
}

#[tokio::test]
async fn f58_only_what_changed_here_is_written_and_an_edit_made_there_meanwhile_stays() {
    let (bench, emulator) = bench().await;
    let new = item(1, &project(&bench, "Product").await, task(bench.now(), "Ours"));
    let receipt = push(&bench.session(), &new).await;
    emulator.patch(&format!("/tasks/{}", receipt.id), json!({ "due_on": "2026-03-01" })).await;
    let receipt = push(&bench.session(), &linked(&new, &receipt, Task { text: "Ours, renamed".into(), ..new.item.clone() })).await;
    let now = there(&emulator, &receipt.id).await;
    assert_eq!((&now["name"], &now["due_on"]), (&json!("Ours, renamed"), &json!("2026-03-01")));
    assert_eq!(receipt.seen.unwrap().get("due"), &Value::Null, "their date is still found by the next pull");
    bench.close();
}

#[tokio::test]
async fn only_the_chosen_projects_tasks_are_read_and_an_edit_comes_in_our_words() {
    let (bench, emulator) = bench().await;
    let product = project(&bench, "Product").await;
    let id = new_task(&emulator, "Product", "Of the project").await;
    new_task(&emulator, "Research", "Of another project").await;
    let since = bench.now() - SignedDuration::from_hours(24);
    let walk = contract::reads_from(&bench, &Asana, Some(&product), since, None).await;
    assert_eq!(walk.present().into_iter().collect::<Vec<_>>(), [id.as_str()]);
    Colleague(Arc::clone(&emulator)).change(&id).await;
    emulator.post(&format!("/tasks/{id}/comments"), json!({ "text": "A comment is no change of ours" })).await;
    let news = contract::reads_from(&bench, &Asana, Some(&product), since, Some(walk.end())).await;
    let [Entry::Present(remote)] = news.entries.as_slice() else { panic!("{news:?}") };
    assert_eq!((remote.item.text.as_str(), remote.item.progress, remote.item.priority), ("Renamed", Progress::Done, Priority::Medium));
    let owner = remote.item.owner.clone().unwrap();
    assert_eq!((owner.name.as_deref(), owner.email.as_deref()), (Some("Marketing"), Some("marketing@demo.example")));
    bench.close();
}

#[tokio::test]
async fn a_task_that_is_moved_away_is_not_gone_and_one_that_comes_back_is_told() {
    let (bench, emulator) = bench().await;
    let product = project(&bench, "Product").await;
    let (moved, restored) = (new_task(&emulator, "Product", "Moved").await, new_task(&emulator, "Product", "Restored").await);
    let since = bench.now() - SignedDuration::from_hours(24);
    let walk = contract::reads_from(&bench, &Asana, Some(&product), since, None).await;
    emulator.post(&format!("/tasks/{moved}/move"), json!({ "project": "Research" })).await;
    emulator.delete(&format!("/tasks/{restored}")).await;
    emulator.post(&format!("/tasks/{restored}/restore"), json!({})).await;
    let news = contract::reads_from(&bench, &Asana, Some(&product), since, Some(walk.end())).await;
    assert_eq!(news.entries.iter().map(Entry::id).collect::<Vec<_>>(), [restored.as_str()]);
    assert!(news.present().contains(restored.as_str()));
    assert_eq!(Asana.is_gone(&bench.session(), &moved, Some(&product)).await, Ok(false));
    bench.close();
}

#[tokio::test]
async fn f39_a_token_that_died_and_a_place_on_a_list_that_was_lost_are_expired_cursors() {
    let (bench, emulator) = bench().await;
    let product = project(&bench, "Product").await;
    Colleague(Arc::clone(&emulator)).make(120).await;
    let since = bench.now() - SignedDuration::from_hours(24);
    let walk = contract::reads_from(&bench, &Asana, Some(&product), since, None).await;
    bench.arrangement.advance(SignedDuration::from_hours(25));
    for edge in [&walk.edges[0], walk.end()] {
        let request = PullRequest { cursor: Some(edge), destination: Some(&product), since, now: bench.now() };
        let error = Asana.pull(&bench.session(), &request).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::CursorExpired, "{error:?}");
    }
    bench.close();
}

#[tokio::test]
async fn f40_an_event_that_asana_lost_is_made_good_by_listing_what_was_modified() {
    let (bench, emulator) = bench().await;
    let product = project(&bench, "Product").await;
    let id = new_task(&emulator, "Product", "Old name").await;
    let since = bench.now() - SignedDuration::from_hours(24);
    let walk = contract::reads_from(&bench, &Asana, Some(&product), since, None).await;
    bench.arrangement.advance(SignedDuration::from_hours(1));
    emulator.patch(&format!("/tasks/{id}"), json!({ "name": "New name", "lose_events": true })).await;
    let silent = contract::reads_from(&bench, &Asana, Some(&product), since, Some(walk.end())).await;
    assert!(silent.entries.is_empty(), "{silent:?}");
    bench.arrangement.advance(SignedDuration::from_hours(12));
    let news = contract::reads_from(&bench, &Asana, Some(&product), since, Some(silent.end())).await;
    let [Entry::Present(remote)] = news.entries.as_slice() else { panic!("{news:?}") };
    assert_eq!(remote.item.text, "New name");
    let after = contract::reads_from(&bench, &Asana, Some(&product), since, Some(news.end())).await;
    assert!(after.entries.is_empty(), "{after:?}");
    bench.close();
}

#[tokio::test]
async fn f25_a_spent_minute_says_how_long_to_wait() {
    let (bench, emulator) = bench().await;
    emulator.put("/limits", json!({ "calls": 1 })).await;
    let session = bench.session();
    let mut last = Asana.identify(&session).await;
    for _ in 0..3 {
        last = Asana.identify(&session).await;
    }
    let error = last.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert!(matches!(error.retry, connector_kit::Retry::After(wait) if wait > SignedDuration::ZERO), "{error:?}");
    bench.close();
}

#[tokio::test]
async fn what_asana_cannot_take_is_said_before_it_is_sent() {
    let (bench, emulator) = bench().await;
    let product = project(&bench, "Product").await;
    let mut items = [
        item(4, &product, task(bench.now(), " \n ")),
        item(5, &product, task(bench.now(), "x")),
        item(6, &product, task(bench.now(), "x")),
    ];
    items[1].destination = None;
    items[2].properties.insert("colour".into(), "red".into());
    for result in Asana.push(&bench.session(), &items).await {
        assert_eq!(result.unwrap_err().kind, ErrorKind::Invalid);
    }
    assert_eq!(emulator.count("task.create"), 0);
    let gone = Destination { id: "1".into(), name: "A project of the past".into() };
    let plain = Task { priority: Priority::None, ..task(bench.now(), "x") };
    let results = Asana.push(&bench.session(), &[item(7, &gone, plain)]).await;
    assert!(results[0].is_err(), "{results:?}");
    bench.close();
}

#[tokio::test]
async fn f03_a_refusal_is_no_receipt_where_nothing_was_made() {
    let (bench, emulator) = bench().await;
    let product = project(&bench, "Product").await;
    let stranger = Task { assignee: Some("1".into()), ..task(bench.now(), "For nobody") };
    let error = Asana.push(&bench.session(), &[item(1, &product, stranger)]).await.remove(0).unwrap_err();
    assert_eq!((error.kind, error.may_have_happened, emulator.count("task.create")), (ErrorKind::Invalid, false, 0));
    bench.arrangement.strike("/tasks", Fault::Status { status: 409, retry_after: None }, Some(1));
    let error = Asana.push(&bench.session(), &[item(2, &product, task(bench.now(), "x"))]).await.remove(0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    bench.close();
}

#[tokio::test]
async fn a_webhook_is_made_after_its_handshake_and_a_heartbeat_wakes_nobody() {
    let (bench, emulator) = bench().await;
    let deaf = Mailbox::open().await.unwrap();
    let callback = deaf.address("/hooks/asana/1").parse().unwrap();
    let product = project(&bench, "Product").await;
    let secret = Secret::from("unused");
    let request =
        SubscriptionRequest { callback: &callback, secret: &secret, id: Uuid::nil(), destination: Some(&product), now: bench.now() };
    let error = Asana.subscribe(&bench.session(), &request).await.unwrap_err();
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("handshake"), "{error:?}");

    let asked = delivery(&deaf.letters()[0], Secrets::default());
    let Some(connector_kit::Handshake::Header(name, value)) = Asana.receive(&asked.hook(bench.now())).unwrap().answer else { panic!() };
    assert_eq!(asked.headers.get(name), Some(&value), "the connector's own answer is the one that Asana waits for");

    let mailbox = Mailbox::repeating("x-hook-secret").await.unwrap();
    let subscription = subscribe(&bench, &mailbox).await;
    emulator.post("/heartbeat", json!({})).await;
    let letters = mailbox.wait_for(2).await;
    let beat = delivery(&letters[1], Secrets { app: None, subscription: subscription.secret.clone() });
    assert!(beat.url.contains("?subscription="), "{}", beat.url);
    assert_eq!(Asana.receive(&beat.hook(bench.now())).unwrap().wake, []);
    for _ in 0..2 {
        Asana.unsubscribe(&bench.session(), &subscription).await.unwrap();
    }
    assert_eq!(emulator.get("/webhooks").await, json!([]));
    bench.close();
}
