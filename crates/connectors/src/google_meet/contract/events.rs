//! Being told of changes: subscriptions to Workspace Events, and what comes of them by Pub/Sub.

use connector_kit::contract::{Arrangement, Fault, SignIn};
use connector_kit::{Connector, ErrorKind, WebhookSource, webhook};
use jiff::{SignedDuration, Timestamp};
use model::connection::Capability;
use sandbox::mailbox::Letter;
use serde_json::json;

use super::{ADDRESSES, PUSHER, TOPIC, conference, secrets, start, subscribe, topic};
use crate::emulator::{Emulator, delivery};
use crate::google_meet::GoogleMeet;

#[tokio::test]
async fn a_subscription_is_renewed_in_place_moved_to_another_topic_and_ended() {
    let (bench, emulator, session) = start().await;
    assert_eq!(subscribe(&session).await.unwrap_err().kind, ErrorKind::Forbidden, "there is no such topic");
    let _mailbox = topic(&emulator, PUSHER).await;
    let made = subscribe(&session).await.unwrap().unwrap();
    let life = made.expires.unwrap().duration_since(session.now());
    assert!(life > SignedDuration::from_hours(6 * 24) && life <= SignedDuration::from_hours(7 * 24));
    emulator.advance(SignedDuration::from_hours(6 * 24));
    let id = made.id.trim_start_matches("subscriptions/").to_owned();
    emulator.post(&format!("/subscriptions/{id}/suspend"), json!({})).await;
    let renewed = subscribe(&session).await.unwrap().unwrap();
    assert_eq!(renewed.id, made.id, "there may be one of a person");
    assert!(renewed.expires > made.expires);
    let line = &emulator.get("/subscriptions").await[0];
    assert_eq!((&line["suspended"], &line["topic"]), (&json!(false), &json!(TOPIC)));
    assert_eq!(emulator.count("subscription.create"), 1);

    GoogleMeet.unsubscribe(&session, &renewed).await.unwrap();
    GoogleMeet.unsubscribe(&session, &renewed).await.unwrap();
    assert_eq!(emulator.get("/subscriptions").await, json!([]));
    bench.close();
}

#[tokio::test]
async fn without_a_topic_the_schedule_reads_alone() {
    let emulator = Emulator::start("google-meet", ADDRESSES).await;
    let bench = emulator.sign_in(GoogleMeet, SignIn::CODE).await;
    assert_eq!(subscribe(&bench.session()).await, Ok(None));
    assert_eq!(emulator.get("/subscriptions").await, json!([]));
    bench.close();
}

#[tokio::test]
async fn f48_f51_events_wake_their_own_account_and_another_caller_is_refused() {
    let (bench, emulator, session) = start().await;
    let mailbox = topic(&emulator, PUSHER).await;
    let subscription = subscribe(&session).await.unwrap().unwrap();
    conference(&emulator, 1, json!({ "notes": "Agreed." })).await;
    conference(&emulator, 1, json!({ "owner": "marketing@demo.example" })).await;
    let letters = mailbox.wait_for(4).await;
    assert_eq!(letters.len(), 4, "the end, the recording, the transcript, the notes; a guest is told nothing");
    let keys = bench.keys_of(&GoogleMeet).await;
    let hints = |letter: &Letter| webhook::receive(&GoogleMeet, &delivery(letter, secrets()).hook(bench.now()), keys.as_ref());
    let myself = GoogleMeet.identify(&session).await.unwrap();
    let mut deliveries: Vec<String> = Vec::new();
    for letter in &letters {
        let hints = hints(letter).unwrap();
        assert_eq!((hints.account.as_deref(), &hints.wake[..]), (Some(myself.id.as_str()), &[Capability::Recordings][..]));
        deliveries.extend(hints.delivery);
    }
    deliveries.dedup();
    assert_eq!(deliveries.len(), 4, "each has its own id");

    let id = subscription.id.trim_start_matches("subscriptions/").to_owned();
    emulator.post(&format!("/subscriptions/{id}/suspend"), json!({})).await;
    let told = hints(&mailbox.wait_for(5).await[4]).unwrap();
    assert!(
        told.wake.is_empty() && told.account.is_some_and(|account| account != myself.id),
        "what is about the subscription wakes nobody"
    );

    let stranger = topic(&emulator, "somebody@another-project.iam.gserviceaccount.com").await;
    subscribe(&session).await.unwrap();
    conference(&emulator, 1, json!({ "turns": [], "recorded": false })).await;
    assert_eq!(hints(&stranger.wait_for(1).await[0]).unwrap_err().kind, ErrorKind::Unauthorized, "Google signs for anybody");
    bench.close();
}

#[tokio::test]
async fn f24_a_subscription_made_without_an_answer_is_found_again() {
    let (bench, emulator, session) = start().await;
    let _mailbox = topic(&emulator, PUSHER).await;
    emulator.strike("/subscriptions", Fault::Lost, Some(1));
    assert!(subscribe(&session).await.unwrap_err().may_have_happened);
    let made = subscribe(&session).await.unwrap().unwrap();
    assert!(made.expires > Some(Timestamp::UNIX_EPOCH));
    assert_eq!(emulator.count("subscription.create"), 1);
    bench.close();
}
