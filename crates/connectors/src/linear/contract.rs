//! Linear against its emulator: its stand for the contract that every connector keeps, and what is Linear's own.

use std::sync::Arc;

use connector_kit::contract::{self, Announces, Bench, Delivery, Editor, Leaves, Proof, Reading, Secrets, SignIn, Stand, Writing};
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{Connector, ErrorKind, Link, Outbound, Receipt, Secret, Session, Sink, TaskBoard, WebhookSource, async_trait};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::connection::Capability;
use model::record::Kind;
use model::settings::Destination;
use model::{Fields, MeetingRef, Person, Priority, Progress};
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Linear;
use crate::emulator::{Addresses, Emulator, delivery, outbound};

const ADDRESSES: Addresses = Addresses { base: "", authorize: "/oauth/authorize", token: "/oauth/token", revoke: Some("/oauth/revoke") };

async fn bench(sign_in: SignIn) -> (Bench, Arc<Emulator>) {
    let emulator = Emulator::start("linear", ADDRESSES).await;
    (emulator.sign_in(Linear, sign_in).await, emulator)
}

/// Linear on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let team = team(&bench).await;
    let now = bench.now();
    let destination = Some(team.clone());
    let reading = Reading {
        capability: Capability::Tasks,
        source: &Linear,
        destination,
        path: "/graphql",
        editor: Box::new(Colleague(Arc::clone(&emulator))),
        more_than_a_page: 60,
    };
    let writing = Writing {
        capability: Capability::Tasks,
        sink: &Linear,
        leaves: Leaves::Object { create: "issue.create", delete: "issue.delete" },
        path: "/graphql",
        item: Box::new(move |n| item(n, &team, task(now, &format!("Task {n}")))),
        edit: |task| Task { progress: Progress::Done, priority: Priority::Urgent, ..task.clone() },
    };
    Stand {
        bench,
        identify: "/graphql",
        token_life: SignedDuration::from_hours(24),
        fewest: Some(&["read"]),
        reads: vec![Box::new(reading)],
        writes: vec![Box::new(writing)],
        announces: Some(Box::new(Colleague(emulator))),
    }
}

/// Somebody who works in Linear.
struct Colleague(Arc<Emulator>);

#[async_trait]
impl Editor for Colleague {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(new_issue(&self.0, "DEMO", &format!("Issue {number}")).await);
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        self.0.post("/issues/edit", json!({ "id": id, "title": "Renamed", "state": "Done" })).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.0.post("/issues/delete", json!({ "id": id })).await;
        true
    }
}

#[async_trait]
impl Announces for Colleague {
    fn proof(&self) -> Proof {
        Proof::Signature { header: "linear-signature", time: None }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Tasks]
    }

    /// By the app's own webhook, which serves every sign-in without the admin scope.
    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = Mailbox::open().await.unwrap();
        let callback = mailbox.address("/hooks/linear/1").parse().unwrap();
        let secret = Secret::from("unused");
        let request = SubscriptionRequest { callback: &callback, secret: &secret, id: Uuid::nil(), destination: None, now: bench.now() };
        assert_eq!(Linear.subscribe(&bench.session(), &request).await, Ok(None));
        let app = json!({ "url": callback, "secret": "the-apps-secret", "resource_types": ["Issue", "Comment"] });
        self.0.post("/app-webhook", app).await;
        new_issue(&self.0, "DEMO", "Told at once").await;
        let letters = mailbox.wait_for(1).await;
        delivery(&letters[0], Secrets { app: Some(Secret::from("the-apps-secret")), subscription: None })
    }
}

async fn team(bench: &Bench) -> Destination {
    let teams = Linear.destinations(&bench.session()).await.unwrap();
    teams.into_iter().find(|team| team.name == "Product").unwrap()
}

fn item(n: u8, team: &Destination, item: Task) -> Outbound<Task> {
    Outbound { destination: Some(team.clone()), ..outbound(Kind::ActionItem, n, item) }
}

async fn push(session: &Session, item: &Outbound<Task>) -> Receipt {
    Linear.push(session, std::slice::from_ref(item)).await.remove(0).unwrap()
}

fn task(now: Timestamp, text: &str) -> Task {
    let meeting = MeetingRef {
        id: "mtg_00000000000000000000000000000001".parse().unwrap(),
        title: "Kick-off [1]".into(),
        start: now,
        url: "http://127.0.0.1:8080/meetings/1".into(),
    };
    Task { text: text.into(), context: Some("We said *so*.".into()), from: Some(meeting), priority: Priority::High, ..Task::default() }
}

#[tokio::test]
async fn signs_in_and_knows_the_workspace() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let account = Linear.identify(&bench.session()).await.unwrap();
    assert_eq!((account.name.as_str(), &json!(account.id)), ("Demo", &emulator.get("/organization").await["id"]));
    assert_eq!(bench.granted().await.unwrap(), ["read", "write"], "least privilege");
    let members = Linear.members(&bench.session()).await.unwrap();
    assert!(members.iter().any(|member| member.email.as_deref() == Some("marketing@demo.example")));
    bench.close();
}

#[tokio::test]
async fn f26_a_spent_budget_is_told_with_status_400() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    emulator.post("/limits", json!({ "requests": 0, "complexity": 0 })).await;
    let error = Linear.identify(&bench.session()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited, "{error:?}");
    bench.close();
}

async fn new_issue(emulator: &Emulator, team: &str, title: &str) -> String {
    emulator.post("/issues", json!({ "team": team, "title": title })).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn only_the_chosen_teams_issues_are_read_and_an_edit_comes_in_our_words() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let team = team(&bench).await;
    let id = new_issue(&emulator, "DEMO", "Of the team").await;
    new_issue(&emulator, "RES", "Of another team").await;
    let since = bench.now() - SignedDuration::from_hours(24);
    let walk = contract::reads_from(&bench, &Linear, Some(&team), since, None).await;
    assert_eq!(walk.present().into_iter().collect::<Vec<_>>(), [id.as_str()]);
    Colleague(Arc::clone(&emulator)).change(&id).await;
    let news = contract::reads_from(&bench, &Linear, Some(&team), since, Some(walk.end())).await;
    let [connector_kit::Entry::Present(remote)] = news.entries.as_slice() else { panic!("{news:?}") };
    assert_eq!((remote.item.text.as_str(), remote.item.progress), ("Renamed", Progress::Done));
    bench.close();
}

async fn issue(emulator: &Emulator, id: &str) -> Value {
    let issues = emulator.get("/issues").await;
    issues["issues"].as_array().unwrap().iter().find(|issue| issue["id"] == id).unwrap().clone()
}

#[tokio::test]
async fn an_issue_says_all_that_the_task_says_and_keeps_one_link_to_its_meeting() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let (team, session) = (team(&bench).await, bench.session());
    let members = Linear.members(&session).await.unwrap();
    let designer = members.iter().find(|member| member.name == "Industrial Designer").unwrap();
    let new = item(1, &team, task(bench.now(), "  Choose a\ncase material "));
    let receipt = push(&session, &new).await;
    assert_eq!(receipt.id, new.key.to_string(), "the id is ours");
    let owner = Person { name: Some("ID".into()), email: designer.email.clone(), phone: None };
    let edited = Task {
        owner: Some(owner),
        assignee: Some(designer.id.clone()),
        due: Some(jiff::civil::date(2026, 2, 1)),
        progress: Progress::Done,
        priority: Priority::Urgent,
        ..new.item.clone()
    };
    let base = receipt.seen.unwrap_or_else(|| Fields::of(&new.item));
    let link = Link { id: receipt.id, version: receipt.version, url: receipt.url, base };
    let receipt = push(&session, &Outbound { link: Some(link), item: edited, ..new }).await;
    let there = issue(&emulator, &receipt.id).await;
    assert_eq!(there["title"], "Choose a case material");
    assert_eq!((&there["state"], &there["priority"], &there["due_date"]), (&json!("Done"), &json!(1), &json!("2026-02-01")));
    assert_eq!(there["assignee"], "industrial.designer@demo.example");
    assert_eq!(there["attachments"], json!(["http://127.0.0.1:8080/meetings/1"]), "one link to the meeting, however often it is sent");
    assert!(there["description"].as_str().unwrap().contains("From meeting: [Kick-off \\[1\\]]"), "{there}");
    assert_eq!(receipt.seen.unwrap().get("owner")["name"], "Industrial Designer", "the receipt tells Linear's form");
    bench.close();
}

#[tokio::test]
async fn f03_what_a_lost_answer_cut_off_is_completed() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let new = item(2, &team(&bench).await, task(bench.now(), "Broken off"));
    bench.arrangement.strike("/graphql", contract::Fault::Lost, Some(1));
    assert!(Linear.push(&bench.session(), std::slice::from_ref(&new)).await[0].as_ref().unwrap_err().may_have_happened);
    let id = new.key.to_string();
    assert_eq!(issue(&emulator, &id).await["attachments"], json!([]));
    push(&bench.session(), &new).await;
    assert_eq!(issue(&emulator, &id).await["attachments"].as_array().unwrap().len(), 1);
    bench.close();
}

#[tokio::test]
async fn what_linear_cannot_take_is_said_before_it_is_sent() {
    let (bench, _emulator) = bench(SignIn::CODE).await;
    let team = team(&bench).await;
    let mut items =
        [item(4, &team, task(bench.now(), " \n ")), item(5, &team, task(bench.now(), "x")), item(6, &team, task(bench.now(), "x"))];
    items[1].destination = None;
    items[2].properties.insert("colour".into(), "red".into());
    for result in Linear.push(&bench.session(), &items).await {
        assert_eq!(result.unwrap_err().kind, ErrorKind::Invalid);
    }
    let gone = Destination { id: Uuid::nil().to_string(), name: "A team of the past".into() };
    let results = Linear.push(&bench.session(), &[item(7, &gone, task(bench.now(), "x"))]).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn an_admins_subscription_is_made_once_and_proves_itself_by_its_own_secret() {
    let (bench, emulator) = bench(SignIn::Code { also: &["admin"] }).await;
    let mailbox = Mailbox::open().await.unwrap();
    let callback = mailbox.address("/hooks/linear/1").parse().unwrap();
    let team = team(&bench).await;
    let secret = Secret::from("a-secret-of-ours");
    let id = uuid::Builder::from_random_bytes([9; 16]).into_uuid();
    let request = SubscriptionRequest { callback: &callback, secret: &secret, id, destination: Some(&team), now: bench.now() };
    let subscription = Linear.subscribe(&bench.session(), &request).await.unwrap().unwrap();
    let again = Linear.subscribe(&bench.session(), &request).await.unwrap().unwrap();
    assert_eq!(subscription, again, "subscribing twice is one webhook");
    new_issue(&emulator, "DEMO", "Told at once").await;
    let secrets = Secrets { app: None, subscription: subscription.secret.clone() };
    let delivery = delivery(&mailbox.wait_for(1).await[0], secrets);
    let hints = Linear.receive(&delivery.hook(bench.now())).unwrap();
    assert!(hints.wake == [Capability::Tasks] && hints.delivery.is_some(), "{hints:?}");
    for _ in 0..2 {
        Linear.unsubscribe(&bench.session(), &subscription).await.unwrap();
    }
    bench.close();
}
