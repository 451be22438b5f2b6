//! Linear against its emulator: the contract that every connector keeps, and what is Linear's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Arrangement, Bench, Secrets, SignIn, Writing};
use connector_kit::outbound::Edit;
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    Connector, EffectClass, Entry, ErrorKind, InboundHook, Outbound, Result, Secret, Session, Sink, TaskBoard, WebhookSource,
};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::connection::Capability;
use model::settings::Destination;
use model::{Fields, MeetingRef, Person, Priority, Progress};
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Linear;
use crate::emulator::{Addresses, Emulator};

const ADDRESSES: Addresses = Addresses { base: "", authorize: "/oauth/authorize", token: "/oauth/token", revoke: Some("/oauth/revoke") };

async fn bench(sign_in: SignIn) -> (Bench, Arc<Emulator>) {
    let emulator = Emulator::start("linear", ADDRESSES).await;
    let arrangement: Arc<dyn Arrangement> = Arc::clone(&emulator) as _;
    (Bench::open(Arc::new(Linear), arrangement, sign_in).await, emulator)
}

async fn identify(session: &Session) -> Result<()> {
    Linear.identify(session).await.map(|_| ())
}

async fn team(bench: &Bench) -> Destination {
    let teams = Linear.destinations(&bench.session()).await.unwrap();
    teams.into_iter().find(|team| team.name == "Product").unwrap()
}

fn item(key: u128, destination: &Destination, item: Task) -> Outbound<Task> {
    Outbound {
        key: uuid::Builder::from_random_bytes(key.to_be_bytes()).into_uuid(),
        record: "act_00000000000000000000000000000001".parse().unwrap(),
        item,
        link: None,
        edit: Edit::InPlace,
        destination: Some(destination.clone()),
        properties: BTreeMap::new(),
    }
}

fn task(bench: &Bench, text: &str) -> Task {
    let meeting = MeetingRef {
        id: "mtg_00000000000000000000000000000001".parse().unwrap(),
        title: "Kick-off [1]".into(),
        start: bench.now(),
        url: "http://127.0.0.1:8080/meetings/1".into(),
    };
    Task { text: text.into(), context: Some("We said *so*.".into()), from: Some(meeting), priority: Priority::High, ..Task::default() }
}

const WRITING: Writing<'static, Task> =
    Writing { sink: &Linear, effect: EffectClass::ChosenId, creates: &["issue.create"], deletes: &["issue.delete"], path: "/graphql" };

#[tokio::test]
async fn signs_in_and_knows_the_workspace() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let account = Linear.identify(&bench.session()).await.unwrap();
    assert_eq!((account.name.as_str(), &json!(account.id)), ("Demo", &emulator.get("/organization").await["id"]));
    assert_eq!(bench.granted().await.unwrap(), ["read", "write"], "least privilege");
    contract::denial_comes_back_as_denial(&bench).await;
    let members = Linear.members(&bench.session()).await.unwrap();
    assert!(members.iter().any(|member| member.email.as_deref() == Some("marketing@demo.example")));
    bench.close();
}

#[tokio::test]
async fn f24_f28_f33_f34_failures_have_their_kinds() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    contract::failures_have_their_kinds(&bench, "/graphql", identify).await;
    contract::a_refused_token_is_renewed_once(&bench, "/graphql", identify).await;
    emulator.post("/limits", json!({ "requests": 0, "complexity": 0 })).await;
    let error = identify(&bench.session()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited, "with status 400: {error:?}");
    bench.close();
}

#[tokio::test]
async fn f31_a_revoked_sign_in_is_unauthorized() {
    let (bench, _emulator) = bench(SignIn::CODE).await;
    contract::a_revoked_sign_in_is_unauthorized(&bench, Some(SignedDuration::from_hours(25)), identify).await;
    bench.close();
}

async fn new_issue(emulator: &Emulator, team: &str, title: &str) -> String {
    emulator.post("/issues", json!({ "team": team, "title": title })).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn f40_pages_end_resume_and_lose_nothing() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let team = team(&bench).await;
    let mut of_team = Vec::new();
    for number in 0..120 {
        of_team.push(new_issue(&emulator, "DEMO", &format!("Issue {number}")).await);
    }
    new_issue(&emulator, "RES", "Of another team").await;
    let since = bench.now() - SignedDuration::from_hours(24);
    let walk = contract::pages_end_and_resume(&bench, &Linear, Some(&team), since).await;
    assert_eq!(walk.edges.len(), 3, "120 issues on pages of 50");
    assert_eq!(walk.present().len(), 120, "only the chosen team's");
    let again = contract::reads_from(&bench, &Linear, Some(&team), since, Some(walk.end())).await;
    assert!(again.entries.is_empty(), "what the overlap repeats was told before");

    emulator.post("/issues/edit", json!({ "id": of_team[3], "title": "Renamed", "state": "Done" })).await;
    emulator.post("/issues/delete", json!({ "id": of_team[4] })).await;
    let news = contract::reads_from(&bench, &Linear, Some(&team), since, Some(walk.end())).await;
    let gone = |entry: &Entry<Task>| matches!(entry, Entry::Gone { id } if *id == of_team[4]);
    assert!(news.entries.iter().any(gone), "the trash is a tombstone");
    let renamed = news.entries.iter().find_map(|entry| match entry {
        Entry::Present(remote) if remote.id == of_team[3] => Some(&remote.item),
        _ => None,
    });
    let renamed = renamed.expect("the edit is seen");
    assert_eq!((renamed.text.as_str(), renamed.progress), ("Renamed", Progress::Done));
    assert_eq!(news.entries.len(), 2, "and nothing else");
    bench.close();
}

async fn issue(emulator: &Emulator, id: &str) -> Value {
    let issues = emulator.get("/issues").await;
    issues["issues"].as_array().unwrap().iter().find(|issue| issue["id"] == id).unwrap().clone()
}

#[tokio::test]
async fn f04_writing_twice_is_one_issue() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let team = team(&bench).await;
    let members = Linear.members(&bench.session()).await.unwrap();
    let designer = members.iter().find(|member| member.name == "Industrial Designer").unwrap();
    let new = item(1, &team, task(&bench, "  Choose a\ncase material "));
    let owner = Person { name: Some("ID".into()), email: designer.email.clone(), phone: None };
    let edited = Task {
        owner: Some(owner),
        assignee: Some(designer.id.clone()),
        due: Some(jiff::civil::date(2026, 2, 1)),
        progress: Progress::Done,
        priority: Priority::Urgent,
        ..new.item.clone()
    };
    let receipt = contract::writing_twice_is_one_object(&bench, &WRITING, &new, &Fields::of(&new.item), &edited).await;
    assert_eq!(receipt.id, new.key.to_string(), "the id is ours");
    let there = issue(&emulator, &receipt.id).await;
    assert_eq!(there["title"], "Choose a case material");
    assert_eq!((&there["state"], &there["priority"], &there["due_date"]), (&json!("Done"), &json!(1), &json!("2026-02-01")));
    assert_eq!(there["assignee"], "industrial.designer@demo.example");
    assert_eq!(there["attachments"], json!(["http://127.0.0.1:8080/meetings/1"]), "one link to the meeting, however often it is sent");
    assert!(there["description"].as_str().unwrap().contains("From meeting: [Kick-off \\[1\\]]"), "{there}");
    assert_eq!(receipt.seen.unwrap().get("owner")["name"], "Industrial Designer", "the receipt tells Linear's form");
    contract::deleting_twice_is_fine(&bench, &WRITING, &receipt.id).await;
    bench.close();
}

#[tokio::test]
async fn f03_f32_a_lost_answer_makes_no_second_issue() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let team = team(&bench).await;
    let (broken, killed) = (item(2, &team, task(&bench, "Broken off")), item(3, &team, task(&bench, "Killed")));
    contract::a_lost_answer_makes_no_second_object(&bench, &WRITING, &broken, &killed).await;
    for item in [broken, killed] {
        let there = issue(&emulator, &item.key.to_string()).await;
        assert_eq!(there["attachments"].as_array().unwrap().len(), 1, "what the lost answer cut off is completed");
    }
    bench.close();
}

#[tokio::test]
async fn what_linear_cannot_take_is_said_before_it_is_sent() {
    let (bench, _emulator) = bench(SignIn::CODE).await;
    let team = team(&bench).await;
    let mut items = [item(4, &team, task(&bench, " \n ")), item(5, &team, task(&bench, "x")), item(6, &team, task(&bench, "x"))];
    items[1].destination = None;
    items[2].properties.insert("colour".into(), "red".into());
    for result in Linear.push(&bench.session(), &items).await {
        assert_eq!(result.unwrap_err().kind, ErrorKind::Invalid);
    }
    let gone = Destination { id: Uuid::nil().to_string(), name: "A team of the past".into() };
    let results = Linear.push(&bench.session(), &[item(7, &gone, task(&bench, "x"))]).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

fn hook<'a>(letter: &'a sandbox::mailbox::Letter, now: Timestamp, secrets: &'a Secrets) -> InboundHook<'a> {
    InboundHook {
        method: &letter.method,
        url: &letter.url,
        headers: &letter.headers,
        body: &letter.body,
        now,
        app_secret: secrets.app.as_ref(),
        subscription_secret: secrets.subscription.as_ref(),
    }
}

#[tokio::test]
async fn f50_f51_webhooks_prove_their_sender() {
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
    let letters = mailbox.wait_for(1).await;
    let secrets = Secrets { app: None, subscription: subscription.secret.clone() };
    let hints = contract::webhooks_prove_their_sender(&Linear, &hook(&letters[0], bench.now(), &secrets), "linear-signature");
    assert_eq!(hints.wake, [Capability::Tasks]);
    assert_eq!(hints.account.as_deref(), Some(Linear.identify(&bench.session()).await.unwrap().id.as_str()));
    assert!(hints.delivery.is_some() && hints.answer.is_none() && !hints.revoked);
    Linear.unsubscribe(&bench.session(), &subscription).await.unwrap();
    Linear.unsubscribe(&bench.session(), &subscription).await.unwrap();
    bench.close();
}

#[tokio::test]
async fn without_the_admin_scope_the_apps_own_webhook_serves() {
    let (bench, emulator) = bench(SignIn::CODE).await;
    let mailbox = Mailbox::open().await.unwrap();
    let callback = mailbox.address("/hooks/linear/1").parse().unwrap();
    let secret = Secret::from("unused");
    let request = SubscriptionRequest { callback: &callback, secret: &secret, id: Uuid::nil(), destination: None, now: bench.now() };
    assert_eq!(Linear.subscribe(&bench.session(), &request).await, Ok(None));
    let app = json!({ "url": callback, "secret": "the-apps-secret", "resource_types": ["Issue", "Comment"] });
    emulator.post("/app-webhook", app).await;
    new_issue(&emulator, "DEMO", "Told at once").await;
    let letters = mailbox.wait_for(1).await;
    let secrets = Secrets { app: Some(Secret::from("the-apps-secret")), subscription: None };
    let hints = contract::webhooks_prove_their_sender(&Linear, &hook(&letters[0], bench.now(), &secrets), "linear-signature");
    assert_eq!(hints.wake, [Capability::Tasks]);
    bench.close();
}
