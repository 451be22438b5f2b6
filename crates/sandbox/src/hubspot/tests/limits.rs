//! The limit on calls, and what counts into it.

use axum::http::StatusCode;
use serde_json::json;

use super::{CONTACTS, ready};

#[tokio::test]
async fn what_is_left_is_told_and_too_much_is_429() {
    let (harness, token) = ready().await;
    let first = harness.get(CONTACTS, &token).await;
    assert_eq!(first.header("x-hubspot-ratelimit-max"), "110");
    assert_eq!(first.header("x-hubspot-ratelimit-remaining"), "109");
    assert_eq!(first.header("x-hubspot-ratelimit-interval-milliseconds"), "10000");
    assert_eq!(first.header("x-hubspot-ratelimit-secondly"), "11");
    harness.control("PUT", "/limits", json!({ "calls": 2 })).await;
    let spent = loop {
        let answer = harness.get(CONTACTS, &token).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
    };
    let body = spent.json();
    assert_eq!((spent.status, &body["policyName"]), (StatusCode::TOO_MANY_REQUESTS, &json!("TEN_SECONDLY_ROLLING")));
    assert_eq!((&body["errorType"], &body["message"]), (&json!("RATE_LIMIT"), &json!("You have reached your ten_secondly_rolling limit.")));
    assert_eq!(spent.header("x-hubspot-ratelimit-remaining"), "0");
    harness.advance(10);
    harness.get(CONTACTS, &token).await.good();
}
