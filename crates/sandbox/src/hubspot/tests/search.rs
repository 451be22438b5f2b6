//! Search: filters, order, pages, limits, and the index that lags behind.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{CONTACTS, contact, ready, refused};
use crate::harness::Harness;
use crate::probe::Got;

fn asked(filters: &Value) -> Value {
    json!({ "filterGroups": [{ "filters": filters }], "sorts": [], "properties": ["email"], "limit": 100, "after": "0" })
}

async fn search(harness: &Harness, token: &str, body: Value) -> Got {
    harness.advance(1);
    harness.post(&format!("{CONTACTS}/search"), token, body).await
}

async fn found(harness: &Harness, token: &str, body: Value) -> Vec<String> {
    let answer = search(harness, token, body).await.good();
    let results = answer["results"].as_array().cloned().unwrap_or_default();
    results.iter().map(|result| result["properties"]["email"].as_str().unwrap_or_default().to_owned()).collect()
}

fn email_is(email: &str) -> Value {
    asked(&json!([{ "propertyName": "email", "operator": "EQ", "value": email }]))
}

#[tokio::test]
async fn what_is_new_is_not_found_at_once_and_changes_are_seen_late() {
    let (harness, token) = ready().await;
    let id = contact(&harness, &token, "one@customers.example").await;
    assert_eq!(found(&harness, &token, email_is("one@customers.example")).await.len(), 0);
    harness.advance(10);
    assert_eq!(found(&harness, &token, email_is("one@customers.example")).await.len(), 1);
    let change = json!({ "properties": { "email": "new@customers.example" } });
    harness.call("PATCH", &format!("{CONTACTS}/{id}"), &token, Some(&change)).await.good();
    assert_eq!(found(&harness, &token, email_is("one@customers.example")).await.len(), 1, "the index still has the old address");
    harness.advance(10);
    assert_eq!(found(&harness, &token, email_is("one@customers.example")).await.len(), 0);
    assert_eq!(found(&harness, &token, email_is("NEW@customers.example")).await.len(), 1);
    harness.call("DELETE", &format!("{CONTACTS}/{id}"), &token, None).await;
    assert_eq!(found(&harness, &token, email_is("new@customers.example")).await.len(), 0);
}

#[tokio::test]
async fn changes_since_a_time_come_in_order() {
    let (harness, token) = ready().await;
    harness.advance(100);
    let since = harness.sandbox.kit().clock.now_ms();
    for name in ["a", "b", "c"] {
        contact(&harness, &token, &format!("{name}@customers.example")).await;
        harness.advance(10);
    }
    let body = |way: &str| {
        let mut body = asked(&json!([{ "propertyName": "lastmodifieddate", "operator": "GTE", "value": since.to_string() }]));
        body["sorts"] = json!([{ "propertyName": "lastmodifieddate", "direction": way }]);
        body
    };
    let up = ["a@customers.example", "b@customers.example", "c@customers.example"];
    assert_eq!(found(&harness, &token, body("ASCENDING")).await, up);
    assert_eq!(found(&harness, &token, body("DESCENDING")).await, [up[2], up[1], up[0]]);
    let mut named = body("ASCENDING");
    named["sorts"] = json!(["-lastmodifieddate"]);
    assert_eq!(found(&harness, &token, named).await, [up[2], up[1], up[0]]);
}

#[tokio::test]
async fn operators_and_groups() {
    let (harness, token) = ready().await;
    harness.advance(10);
    let filter = |operator: &str, value: Value| {
        let mut filter = json!({ "propertyName": "company", "operator": operator });
        if value.is_array() {
            filter["values"] = value;
        } else if !value.is_null() {
            filter["value"] = value;
        }
        filter
    };
    for (filters, count) in [
        (json!([filter("EQ", json!("university lab"))]), 1),
        (json!([filter("NEQ", json!("University Lab"))]), 2),
        (json!([filter("IN", json!(["University Lab", "Parish Council"]))]), 2),
        (json!([filter("NOT_IN", json!(["University Lab"]))]), 2),
        (json!([filter("HAS_PROPERTY", Value::Null)]), 3),
        (json!([filter("NOT_HAS_PROPERTY", Value::Null)]), 0),
        (json!([filter("CONTAINS_TOKEN", json!("parish"))]), 1),
        (json!([filter("CONTAINS_TOKEN", json!("Uni*"))]), 1),
        (json!([filter("EQ", json!("University Lab")), filter("EQ", json!("Parish Council"))]), 0),
    ] {
        assert_eq!(found(&harness, &token, asked(&filters)).await.len(), count, "{filters}");
    }
    let mut either = asked(&json!([filter("EQ", json!("University Lab"))]));
    either["filterGroups"] = json!([either["filterGroups"][0], { "filters": [filter("EQ", json!("Parish Council"))] }]);
    assert_eq!(found(&harness, &token, either).await.len(), 2);
    let mut words = asked(&json!([]));
    words["query"] = json!("remote purchasing");
    assert_eq!(found(&harness, &token, words).await, ["purchasing@remote.example"]);
}

#[tokio::test]
async fn searches_that_hubspot_refuses_are_refused() {
    let (harness, token) = ready().await;
    let one = |filter: Value| asked(&json!([filter]));
    let limited = |name: &str, value: Value| {
        let mut body = asked(&json!([]));
        body[name] = value;
        body
    };
    for body in [
        json!({ "filterGroups": [] }),
        one(json!({ "propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0" })),
        one(json!({ "propertyName": "email", "operator": "LIKE", "value": "x" })),
        one(json!({ "propertyName": "email", "operator": "IN", "value": "x" })),
        one(json!({ "propertyName": "email", "operator": "NOT_HAS_PROPERTY", "value": "x" })),
        one(json!({ "propertyName": "lastmodifieddate", "operator": "GT", "value": "yesterday" })),
        limited("limit", json!(201)),
        limited("after", json!("9901")),
        limited("after", json!("first")),
        limited("sorts", json!(["email", "company"])),
        limited("sorts", json!(["no_such_property"])),
        limited("filterGroups", json!((0..6).map(|_| json!({ "filters": [] })).collect::<Vec<_>>())),
    ] {
        refused(&search(&harness, &token, body).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn only_the_first_ten_thousand_can_be_paged() {
    let (harness, token) = ready().await;
    harness.control("POST", "/contacts/fill", json!({ "count": 10_500 })).await;
    harness.advance(10);
    let mut body = asked(&json!([]));
    body["limit"] = json!(200);
    body["after"] = json!("9800");
    let answer = search(&harness, &token, body.clone()).await.good();
    assert_eq!((answer["total"].as_u64(), answer["paging"]["next"]["after"].as_str()), (Some(10_503), Some("10000")));
    body["after"] = json!("10000");
    refused(&search(&harness, &token, body).await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn searches_have_a_limit_of_their_own() {
    let (harness, token) = ready().await;
    for _ in 0..5 {
        let answer = harness.post(&format!("{CONTACTS}/search"), &token, asked(&json!([]))).await;
        assert_eq!((answer.status, answer.header("x-hubspot-ratelimit-max")), (StatusCode::OK, ""));
    }
    harness.control("PUT", "/limits", json!({ "searches": 1 })).await;
    let spent = harness.post(&format!("{CONTACTS}/search"), &token, asked(&json!([]))).await;
    assert_eq!((spent.status, &spent.json()["message"]), (StatusCode::TOO_MANY_REQUESTS, &json!("You have reached your secondly limit.")));
    harness.get(CONTACTS, &token).await.good();
}
