//! Slack against its emulator: the contract that every connector keeps, and what is Slack's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{self, Arrangement, Bench, Fault, SignIn, Writing};
use connector_kit::{
    Connector, Edit, EffectClass, ErrorKind, Hints, InboundHook, Link, Outbound, Receipt, Result, Secret, Session, Sink, WebhookSource,
};
use jiff::SignedDuration;
use model::message::{Block, Message};
use model::settings::Destination;
use model::{Env, Fields, RecordId};
use sandbox::mailbox::{Letter, Mailbox};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Slack;
use crate::emulator::{Addresses, Emulator};

const WHO: &str = "project.manager@demo.example";

const ADDRESSES: Addresses =
    Addresses { base: "/api", authorize: "/oauth/v2/authorize", token: "/api/oauth.v2.access", revoke: Some("/api/auth.revoke") };
const WRITING: Writing<'static, Message> = Writing {
    sink: &Slack,
    effect: EffectClass::Marker { lag_seconds: 5 },
    creates: &["message.create"],
    deletes: &["message.delete"],
    path: "/chat.postMessage",
};

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("slack", ADDRESSES).await;
    let arrangement: Arc<dyn Arrangement> = Arc::clone(&emulator) as _;
    let bench = Bench::open(Arc::new(Slack), arrangement, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

async fn identify(session: &Session) -> Result<()> {
    Slack.identify(session).await.map(drop)
}

async fn place(session: &Session, name: &str) -> Destination {
    let all = Slack.destinations(session).await.unwrap();
    all.into_iter().find(|destination| destination.name == name).unwrap_or_else(|| panic!("{name} is not to be chosen"))
}

fn item(destination: &Destination, texts: &[String]) -> Outbound<Message> {
    let blocks = texts.iter().map(|text| Block::Text { text: text.clone() }).collect();
    let env: &dyn Env = &model::env::Simulated::new(jiff::Timestamp::UNIX_EPOCH, 1);
    Outbound {
        key: Uuid::new_v4(),
        record: RecordId::new(model::Kind::Meeting, env),
        item: Message { fallback: "Summary".to_owned(), blocks, about: None },
        link: None,
        edit: Edit::InPlace,
        destination: Some(destination.clone()),
        properties: BTreeMap::new(),
    }
}

async fn push(session: &Session, item: &Outbound<Message>) -> Result<Receipt> {
    let mut results = Slack.push(session, std::slice::from_ref(item)).await;
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// The item as the engine pushes it next: linked, with another text.
fn next(item: &Outbound<Message>, receipt: &Receipt, texts: &[String]) -> Outbound<Message> {
    let link = Link { id: receipt.id.clone(), version: None, url: receipt.url.clone(), base: Fields::of(&item.item) };
    let blocks = texts.iter().map(|text| Block::Text { text: text.clone() }).collect();
    Outbound { link: Some(link), item: Message { blocks, ..item.item.clone() }, ..item.clone() }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn long(word: &str, parts: usize) -> Vec<String> {
    (0..parts * 4).map(|n| format!("{word}{n} ").repeat(2_900 / (word.len() + 3))).collect()
}

/// What people see in a channel, replies among the rest.
async fn seen(emulator: &Emulator, receipt: &Receipt) -> Vec<Value> {
    let channel = receipt.id.split('/').next().unwrap();
    let mut answer = emulator.get(&format!("/messages?channel={channel}")).await;
    answer["messages"].take().as_array().unwrap().clone()
}

fn created(emulator: &Emulator) -> usize {
    emulator.effects().iter().filter(|effect| effect.action == "message.create").count()
}

#[tokio::test]
async fn the_workspace_is_known() {
    let (bench, emulator, session) = start().await;
    let account = Slack.identify(&session).await.unwrap();
    let workspace = emulator.get("/workspace").await;
    assert_eq!((json!(account.id), account.name.as_str()), (workspace["team_id"].clone(), "Demo Organisation"));
    bench.close();
}

#[tokio::test]
async fn channels_and_people_are_to_be_chosen_but_no_bots_and_nothing_closed() {
    let (bench, _emulator, session) = start().await;
    let names: Vec<String> = Slack.destinations(&session).await.unwrap().into_iter().map(|place| place.name).collect();
    for there in ["#general", "#meetings", "Project Manager", "Marketing"] {
        assert!(names.iter().any(|name| name == there), "{there} of {names:?}");
    }
    for absent in ["#old-project", "#leadership", "Slackbot", "Harmony", "Former Colleague"] {
        assert!(!names.iter().any(|name| name == absent), "{absent}");
    }
    bench.close();
}

#[tokio::test]
async fn a_message_is_posted_changed_and_deleted() {
    let (bench, emulator, session) = start().await;
    let general = place(&session, "#general").await;
    let first = item(&general, &texts(&["one & <two>"]));
    let receipt = push(&session, &first).await.unwrap();
    assert!(receipt.url.as_ref().unwrap().contains("/archives/"), "the app joined #general to post there");
    let second = next(&first, &receipt, &texts(&["three"]));
    assert_eq!(push(&session, &second).await.unwrap().id, receipt.id);
    assert_eq!(push(&session, &second).await.unwrap().id, receipt.id, "an update may be repeated");
    let messages = seen(&emulator, &receipt).await;
    assert_eq!((messages.len(), &messages[0]["blocks"][0]["text"]["text"]), (1, &json!("three")));
    assert!(Slack.find(&session, &second).await.unwrap().is_some());
    assert!(Slack.find(&session, &next(&first, &receipt, &texts(&["four"]))).await.unwrap().is_none(), "that form never arrived");
    for _ in 0..2 {
        Slack.delete(&session, &receipt.id).await.unwrap();
    }
    assert!(seen(&emulator, &receipt).await.is_empty());
    assert_eq!(push(&session, &second).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn f03_a_lost_answer_is_found_by_its_marker() {
    let (bench, emulator, session) = start().await;
    let meetings = place(&session, "#meetings").await;
    for n in 0..12 {
        let talk = json!({"channel": "meetings", "user": WHO, "text": format!("talk {n}")});
        emulator.post("/messages", talk).await;
    }
    for fault in [Fault::Lost, Fault::Cut, Fault::Garbage, Fault::Empty] {
        let message = item(&meetings, &texts(&["once"]));
        let before = created(&emulator);
        assert!(Slack.find(&session, &message).await.unwrap().is_none());
        emulator.strike("/chat.postMessage", fault.clone(), Some(1));
        assert!(push(&session, &message).await.unwrap_err().may_have_happened, "{fault:?}");
        let found = Slack.find(&session, &message).await.unwrap().unwrap();
        assert_eq!(created(&emulator) - before, 1);
        assert_eq!(push(&session, &next(&message, &found, &texts(&["twice"]))).await.unwrap().id, found.id);
    }
    let other = item(&place(&session, "#sales").await, &texts(&["never sent"]));
    assert!(Slack.find(&session, &other).await.unwrap().is_none(), "looked for where the app was not before");
    bench.close();
}

#[tokio::test]
async fn b26_a_long_message_goes_on_in_its_thread_and_is_completed_changed_and_deleted_whole() {
    let (bench, emulator, session) = start().await;
    let message = item(&place(&session, "#meetings").await, &long("a", 4));
    let parts = super::map::parts(&message.item).len();
    assert!(parts >= 4);
    emulator.strike("/chat.postMessage", Fault::Cut, Some(1));
    assert!(push(&session, &message).await.unwrap_err().may_have_happened);
    assert_eq!(created(&emulator), 1, "the rest is still to come");
    let receipt = Slack.find(&session, &message).await.unwrap().unwrap();
    assert_eq!(Slack.find(&session, &message).await.unwrap().unwrap(), receipt);
    let messages = seen(&emulator, &receipt).await;
    assert_eq!((messages.len(), created(&emulator)), (parts, parts));
    assert!(messages[1..].iter().all(|reply| reply["thread_ts"] == messages[0]["ts"]));

    let shorter = next(&message, &receipt, &long("b", 2));
    push(&session, &shorter).await.unwrap();
    let left = seen(&emulator, &receipt).await;
    assert_eq!(left.len(), super::map::parts(&shorter.item).len());
    assert!(left.iter().all(|message| message["blocks"][0]["text"]["text"].as_str().unwrap().starts_with('b')));
    let short = next(&shorter, &receipt, &texts(&["c"]));
    push(&session, &short).await.unwrap();
    assert_eq!(seen(&emulator, &receipt).await.len(), 1);
    push(&session, &next(&short, &receipt, &long("d", 3))).await.unwrap();
    Slack.delete(&session, &receipt.id).await.unwrap();
    assert!(seen(&emulator, &receipt).await.is_empty());
    bench.close();
}

#[tokio::test]
async fn later_forms_go_into_the_thread_when_asked_and_each_once() {
    let (bench, emulator, session) = start().await;
    let message = item(&place(&session, "#meetings").await, &texts(&["A"]));
    let receipt = push(&session, &message).await.unwrap();
    for (form, count) in [("B", 2), ("B", 2), ("A", 3), ("B", 4)] {
        let edit = Outbound { edit: Edit::InThread, ..next(&message, &receipt, &texts(&[form])) };
        assert_eq!(push(&session, &edit).await.unwrap().id, receipt.id);
        assert!(Slack.find(&session, &edit).await.unwrap().is_some());
        let messages = seen(&emulator, &receipt).await;
        assert_eq!((messages.len(), &messages[count - 1]["blocks"][0]["text"]["text"]), (count, &json!(form)));
    }
    let edit = Outbound { edit: Edit::InThread, ..next(&message, &receipt, &texts(&["C"])) };
    emulator.strike("/chat.postMessage", Fault::Lost, Some(1));
    assert!(push(&session, &edit).await.unwrap_err().may_have_happened);
    assert!(Slack.find(&session, &edit).await.unwrap().is_some());
    bench.close();
}

#[tokio::test]
async fn a_person_is_reached_by_id_and_by_address_in_one_conversation() {
    let (bench, _emulator, session) = start().await;
    let by_id = push(&session, &item(&place(&session, "Marketing").await, &texts(&["one"]))).await.unwrap();
    let address = Destination { id: "marketing@demo.example".to_owned(), name: String::new() };
    let by_address = push(&session, &item(&address, &texts(&["two"]))).await.unwrap();
    assert_eq!(by_id.id.split('/').next(), by_address.id.split('/').next());
    let nobody = Destination { id: "nobody@demo.example".to_owned(), name: String::new() };
    assert_eq!(push(&session, &item(&nobody, &texts(&["three"]))).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn f24_f28_f33_f34_failures_have_their_kinds() {
    let (bench, emulator, session) = start().await;
    contract::denial_comes_back_as_denial(&bench).await;
    contract::failures_have_their_kinds(&bench, "/auth.test", identify).await;
    contract::a_refused_token_is_renewed_once(&bench, "/auth.test", identify).await;
    let meetings = place(&session, "#meetings").await;
    emulator.post("/channels/meetings/archive", json!({})).await;
    assert_eq!(push(&session, &item(&meetings, &texts(&["late"]))).await.unwrap_err().kind, ErrorKind::Forbidden);
    bench.close();
}

#[tokio::test]
async fn f31_a_revoked_sign_in_is_unauthorized() {
    let (bench, _emulator, _session) = start().await;
    contract::a_revoked_sign_in_is_unauthorized(&bench, Some(SignedDuration::from_hours(13)), identify).await;
    bench.close();
}

#[tokio::test]
async fn f03_f04_writing_twice_is_one_message_also_after_a_lost_answer() {
    let (bench, _emulator, session) = start().await;
    let meetings = place(&session, "#meetings").await;
    let new = item(&meetings, &texts(&["one"]));
    let edited = Message { fallback: "Edited".to_owned(), ..new.item.clone() };
    let receipt = contract::writing_twice_is_one_object(&bench, &WRITING, &new, &Fields::of(&new.item), &edited).await;
    contract::deleting_twice_is_fine(&bench, &WRITING, &receipt.id).await;
    let (broken, killed) = (item(&meetings, &texts(&["two"])), item(&meetings, &texts(&["three"])));
    contract::a_lost_answer_makes_no_second_object(&bench, &WRITING, &broken, &killed).await;
    bench.close();
}

#[tokio::test]
async fn signed_events_are_believed_and_an_uninstalled_app_ends_the_connection() {
    let (bench, emulator, session) = start().await;
    let secret = Secret::from("signing-secret");
    let clock = Arc::clone(&emulator);
    let answer = move |letter: &Letter| {
        let hints = Slack.receive(&hook(letter, &Secret::from("signing-secret"), clock.now())).unwrap();
        hints.answer.map_or((200, "text/plain", String::new()), |(kind, body)| (200, kind, body))
    };
    let mailbox = Mailbox::with_reader(Arc::new(answer)).await.unwrap();
    let url = mailbox.address("/hooks/slack/con_1");
    emulator.post("/events", json!({"url": url, "signing_secret": secret.expose()})).await;

    push(&session, &item(&place(&session, "#meetings").await, &texts(&["x"]))).await.unwrap();
    let letter = mailbox.wait_for(2).await[1].clone();
    let hints: Hints = contract::webhooks_prove_their_sender(&Slack, &hook(&letter, &secret, bench.now()), "x-slack-signature");
    assert_eq!(hints.account, Some(Slack.identify(&session).await.unwrap().id));
    assert!(hints.delivery.is_some() && !hints.revoked && hints.wake.is_empty());

    emulator.post("/uninstall", json!({})).await;
    let letter = mailbox.wait_for(3).await[2].clone();
    assert!(Slack.receive(&hook(&letter, &secret, bench.now())).unwrap().revoked);
    assert_eq!(Slack.identify(&session).await.unwrap_err().kind, ErrorKind::Unauthorized);
    bench.close();
}

fn hook<'a>(letter: &'a Letter, secret: &'a Secret, now: jiff::Timestamp) -> InboundHook<'a> {
    InboundHook {
        method: &letter.method,
        url: &letter.url,
        headers: &letter.headers,
        body: &letter.body,
        now,
        app_secret: Some(secret),
        subscription_secret: None,
    }
}
