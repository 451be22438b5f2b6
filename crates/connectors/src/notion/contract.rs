//! Notion against its emulator: its stand for the contract that every connector keeps, and what is Notion's own.

mod bad_input;
mod pages;
mod rows;

use std::sync::Arc;

use connector_kit::contract::{Announces, Bench, Delivery, Editor, Leaves, Proof, Reading, Secrets, SignIn, Stand, Writing};
use connector_kit::{ActivityLog, Connector, Link, Outbound, Receipt, Secret, Sink, TaskBoard, WebhookSource, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::connection::Capability;
use model::record::Kind;
use model::settings::Destination;
use model::{Activity, Associations, Fields, MeetingRef, Priority, Progress};
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};

use super::Notion;
use crate::emulator::{Addresses, Emulator, delivery, outbound};

const ADDRESSES: Addresses =
    Addresses { base: "", authorize: "/v1/oauth/authorize", token: "/v1/oauth/token", revoke: Some("/v1/oauth/revoke") };

async fn bench() -> (Bench, Arc<Emulator>) {
    let emulator = Emulator::start("notion", ADDRESSES).await;
    // The real limit is of the minute, and these tests are faster than people.
    emulator.put("/limits", json!({ "calls": 100_000 })).await;
    (emulator.sign_in(Notion, SignIn::CODE).await, emulator)
}

/// Notion on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator) = bench().await;
    let (meetings, tasks, now) = (database(&bench, "Meetings").await, database(&bench, "Tasks").await, bench.now());
    let reading = Reading {
        capability: Capability::Tasks,
        source: &Notion,
        destination: Some(tasks.clone()),
        path: "/v1/data_sources/",
        editor: Box::new(Colleague(Arc::clone(&emulator))),
        more_than_a_page: 120,
    };
    let pages = Writing {
        capability: Capability::Activities,
        sink: &Notion,
        leaves: Leaves::Object { create: "page.create", delete: "page.delete" },
        path: "/v1/pages",
        item: Box::new(move |n| about(n, &meetings, meeting(now, &format!("Meeting {n}"), "**Agreed:** all.\n\n- one\n- two"))),
        edit: |meeting| Activity { title: "Renamed".into(), body: "Another summary.".into(), ..meeting.clone() },
    };
    let rows = Writing {
        capability: Capability::Tasks,
        sink: &Notion,
        leaves: Leaves::Object { create: "page.create", delete: "page.delete" },
        path: "/v1/pages",
        item: Box::new(move |n| item(n, &tasks, task(now, &format!("Task {n}")))),
        edit: |task| Task { progress: Progress::Done, priority: Priority::Low, ..task.clone() },
    };
    Stand {
        bench,
        identify: "/v1/users/me",
        token_life: SignedDuration::from_hours(1),
        fewest: None,
        reads: vec![Box::new(reading)],
        writes: vec![Box::new(pages), Box::new(rows)],
        announces: Some(Box::new(Colleague(emulator))),
    }
}

/// Somebody who works in Notion.
struct Colleague(Arc<Emulator>);

#[async_trait]
impl Editor for Colleague {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(new_row(&self.0, "Tasks", &format!("Task {number}")).await);
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        let edit = json!({
            "Name": { "title": [{ "text": { "content": "Renamed" } }] },
            "Status": { "status": { "name": "Done" } },
            "Priority": { "select": { "name": "Medium" } },
            "Due": { "date": { "start": "2026-03-01" } },
        });
        self.0.patch(&format!("/pages/{id}"), edit).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.delete(&format!("/pages/{id}")).await;
        true
    }
}

#[async_trait]
impl Announces for Colleague {
    fn proof(&self) -> Proof {
        Proof::Body { header: "x-notion-signature" }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Tasks]
    }

    async fn deliver(&self, _bench: &Bench) -> Delivery {
        let mailbox = Mailbox::open().await.unwrap();
        let token = verified(&self.0, &mailbox).await;
        new_row(&self.0, "Tasks", "Told at once").await;
        let letters = mailbox.wait_for(2).await;
        delivery(&letters[1], Secrets { app: Some(token), subscription: None })
    }
}

/// Subscribes in the integration's settings and brings the token back, as an operator does.
async fn verified(emulator: &Emulator, mailbox: &Mailbox) -> Secret {
    emulator.post("/subscription", json!({ "url": mailbox.address("/hooks/notion") })).await;
    let first: Value = serde_json::from_slice(&mailbox.letters()[0].body).unwrap();
    let token = first["verification_token"].as_str().unwrap().to_owned();
    emulator.post("/subscription/verify", json!({ "token": token })).await;
    Secret::new(token)
}

async fn database(bench: &Bench, name: &str) -> Destination {
    let all = <Notion as Sink<Task>>::destinations(&Notion, &bench.session()).await.unwrap();
    all.into_iter().find(|one| one.name == name).unwrap()
}

async fn new_row(emulator: &Emulator, database: &str, title: &str) -> String {
    let properties = json!({ "Name": { "title": [{ "text": { "content": title } }] } });
    let made = emulator.post("/pages", json!({ "source": database, "properties": properties })).await;
    made["id"].as_str().unwrap().to_owned()
}

/// A page as Notion shows it to people.
async fn there(emulator: &Emulator, id: &str) -> Value {
    emulator.get(&format!("/pages/{id}")).await
}

fn item(n: u8, place: &Destination, item: Task) -> Outbound<Task> {
    Outbound { destination: Some(place.clone()), ..outbound(Kind::ActionItem, n, item) }
}

fn about(n: u8, place: &Destination, item: Activity) -> Outbound<Activity> {
    Outbound { destination: Some(place.clone()), ..outbound(Kind::Meeting, n, item) }
}

async fn push<T: Send + Sync + 'static>(bench: &Bench, item: &Outbound<T>) -> connector_kit::Result<Receipt>
where
    Notion: Sink<T>,
{
    Notion.push(&bench.session(), std::slice::from_ref(item)).await.remove(0)
}

/// As the engine links: what was sent counts as agreed, and of what was sent the tool's own form.
fn linked<T: Clone + serde::Serialize>(before: &Outbound<T>, receipt: &Receipt, item: T) -> Outbound<T> {
    let sent = Fields::of(&before.item);
    let mut base = sent.clone();
    for (name, value) in receipt.seen.iter().flat_map(Fields::iter).filter(|(name, _)| before.sends(name, sent.get(name))) {
        base.set(name, value.clone());
    }
    let link = Link { id: receipt.id.clone(), version: receipt.version.clone(), url: receipt.url.clone(), base };
    Outbound { link: Some(link), item, ..before.clone() }
}

fn reference(now: Timestamp) -> MeetingRef {
    MeetingRef {
        id: "mtg_00000000000000000000000000000001".parse().unwrap(),
        title: "Kick-off".into(),
        start: now,
        url: "http://127.0.0.1:8080/meetings/1".into(),
    }
}

fn task(now: Timestamp, text: &str) -> Task {
    Task {
        text: text.into(),
        context: Some("We said <so>.".into()),
        from: Some(reference(now)),
        priority: Priority::High,
        ..Task::default()
    }
}

fn meeting(now: Timestamp, title: &str, body: &str) -> Activity {
    Activity {
        title: title.into(),
        start: now,
        end: now + SignedDuration::from_mins(30),
        body: body.into(),
        location: None,
        join_url: None,
        cancelled: false,
        owner: None,
        associations: Associations::default(),
    }
}

#[tokio::test]
async fn signs_in_and_knows_the_workspace_the_shared_databases_and_the_people() {
    let (bench, emulator) = bench().await;
    let (session, there) = (bench.session(), emulator.get("/workspace").await);
    let account = Notion.identify(&session).await.unwrap();
    assert_eq!((json!(account.id), account.name.as_str()), (there["id"].clone(), "Demo"));
    let names = |all: Vec<Destination>| all.into_iter().map(|one| one.name).collect::<Vec<_>>();
    assert_eq!(names(<Notion as Sink<Activity>>::destinations(&Notion, &session).await.unwrap()), ["Meetings", "Tasks"], "what was shared");
    let members = Notion.members(&session).await.unwrap();
    assert!(members.iter().any(|member| member.email.as_deref() == Some("marketing@demo.example")), "{members:?}");
    let query = connector_kit::AssociationQuery { emails: vec!["marketing@demo.example".into()], domains: Vec::new(), at: bench.now() };
    assert_eq!(Notion.associations(&session, &query).await, Ok(Associations::default()));
    bench.close();
}

#[tokio::test]
async fn a_long_list_of_databases_is_read_to_its_end() {
    let (bench, emulator) = bench().await;
    for number in 0..120 {
        emulator.post("/sources", json!({ "title": format!("Database {number:03}"), "properties": {} })).await;
    }
    let all = <Notion as Sink<Task>>::destinations(&Notion, &bench.session()).await.unwrap();
    assert_eq!((all.len(), all[119].name.as_str(), all[121].name.as_str()), (122, "Database 119", "Tasks"));
    bench.close();
}

#[tokio::test]
async fn f50_an_event_that_is_sent_again_is_known_by_its_id() {
    let (bench, emulator) = bench().await;
    let mailbox = Mailbox::with_reader(Arc::new(|_| (200, "text/plain", String::new()))).await.unwrap();
    let token = verified(&emulator, &mailbox).await;
    let secrets = || Secrets { app: Some(token.clone()), subscription: None };
    let handshake = delivery(&mailbox.letters()[0], secrets());
    let hints = Notion.receive(&handshake.hook(bench.now())).unwrap();
    assert!(
        hints.answer.is_some() && hints.wake.is_empty() && hints.delivery.is_none(),
        "the token that is configured verifies the address"
    );
    let unknown = delivery(&mailbox.letters()[0], Secrets { app: Some(Secret::from("another")), subscription: None });
    assert_eq!(Notion.receive(&unknown.hook(bench.now())).unwrap().entrusted, Some(token.clone()), "another one is kept for a person");

    let id = new_row(&emulator, "Tasks", "Told").await;
    emulator.delete(&format!("/pages/{id}")).await;
    let letters = mailbox.wait_for(3).await;
    let hints: Vec<_> = letters[1..].iter().map(|letter| Notion.receive(&delivery(letter, secrets()).hook(bench.now())).unwrap()).collect();
    let account = Notion.identify(&bench.session()).await.unwrap().id;
    assert!(hints.iter().all(|hints| hints.account.as_ref() == Some(&account) && hints.wake == [Capability::Tasks]), "{hints:?}");
    assert_ne!(hints[0].delivery, hints[1].delivery);
    bench.close();
}
