//! Budgets, what monday.com does not take, what several items share, and the making of webhooks.

use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{Connector, ErrorKind, Outbound, Receipt, Retry, Secret, Sink, WebhookSource};
use jiff::SignedDuration;
use model::action_item::Task;
use model::settings::Destination;
use sandbox::mailbox::Mailbox;
use serde_json::json;
use uuid::Uuid;

use super::super::Monday;
use super::{answering, bench, item, linked, place, push, subscribe, task};

#[tokio::test]
async fn f25_f26_spent_budgets_say_how_long_to_wait() {
    let (bench, emulator) = bench().await;
    for (limits, code) in [
        (json!({ "complexity": 1 }), "COMPLEXITY_BUDGET_EXHAUSTED"),
        (json!({ "daily": 0 }), "DAILY_LIMIT_EXCEEDED"),
        (json!({ "daily": 10_000, "minute": 1 }), "RATE_LIMIT_EXCEEDED"),
    ] {
        emulator.put("/limits", limits).await;
        let mut last = Monday.identify(&bench.session()).await;
        for _ in 0..2 {
            last = Monday.identify(&bench.session()).await;
        }
        let error = last.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::RateLimited, Some(code)));
        assert!(matches!(error.retry, Retry::After(wait) if wait > SignedDuration::ZERO), "{error:?}");
    }
    bench.close();
}

#[tokio::test]
async fn the_budgets_of_the_day_and_the_minute_are_told_and_what_a_backfill_would_cost() {
    let (bench, emulator) = bench().await;
    emulator.put("/limits", json!({ "daily": 1_000 })).await;
    let allowances = Monday.allowances(&bench.session()).await.unwrap();
    let [daily, minute] = allowances.as_slice() else { panic!("{allowances:?}") };
    assert_eq!((daily.of, daily.limit, daily.left), ("calls a day", Some(1_000), Some(999)));
    assert!(minute.left.is_some_and(|left| (4_000_000..5_000_000).contains(&left)), "{minute:?}");
    Monday.identify(&bench.session()).await.unwrap();
    assert_eq!(Monday.allowances(&bench.session()).await.unwrap()[0].left, Some(997));
    assert_eq!((Monday.calls(300, 0), Monday.calls(0, 1), Monday.calls(0, 0)), (12 + 600, 3, 0));
    bench.close();
}

#[tokio::test]
async fn what_monday_cannot_take_is_said_before_it_is_sent() {
    let (bench, emulator) = bench().await;
    let product = place(&bench, "Product: This month").await;
    let now = bench.now();
    let mut items = [item(4, &product, task(now, " \n ")), item(5, &product, task(now, "x")), item(6, &product, task(now, "x"))];
    items[1].destination = None;
    items[2].properties.insert("colour".into(), "red".into());
    for result in Monday.push(&bench.session(), &items).await {
        assert_eq!(result.unwrap_err().kind, ErrorKind::Invalid);
    }
    let past = Destination { id: "1/topics".into(), name: "A board of the past".into() };
    let results = Monday.push(&bench.session(), &[item(7, &past, task(now, "x"))]).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind, ErrorKind::NotFound);
    let stranger = Task { assignee: Some("1".into()), ..task(now, "For nobody") };
    let error = Monday.push(&bench.session(), &[item(8, &product, stranger)]).await.remove(0).unwrap_err();
    assert_eq!((error.kind, error.may_have_happened, emulator.count("item.create")), (ErrorKind::Invalid, false, 0));
    let new = item(9, &product, task(now, "Soon deleted"));
    let receipt = push(&bench.session(), &new).await;
    emulator.post("/items/delete", json!({ "id": receipt.id })).await;
    let late = linked(&new, &receipt, Task { text: "Too late".into(), ..new.item.clone() });
    let error = Monday.push(&bench.session(), &[late]).await.remove(0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "a deleted item takes no update");
    bench.close();
}

#[tokio::test]
async fn several_items_share_what_has_to_be_read_before_they_are_written() {
    let (bench, _emulator) = bench().await;
    let product = place(&bench, "Product: This month").await;
    let session = bench.session();
    let items: Vec<Outbound<Task>> = (1..=10).map(|n| item(n, &product, task(bench.now(), &format!("Task {n}")))).collect();
    let receipts: Vec<Receipt> = Monday.push(&session, &items).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(session.calls(), 1 + 2 * 10, "the columns once; an item and its update each");
    assert_eq!(u64::try_from(Monday.calls(10, 0)), Ok(session.calls()), "as a preview says before");
    let edits: Vec<Outbound<Task>> = items
        .iter()
        .zip(&receipts)
        .map(|(new, receipt)| linked(new, receipt, Task { text: "Renamed".into(), ..new.item.clone() }))
        .collect();
    let session = bench.session();
    assert!(Monday.push(&session, &edits).await.iter().all(Result::is_ok));
    assert_eq!(session.calls(), 2 + 10, "where they are, the columns, and an update each");
    bench.close();
}

#[tokio::test]
async fn a_webhook_is_made_after_its_challenge_and_taken_back_whole() {
    let (bench, emulator) = bench().await;
    let deaf = Mailbox::open().await.unwrap();
    let callback = deaf.address("/hooks/monday/1").parse().unwrap();
    let product = place(&bench, "Product: This month").await;
    let secret = Secret::from("a-secret-of-ours");
    let request =
        SubscriptionRequest { callback: &callback, secret: &secret, id: Uuid::nil(), destination: Some(&product), now: bench.now() };
    let error = Monday.subscribe(&bench.session(), &request).await.unwrap_err();
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("challenge"), "{error:?}");
    assert_eq!(emulator.get("/webhooks").await, json!([]));

    let mailbox = answering().await;
    let subscription = subscribe(&bench, &bench.session(), &mailbox).await;
    assert_eq!(emulator.get("/webhooks").await.as_array().unwrap().len(), 4);
    for _ in 0..2 {
        Monday.unsubscribe(&bench.session(), &subscription).await.unwrap();
    }
    assert_eq!(emulator.get("/webhooks").await, json!([]));
    bench.close();
}
