//! HubSpot's sign-in: optional scopes, lives of tokens, what it tells of them, its words for mistakes.

use axum::http::StatusCode;
use serde_json::json;

use super::{AUTHORIZE, CONTACTS, MANAGER, SCOPES, TOKEN, contact, harness, ready, refused, sign_in, with};

#[tokio::test]
async fn a_token_lives_half_an_hour_and_the_refresh_token_stays() {
    let harness = harness();
    let tokens = sign_in(&harness, SCOPES).await;
    assert_eq!((&tokens.answer["token_type"], &tokens.answer["expires_in"]), (&json!("bearer"), &json!(1800)));
    assert_eq!(tokens.answer["hub_id"], 2_468_101);
    harness.get(CONTACTS, &tokens.access).await.good();
    harness.advance(1801);
    refused(&harness.get(CONTACTS, &tokens.access).await, 401, "EXPIRED_AUTHENTICATION");
    let refresh = tokens.refresh.expect("a refresh token");
    let next = harness.refresh(TOKEN, &refresh).await.good();
    harness.get(CONTACTS, next["access_token"].as_str().unwrap_or_default()).await.good();
    harness.refresh(TOKEN, &refresh).await.good();
}

#[tokio::test]
async fn optional_scopes_are_granted_where_the_account_has_them() {
    let harness = harness();
    let query = [("scope", "oauth crm.objects.contacts.read"), ("optional_scope", "crm.objects.deals.read crm.objects.owners.read")];
    harness.control("PUT", "/withheld-scopes", json!(["crm.objects.deals.read"])).await;
    let led_to = harness.consent(AUTHORIZE, &query, MANAGER, &[]).await;
    let tokens = harness.tokens(TOKEN, &led_to).await;
    assert_eq!(tokens.answer["scopes"], json!(["oauth", "crm.objects.contacts.read", "crm.objects.owners.read"]));
    let denied = refused(&harness.get("/crm/v3/objects/deals", &tokens.access).await, 403, "MISSING_SCOPES");
    assert_eq!(denied["errors"][0]["context"]["requiredGranularScopes"], json!(["crm.objects.deals.read"]));
    let denied = harness.post(CONTACTS, &tokens.access, with(&json!({ "email": "a@b.example" }))).await;
    refused(&denied, 403, "MISSING_SCOPES");
}

#[tokio::test]
async fn tokens_are_told_about() {
    let harness = harness();
    let tokens = sign_in(&harness, SCOPES).await;
    let told = harness.get(&format!("/oauth/v1/access-tokens/{}", tokens.access), "").await.good();
    assert_eq!((&told["user"], &told["hub_id"], &told["token_type"]), (&json!(MANAGER), &json!(2_468_101), &json!("access")));
    assert!(told["app_id"].is_u64() && told["user_id"].is_u64() && told["scopes"].is_array());
    let refresh = tokens.refresh.expect("a refresh token");
    let told = harness.get(&format!("/oauth/v1/refresh-tokens/{refresh}"), "").await.good();
    assert_eq!(told["client_id"], "harmony-sandbox");
    refused(&harness.get("/oauth/v1/access-tokens/unknown", "").await, 404, "OBJECT_NOT_FOUND");
}

#[tokio::test]
async fn a_deleted_refresh_token_leaves_access_tokens_alive() {
    let harness = harness();
    let tokens = sign_in(&harness, SCOPES).await;
    let refresh = tokens.refresh.expect("a refresh token");
    let path = format!("/oauth/v1/refresh-tokens/{refresh}");
    assert_eq!(harness.call("DELETE", &path, "", None).await.status, StatusCode::NO_CONTENT);
    harness.get(CONTACTS, &tokens.access).await.good();
    let answer = harness.refresh(TOKEN, &refresh).await;
    assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::BAD_REQUEST, &json!("BAD_REFRESH_TOKEN")));
    assert_eq!(harness.call("DELETE", &path, "", None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mistakes_at_the_token_endpoint_have_their_own_words() {
    let harness = harness();
    let led_to = harness.consent(AUTHORIZE, &[("scope", SCOPES)], MANAGER, &[]).await;
    harness.exchange(TOKEN, &led_to).await.good();
    assert_eq!(harness.exchange(TOKEN, &led_to).await.json()["status"], "BAD_AUTH_CODE");
    let form = |secret: &'static str, grant: &'static str| {
        [("grant_type", grant), ("refresh_token", "x"), ("client_id", "harmony-sandbox"), ("client_secret", secret)]
    };
    for (fields, word) in [
        (form("wrong", "refresh_token"), "BAD_CLIENT_SECRET"),
        (form("sandbox-secret-hubspot", "password"), "BAD_GRANT_TYPE"),
        (form("sandbox-secret-hubspot", "refresh_token"), "BAD_REFRESH_TOKEN"),
    ] {
        let answer = harness.form(TOKEN, &fields).await;
        assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::BAD_REQUEST, &json!(word)));
    }
}

#[tokio::test]
async fn calls_without_a_token_are_refused() {
    let (harness, token) = ready().await;
    contact(&harness, &token, "someone@demo.example").await;
    refused(&harness.get(CONTACTS, "").await, 401, "INVALID_AUTHENTICATION");
    refused(&harness.get(CONTACTS, "nonsense").await, 401, "INVALID_AUTHENTICATION");
}
