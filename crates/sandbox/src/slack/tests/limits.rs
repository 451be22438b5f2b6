//! Rate limits: generous by default, as published on demand.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn posting_is_limited_per_channel() {
    let bench = Bench::new().await;
    for _ in 0..20 {
        bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "Hello" })).await.ok();
    }
    bench.control("limits", json!({ "plan": "published" })).await;
    for _ in 0..3 {
        bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "Hello" })).await.ok();
    }
    let answer = bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "Hello" })).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::TOO_MANY_REQUESTS, "ratelimited"));
    assert_eq!(answer.headers["retry-after"], "1");
    bench.json("chat.postMessage", json!({ "channel": "#product-design", "text": "Hello" })).await.ok();
    bench.kit().clock.advance(SignedDuration::from_secs(1));
    bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "Hello" })).await.ok();
    assert_eq!(bench.effects("message.create"), 25);
    bench.fits();
}

#[tokio::test]
async fn methods_are_limited_by_tier() {
    let bench = Bench::new().await;
    bench.control("limits", json!({ "plan": "published" })).await;
    for _ in 0..20 {
        bench.get("conversations.list", &[]).await.ok();
    }
    let answer = bench.get("conversations.list", &[]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: i64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3).contains(&wait));
    bench.get("users.list", &[]).await.ok();
    bench.fits();
}

#[tokio::test]
async fn apps_outside_the_marketplace_read_little() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    for number in 0..20 {
        let posting = json!({ "channel": "meetings", "user": "marketing@demo.example", "text": format!("{number}") });
        bench.control("messages", posting).await;
    }
    bench.control("limits", json!({ "plan": "non_marketplace" })).await;
    let page = bench.get("conversations.history", &[("channel", &channel), ("limit", "200")]).await.ok();
    assert_eq!(page["messages"].as_array().unwrap().len(), 15);
    let answer = bench.get("conversations.history", &[("channel", &channel)]).await;
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "60"));
    bench.fits();
}
