//! What monday.com refuses: strangers, dead tokens, missing scopes, documents and values that do not fit, calls above the budgets.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{CHANGE, CREATE, EVERYTHING, POST, VERIFIER, probe, probe_with_specs};
use crate::probe::REDIRECT;

#[tokio::test]
async fn a_code_needs_its_verifier_and_a_refresh_token_is_used_once() {
    let mut probe = probe();
    let code = probe.monday_code("me:read account:read").await;
    let without = probe.monday_token(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)]).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    let code = probe.monday_code("me:read account:read").await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    let tokens = probe.monday_token(&fields).await.json();
    assert_eq!(tokens["scope"], "me:read account:read");
    probe.token = tokens["access_token"].as_str().map(str::to_owned);
    probe.told("{ me { id } }", json!({})).await;
    probe.sandbox.kit().clock.advance(SignedDuration::from_mins(61));
    assert_eq!(probe.refusal("{ me { id } }", json!({})).await, (401, "NOT_AUTHENTICATED".to_owned()));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let renewed = probe.monday_token(&refresh).await.json();
    assert_ne!(renewed["refresh_token"], tokens["refresh_token"]);
    assert_eq!(probe.monday_token(&refresh).await.json()["error"], "invalid_grant");
    probe.token = None;
    assert_eq!(probe.refusal("{ me { id } }", json!({})).await.0, 401);
}

#[tokio::test]
async fn each_field_needs_its_scope() {
    let probe = probe().signed_into_monday("me:read").await;
    for document in [
        "{ me { account { id } } }",
        "{ account { id } }",
        "{ boards { id } }",
        "{ users { id } }",
        "{ items(ids: [1]) { id } }",
        "{ webhooks(board_id: 1) { id } }",
        "mutation { create_item(board_id: 1, item_name: \"x\") { id } }",
        "mutation { delete_item(item_id: 1) { id } }",
        "mutation { create_update(item_id: 1, body: \"x\") { id } }",
        "mutation { delete_webhook(id: 1) { id } }",
    ] {
        assert_eq!(probe.refusal(document, json!({})).await, (200, "UNAUTHORIZED_FIELD_OR_TYPE".to_owned()), "{document}");
    }
    assert!(probe.sandbox.kit().ledger.effects(None, None).is_empty());
}

#[tokio::test]
async fn a_personal_token_stands_in_the_header_as_it_is() {
    let probe = probe();
    let token = probe.person("/token", json!({ "email": "marketing@demo.example" })).await["token"].as_str().unwrap().to_owned();
    let request = axum::http::Request::post("/monday/v2").header("authorization", &token).header("content-type", "application/json");
    let got = probe.send(request.body(json!({ "query": "{ me { email } }" }).to_string().into()).unwrap()).await;
    assert_eq!(got.good()["data"]["me"]["email"], "marketing@demo.example");
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_refused_and_recorded() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let cases = [
        ("{ me { shoe_size } }", json!({})),
        ("{ me { id }", json!({})),
        (CREATE, json!({ "name": "No board" })),
        (CREATE, json!({ "board": "1", "name": 7 })),
        (
            "mutation($e: WebhookEventType!) { create_webhook(board_id: 1, event: $e, url: \"http://127.0.0.1\") { id } }",
            json!({ "e": "sneeze" }),
        ),
    ];
    for (index, (document, variables)) in cases.into_iter().enumerate() {
        assert_eq!(probe.refusal(document, variables).await, (400, "GRAPHQL_VALIDATION_FAILED".to_owned()), "{document}");
        assert_eq!(probe.sandbox.kit().checks.violations().len(), index + 1);
    }
    let version = axum::http::Request::post("/monday/v2").header("api-version", "2026-05").header("content-type", "application/json");
    let version = version.header("authorization", format!("Bearer {}", probe.token.clone().unwrap()));
    let got = probe.send(version.body("{\"query\":\"{ me { id } }\"}".into()).unwrap()).await;
    assert_eq!((got.status, &got.json()["errors"][0]["extensions"]["code"]), (StatusCode::BAD_REQUEST, &json!("InvalidVersionException")));
}

#[tokio::test]
async fn values_are_checked() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let board = probe.monday_board("Product").await;
    let research = probe.monday_board("Research").await;
    let create = |name: &str, cells: &str| json!({ "board": board, "name": name, "cells": cells });
    for (variables, code) in [
        (json!({ "board": "1", "name": "x" }), "InvalidBoardIdException"),
        (json!({ "board": board, "name": "x", "group": "nowhere" }), "ResourceNotFoundException"),
        (create("", "{}"), "ItemNameTooLongException"),
        (create(&"x".repeat(256), "{}"), "ItemNameTooLongException"),
        (create("x", "no JSON"), "JsonParseException"),
        (create("x", "{\"nothing\":\"x\"}"), "InvalidColumnIdException"),
        (create("x", "{\"status\":{\"label\":\"Painted blue\"}}"), "ColumnValueException"),
        (create("x", "{\"status\":\"Done\"}"), "ColumnValueException"),
        (create("x", "{\"date4\":{\"date\":\"2026-02-30\"}}"), "ColumnValueException"),
        (create("x", "{\"person\":{\"personsAndTeams\":[{\"id\":1,\"kind\":\"person\"}]}}"), "ColumnValueException"),
        (create("x", "{\"text_mk1\":7}"), "ColumnValueException"),
    ] {
        assert_eq!(probe.refusal(CREATE, variables.clone()).await, (200, code.to_owned()), "{variables}");
    }
    assert!(probe.sandbox.kit().ledger.effects(None, None).is_empty());
    let id = probe.monday_item(&board, "Here", json!({})).await;
    assert_eq!(probe.refusal(CHANGE, json!({ "board": research, "item": id, "cells": "{}" })).await.1, "InvalidItemIdException");
    assert_eq!(probe.refusal(POST, json!({ "item": "1", "body": "x" })).await.1, "InvalidItemIdException");
    assert_eq!(probe.refusal(POST, json!({ "item": id, "body": " " })).await.1, "InvalidArgumentException");
    let far = "query($b: [ID!]) { boards(ids: $b) { items_page(limit: 501) { cursor } } }";
    assert_eq!(probe.refusal(far, json!({ "b": [board] })).await.1, "InvalidArgumentException");
}

#[tokio::test]
async fn budgets_are_told_and_refused_with_how_long_to_wait() {
    let probe = probe().signed_into_monday(EVERYTHING).await;
    let document = "{ complexity { before query after reset_in_x_seconds } boards(limit: 10) { id } platform_api { daily_limit { total } daily_analytics { by_day { day usage } } } }";
    let got = probe.ask_monday(document, json!({})).await;
    let (policy, state) = (got.header("ratelimit-policy").to_owned(), got.header("ratelimit").to_owned());
    assert!(policy.starts_with("\"minuteRate\";q=1000;w=60") && state.starts_with("\"minuteRate\";r=999"), "{policy} {state}");
    let data = got.good()["data"].clone();
    let points = |name: &str| data["complexity"][name].as_u64().unwrap();
    assert_eq!(points("before") - points("query"), points("after"));
    assert_eq!(
        (&data["platform_api"]["daily_limit"]["total"], &data["platform_api"]["daily_analytics"]["by_day"][0]["usage"]),
        (&json!(10_000), &json!(1))
    );

    let dear = "{ boards(limit: 5000) { items_page(limit: 500) { items { id name } } } }";
    assert_eq!(probe.refusal(dear, json!({})).await.1, "MAX_COMPLEXITY_EXCEEDED");
    let set = |limits: Value| {
        let request = axum::http::Request::put("/_sandbox/monday/limits").header("content-type", "application/json");
        probe.send(request.body(limits.to_string().into()).unwrap())
    };
    set(json!({ "complexity": 1 })).await;
    let got = probe.ask_monday("{ boards { id } }", json!({})).await;
    assert_eq!((got.status, &got.json()["errors"][0]["extensions"]["code"]), (StatusCode::OK, &json!("COMPLEXITY_BUDGET_EXHAUSTED")));
    assert!(got.json()["errors"][0]["extensions"]["retry_in_seconds"].as_i64().unwrap() > 0);
    set(json!({ "complexity": 5_000_000, "daily": 4 })).await;
    assert_eq!(probe.refusal("{ me { id } }", json!({})).await.0, 200);
    let got = probe.ask_monday("{ me { id } }", json!({})).await;
    assert_eq!(
        (got.status, &got.json()["errors"][0]["extensions"]["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("DAILY_LIMIT_EXCEEDED"))
    );
    probe.sandbox.kit().clock.advance(SignedDuration::from_hours(24));
    let mut probe = probe;
    probe.token = probe.monday_tokens(EVERYTHING).await["access_token"].as_str().map(str::to_owned);
    assert_eq!(probe.refusal("{ me { id } }", json!({})).await.0, 200, "the next day counts anew");
}

#[tokio::test]
async fn what_the_schema_has_and_the_sandbox_lacks_is_said_loudly() {
    let probe = probe_with_specs().signed_into_monday("me:read").await;
    if probe.sandbox.kit().options.specs.is_none() {
        return;
    }
    let got = probe.ask_monday("{ me { birthday } }", json!({})).await;
    assert_eq!(got.json()["errors"][0]["message"], "User.birthday is not emulated by the sandbox");
    assert_eq!(probe.sandbox.kit().checks.violations()[0].place, "User.birthday");
}
