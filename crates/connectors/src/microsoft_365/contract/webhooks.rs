//! Subscriptions: the handshake, changes, renewal, and what Graph says of them.

use connector_kit::{ErrorKind, Handshake, Hints};

use super::*;

fn heard(mailbox: &Mailbox, at: usize, subscription: &Subscription, now: jiff::Timestamp) -> Hints {
    let letter = delivery(&mailbox.letters()[at], secrets(subscription));
    Microsoft365.receive(&letter.hook(now)).unwrap()
}

#[tokio::test]
async fn a_subscription_is_made_after_its_handshake_and_announces_changes_until_it_is_ended() {
    let (bench, emulator, session) = start().await;
    let deaf = Mailbox::open().await.unwrap();
    let (callback, secret) = (deaf.address("/hooks").parse().unwrap(), Secret::from(STATE));
    let request =
        SubscriptionRequest { callback: &callback, secret: &secret, id: uuid::Uuid::nil(), destination: None, now: session.now() };
    let error = Microsoft365.subscribe(&session, &request).await.unwrap_err();
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("handshake"), "{error:?}");
    let asked = delivery(&deaf.letters()[0], Secrets::default());
    let answer = Microsoft365.receive(&asked.hook(bench.now())).unwrap().answer;
    assert!(matches!(&answer, Some(Handshake::Body("text/plain", token)) if token.contains(": ")), "decoded: {answer:?}");

    let mailbox = mailbox(bench.now()).await;
    let subscription = subscribe(&session, &mailbox).await;
    let life = subscription.expires.unwrap().duration_since(session.now());
    assert!(life > SignedDuration::from_hours(69) && life <= SignedDuration::from_mins(4_230), "{life:?}");
    let id = add(&emulator, 1, json!({})).await;
    emulator.delete(&event(&id)).await;
    mailbox.wait_for(3).await;
    for at in [1, 2] {
        let hints = heard(&mailbox, at, &subscription, bench.now());
        assert_eq!(hints, Hints { wake: vec![Capability::Calendar], ..Hints::default() });
    }
    let told: Value = serde_json::from_slice(&mailbox.letters()[1].body).unwrap();
    assert_eq!(told["value"][0]["resourceData"]["id"], json!(id), "the immutable id");
    for _ in 0..2 {
        Microsoft365.unsubscribe(&session, &subscription).await.unwrap();
    }
    assert_eq!(emulator.get("/subscriptions").await, json!([]));
    bench.close();
}

#[tokio::test]
async fn f53_a_subscription_is_renewed_in_place_and_one_that_ran_out_is_none() {
    let (bench, emulator, session) = start().await;
    let mailbox = mailbox(bench.now()).await;
    let subscription = subscribe(&session, &mailbox).await;
    bench.arrangement.advance(SignedDuration::from_hours(48));
    let renewed = Microsoft365.renew(&bench.session(), &subscription).await.unwrap().unwrap();
    assert_eq!((&renewed.id, &renewed.secret), (&subscription.id, &subscription.secret));
    assert!(renewed.expires.unwrap() > subscription.expires.unwrap() + SignedDuration::from_hours(47));
    assert_eq!((emulator.count("subscription.create"), emulator.count("subscription.update")), (1, 1));
    bench.arrangement.advance(SignedDuration::from_hours(71));
    assert_eq!(Microsoft365.renew(&bench.session(), &renewed).await, Ok(None));
    bench.close();
}

#[tokio::test]
async fn f53_f54_what_graph_says_of_a_subscription_renews_it_and_wakes_what_it_missed() {
    let (bench, emulator, session) = start().await;
    let mailbox = mailbox(bench.now()).await;
    let subscription = subscribe(&session, &mailbox).await;
    let happen = async |event: &str| {
        let before = mailbox.letters().len();
        emulator.post(&format!("/subscriptions/{}/lifecycle", subscription.id), json!({"event": event})).await;
        mailbox.wait_for(before + 1).await;
        heard(&mailbox, before, &subscription, bench.now())
    };
    let (wake, ending) = (vec![Capability::Calendar], vec![subscription.id.clone()]);
    assert_eq!(happen("missed").await, Hints { wake: wake.clone(), ..Hints::default() });
    assert_eq!(happen("reauthorizationRequired").await, Hints { ending: ending.clone(), ..Hints::default() });
    assert_eq!(emulator.get("/subscriptions").await[0]["paused"], json!(true));
    Microsoft365.renew(&session, &subscription).await.unwrap().unwrap();
    assert_eq!(emulator.get("/subscriptions").await[0]["paused"], json!(false), "a renewal authorizes it anew");
    assert_eq!(happen("subscriptionRemoved").await, Hints { wake, ending, ..Hints::default() });
    assert_eq!(Microsoft365.renew(&session, &subscription).await, Ok(None), "it has to be made anew");
    bench.close();
}
