//! Tokens, scopes, and the limit of calls.

use axum::http::StatusCode;
use serde_json::json;

use super::{AUTHORIZE, MANAGER, TOKEN, get, harness, message, post, sign_in};

#[tokio::test]
async fn a_token_lives_an_hour_and_the_refresh_token_lives_on() {
    let harness = harness();
    let led_to = harness.consent(AUTHORIZE, &[("response_type", "code"), ("scope", "users:read")], MANAGER, &[]).await;
    let tokens = harness.tokens(TOKEN, &led_to).await;
    assert_eq!((&tokens.answer["expires_in"], &tokens.answer["data"]["email"]), (&json!(3_600), &json!(MANAGER)));
    assert!(tokens.answer.get("scope").is_none(), "what was granted is not said");
    harness.advance(3_601);
    assert_eq!(get(&harness, &tokens.access, "/users/me").await.status, StatusCode::UNAUTHORIZED);
    let refresh = tokens.refresh.unwrap();
    for _ in 0..2 {
        let renewed = harness.refresh(TOKEN, &refresh).await.good();
        assert!(renewed.get("refresh_token").is_none(), "it is not rotated");
        assert_eq!(get(&harness, renewed["access_token"].as_str().unwrap(), "/users/me").await.status, StatusCode::OK);
    }
    let revoke = [("token", refresh.as_str()), ("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-asana")];
    assert_eq!(harness.form("/-/oauth_revoke", &revoke).await.status, StatusCode::OK);
    assert_eq!(harness.refresh(TOKEN, &refresh).await.json()["error"], "invalid_grant");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn each_endpoint_wants_its_scope_and_default_covers_all() {
    let harness = harness();
    let token = sign_in(&harness, "users:read").await;
    assert_eq!(get(&harness, &token, "/users/me").await.status, StatusCode::OK);
    for (path, scope) in [("/workspaces", "workspaces:read"), ("/projects", "projects:read"), ("/tasks/1", "tasks:read")] {
        let got = get(&harness, &token, path).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN);
        assert!(message(&got).contains(scope), "{}", got.text());
    }
    let got = post(&harness, &token, "/tasks", json!({ "name": "x" })).await;
    assert_eq!((got.status, message(&got).contains("tasks:write")), (StatusCode::FORBIDDEN, true));
    let led_to = harness.consent(AUTHORIZE, &[("response_type", "code")], MANAGER, &[]).await;
    let token = harness.tokens(TOKEN, &led_to).await.access;
    assert_eq!(get(&harness, &token, "/workspaces").await.status, StatusCode::OK, "no scope asked for is the scope `default`");
    assert_eq!(get(&harness, "", "/users/me").await.status, StatusCode::UNAUTHORIZED);
    let unknown = harness.consent(AUTHORIZE, &[("response_type", "code"), ("scope", "sections:read")], MANAGER, &[]).await;
    assert!(unknown.as_str().contains("error=invalid_scope"), "{unknown}");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_spent_minute_is_told_with_the_seconds_to_wait() {
    let harness = harness();
    let token = sign_in(&harness, "users:read").await;
    harness.control("PUT", "/limits", json!({ "calls": 2 })).await;
    for _ in 0..2 {
        assert_eq!(get(&harness, &token, "/users/me").await.status, StatusCode::OK);
    }
    let refused = get(&harness, &token, "/users/me").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let seconds: i64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&seconds), "{seconds}");
    harness.advance(seconds);
    assert_eq!(get(&harness, &token, "/users/me").await.status, StatusCode::OK);
}
