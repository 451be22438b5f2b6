//! Slack against its emulator: its stand for the contract that every connector keeps, and what is Slack's own.

use std::sync::Arc;

use connector_kit::contract::{Announces, Arrangement, Bench, Delivery, Fault, Leaves, Proof, Secrets, SignIn, Stand, Writing};
use connector_kit::{Connector, Edit, ErrorKind, Link, Outbound, Receipt, Result, Secret, Session, Sink, WebhookSource, async_trait};
use jiff::SignedDuration;
use model::Fields;
use model::connection::Capability;
use model::message::{Block, Message};
use model::record::Kind;
use model::settings::Destination;
use sandbox::mailbox::{Letter, Mailbox};
use serde_json::{Value, json};

use super::Slack;
use crate::emulator::{Addresses, Emulator, delivery, handshake, outbound};

const WHO: &str = "project.manager@demo.example";

const ADDRESSES: Addresses =
    Addresses { base: "/api", authorize: "/oauth/v2/authorize", token: "/api/oauth.v2.access", revoke: Some("/api/auth.revoke") };

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("slack", ADDRESSES).await;
    let bench = emulator.sign_in(Slack, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// Slack on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, session) = start().await;
    let meetings = place(&session, "#meetings").await;
    let writing = Writing {
        capability: Capability::Messages,
        sink: &Slack,
        leaves: Leaves::Object { create: "message.create", delete: "message.delete" },
        path: "/chat.postMessage",
        item: Box::new(move |n| item(n, &meetings, &[format!("Message {n}")])),
        edit: |message| Message { fallback: "Edited".to_owned(), ..message.clone() },
    };
    Stand {
        bench,
        identify: "/auth.test",
        token_life: SignedDuration::from_hours(12),
        fewest: Some(&["users:read"]),
        reads: Vec::new(),
        writes: vec![Box::new(writing)],
        announces: Some(Box::new(App(emulator))),
    }
}

/// The app's settings at Slack.
struct App(Arc<Emulator>);

const SIGNING_SECRET: &str = "signing-secret";

fn secrets() -> Secrets {
    Secrets { app: Some(Secret::from(SIGNING_SECRET)), subscription: None }
}

impl App {
    /// Lets Slack send its events to a mailbox, which answers the handshake as the connector says.
    async fn open_mailbox(&self) -> Mailbox {
        let clock = Arc::clone(&self.0);
        let answer = move |letter: &Letter| {
            let hints = Slack.receive(&delivery(letter, secrets()).hook(clock.now())).unwrap();
            handshake(hints.answer)
        };
        let mailbox = Mailbox::with_reader(Arc::new(answer)).await.unwrap();
        self.0.post("/events", json!({"url": mailbox.address("/hooks/slack/con_1"), "signing_secret": SIGNING_SECRET})).await;
        mailbox
    }
}

#[async_trait]
impl Announces for App {
    fn proof(&self) -> Proof {
        Proof::Signature { header: "x-slack-signature", time: Some("x-slack-request-timestamp") }
    }

    /// Slack is only written to.
    fn wakes(&self) -> &'static [Capability] {
        &[]
    }

    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = self.open_mailbox().await;
        let session = bench.session();
        push(&session, &item(1, &place(&session, "#meetings").await, &texts(&["x"]))).await.unwrap();
        delivery(&mailbox.wait_for(2).await[1], secrets())
    }
}

async fn place(session: &Session, name: &str) -> Destination {
    let all = Slack.destinations(session).await.unwrap();
    all.into_iter().find(|destination| destination.name == name).unwrap_or_else(|| panic!("{name} is not to be chosen"))
}

fn item(n: u8, destination: &Destination, texts: &[String]) -> Outbound<Message> {
    let blocks = texts.iter().map(|text| Block::Text { text: text.clone() }).collect();
    let message = Message { fallback: "Summary".to_owned(), blocks, about: None };
    Outbound { destination: Some(destination.clone()), ..outbound(Kind::Meeting, n, message) }
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
    emulator.count("message.create")
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
    let first = item(1, &general, &texts(&["one & <two>"]));
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
    for (n, fault) in (1..).zip([Fault::Lost, Fault::Cut, Fault::Garbage, Fault::Empty]) {
        let message = item(n, &meetings, &texts(&["once"]));
        let before = created(&emulator);
        assert!(Slack.find(&session, &message).await.unwrap().is_none());
        emulator.strike("/chat.postMessage", fault.clone(), Some(1));
        assert!(push(&session, &message).await.unwrap_err().may_have_happened, "{fault:?}");
        let found = Slack.find(&session, &message).await.unwrap().unwrap();
        assert_eq!(created(&emulator) - before, 1);
        assert_eq!(push(&session, &next(&message, &found, &texts(&["twice"]))).await.unwrap().id, found.id);
    }
    let other = item(9, &place(&session, "#sales").await, &texts(&["never sent"]));
    assert!(Slack.find(&session, &other).await.unwrap().is_none(), "looked for where the app was not before");
    bench.close();
}

#[tokio::test]
async fn b26_a_long_message_goes_on_in_its_thread_and_is_completed_changed_and_deleted_whole() {
    let (bench, emulator, session) = start().await;
    let message = item(1, &place(&session, "#meetings").await, &long("a", 4));
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
    let message = item(1, &place(&session, "#meetings").await, &texts(&["A"]));
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
    let by_id = push(&session, &item(1, &place(&session, "Marketing").await, &texts(&["one"]))).await.unwrap();
    let address = Destination { id: "marketing@demo.example".to_owned(), name: String::new() };
    let by_address = push(&session, &item(2, &address, &texts(&["two"]))).await.unwrap();
    assert_eq!(by_id.id.split('/').next(), by_address.id.split('/').next());
    let nobody = Destination { id: "nobody@demo.example".to_owned(), name: String::new() };
    assert_eq!(push(&session, &item(3, &nobody, &texts(&["three"]))).await.unwrap_err().kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn an_archived_channel_takes_nothing_more() {
    let (bench, emulator, session) = start().await;
    let meetings = place(&session, "#meetings").await;
    emulator.post("/channels/meetings/archive", json!({})).await;
    assert_eq!(push(&session, &item(1, &meetings, &texts(&["late"]))).await.unwrap_err().kind, ErrorKind::Forbidden);
    bench.close();
}

#[tokio::test]
async fn an_uninstalled_app_ends_the_connection() {
    let (bench, emulator, session) = start().await;
    let mailbox = App(Arc::clone(&emulator)).open_mailbox().await;
    emulator.post("/uninstall", json!({})).await;
    let end = delivery(&mailbox.wait_for(2).await[1], secrets());
    assert!(Slack.receive(&end.hook(bench.now())).unwrap().revoked);
    assert_eq!(Slack.identify(&session).await.unwrap_err().kind, ErrorKind::Unauthorized);
    bench.close();
}
