//! Tokens, the version, capabilities, what was shared, the limit of calls.

use axum::http::StatusCode;
use serde_json::json;

use super::{call, code, get, harness, oauth, refused, sign_in, source, tokens};

const SECRET: &str = "sandbox-secret-notion";

#[tokio::test]
async fn tokens_come_for_basic_and_json_alone_and_a_refresh_token_is_used_once() {
    let harness = harness();
    let first = tokens(&harness).await;
    assert_eq!(
        (&first["token_type"], first.get("expires_in"), first.get("scope")),
        (&json!("bearer"), None, None),
        "no lifetime, no scopes"
    );
    let exchange = json!({ "grant_type": "authorization_code", "code": code(&harness).await, "redirect_uri": crate::probe::REDIRECT });
    let wrong = oauth(&harness, "/v1/oauth/token", "another", &exchange).await;
    assert_eq!((wrong.status, &wrong.json()["code"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    let form = harness
        .form("/v1/oauth/token", &[("grant_type", "refresh_token"), ("client_id", "harmony-sandbox"), ("client_secret", SECRET)])
        .await;
    assert_eq!(form.json()["code"], "invalid_request", "a form is not taken");

    let refresh = json!({ "grant_type": "refresh_token", "refresh_token": first["refresh_token"] });
    harness.advance(3_601);
    refused(&get(&harness, first["access_token"].as_str().unwrap(), "/users/me").await, 401, "unauthorized");
    let second = oauth(&harness, "/v1/oauth/token", SECRET, &refresh).await.good();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(oauth(&harness, "/v1/oauth/token", SECRET, &refresh).await.json()["code"], "invalid_grant");
    let token = second["access_token"].as_str().unwrap();
    get(&harness, token, "/users/me").await.good();
    assert_eq!(oauth(&harness, "/v1/oauth/revoke", SECRET, &json!({ "token": token })).await.good(), json!({}));
    refused(&get(&harness, token, "/users/me").await, 401, "unauthorized");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn every_call_names_the_version() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let without = harness.get("/v1/users/me", &token).await;
    refused(&without, 400, "missing_version");
    refused(&get(&harness, "nobody", "/users/me").await, 401, "unauthorized");
    let bot = get(&harness, &token, "/users/me").await.good();
    assert_eq!((&bot["type"], &bot["bot"]["workspace_name"]), (&json!("bot"), &json!("Demo")));
    refused(&get(&harness, &token, "/nothing").await, 400, "invalid_request_url");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn capabilities_are_of_the_integration_and_what_is_not_shared_is_not_there() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let tasks = source(&harness, &token, "Tasks").await;
    let found = call(&harness, &token, "POST", "/search", Some(&json!({ "query": "Salaries" }))).await.good();
    assert_eq!(found["results"], json!([]));
    harness.control("PATCH", "/sources/Tasks", json!({ "shared": false })).await.good();
    let message = refused(&get(&harness, &token, &format!("/data_sources/{tasks}")).await, 404, "object_not_found");
    assert!(message.contains("shared with your integration"), "{message}");
    harness.control("PATCH", "/sources/Tasks", json!({ "shared": true })).await.good();
    get(&harness, &token, &format!("/data_sources/{tasks}")).await.good();

    harness.control("PUT", "/capabilities", json!({ "has": [] })).await.good();
    for (method, path) in [("GET", "/users"), ("GET", "/data_sources/x"), ("POST", "/search"), ("POST", "/pages"), ("PATCH", "/pages/x")] {
        let body = json!({ "parent": { "data_source_id": tasks }, "properties": {} });
        let body = match path {
            "/pages" => Some(body),
            "/search" | "/pages/x" => Some(json!({})),
            _ => None,
        };
        refused(&call(&harness, &token, method, path, body.as_ref()).await, 403, "restricted_resource");
    }
    get(&harness, &token, "/users/me").await.good();
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_spent_minute_is_told_with_the_seconds_to_wait_and_which_limit_it_was() {
    let harness = harness();
    let token = sign_in(&harness).await;
    harness.control("PUT", "/limits", json!({ "calls": 2 })).await;
    for _ in 0..2 {
        get(&harness, &token, "/users/me").await.good();
    }
    let limited = get(&harness, &token, "/users/me").await;
    refused(&limited, 429, "rate_limited");
    assert_eq!(limited.json()["additional_data"]["rate_limit_reason"], "connection_limit");
    let seconds: i64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    harness.advance(seconds);
    get(&harness, &token, "/users/me").await.good();
    harness.assert_answers_fit();
}
