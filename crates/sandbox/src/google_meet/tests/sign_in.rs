//! Google's sign-in at Meet: scopes of methods, service accounts.

use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{EMAIL, FILES, MANAGER, READ, RECORDS, TOKEN, harness, sign_in, token};
use crate::harness::Harness;

#[tokio::test]
async fn each_method_wants_its_scope() {
    let harness = harness();
    let only = |scope| sign_in(&harness, MANAGER, std::slice::from_ref(scope));
    let email = only(&EMAIL).await.access;
    let refused = harness.get(RECORDS, &email).await;
    assert_eq!((refused.status, &refused.json()["error"]["status"]), (StatusCode::FORBIDDEN, &json!("PERMISSION_DENIED")));
    assert_eq!(refused.json()["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    let account = harness.get("/oauth2/v2/userinfo", &email).await.good();
    assert_eq!((&account["email"], account["id"].as_str().map(str::len)), (&json!(MANAGER), Some(21)));

    let read = only(&READ).await.access;
    harness.get(RECORDS, &read).await.good();
    assert_eq!(harness.get("/drive/v3/files/x", &read).await.status, StatusCode::FORBIDDEN);
    let files = only(&FILES).await.access;
    assert_eq!(harness.get("/drive/v3/files/x", &files).await.json()["error"]["errors"][0]["reason"], "notFound");
    assert_eq!(harness.get(RECORDS, "").await.json()["error"]["status"], "UNAUTHENTICATED");
    harness.assert_answers_fit();
}

const PRIVATE: &[u8] = include_bytes!("../../kit/oauth/keys/rsa-private.pem");
const PUBLIC: &str = include_str!("../../kit/oauth/keys/rsa-public.pem");

async fn grant(harness: &Harness, claims: &Value) -> (StatusCode, Value) {
    let key = EncodingKey::from_rsa_pem(PRIVATE).unwrap();
    let assertion = encode(&Header::new(Algorithm::RS256), claims, &key).unwrap();
    let fields = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
    let got = harness.form(TOKEN, &fields).await;
    (got.status, got.json())
}

#[tokio::test]
async fn a_service_account_acts_for_a_person_of_the_domain() {
    let harness = harness();
    let client =
        json!({ "tool": "google-meet", "client_id": "hub@p.iam.gserviceaccount.com", "client_secret": "-", "public_key_pem": PUBLIC });
    crate::probe::Probe { sandbox: harness.sandbox.clone(), token: None }.post("/_sandbox/clients", &client).await;
    let now = harness.sandbox.kit().clock.now().as_second();
    let claims = json!({
        "iss": "hub@p.iam.gserviceaccount.com", "sub": MANAGER, "scope": format!("{EMAIL} {READ}"),
        "aud": "http://127.0.0.1:9400/google-meet/token", "iat": now, "exp": now + 180,
    });
    let (status, answer) = grant(&harness, &claims).await;
    assert_eq!((status, answer.get("refresh_token")), (StatusCode::OK, None));
    let access = answer["access_token"].as_str().unwrap();
    assert_eq!(harness.get("/oauth2/v2/userinfo", access).await.good()["email"], MANAGER);
    harness.get(RECORDS, access).await.good();
    assert_eq!(harness.get("/drive/v3/files/x", access).await.status, StatusCode::FORBIDDEN, "what was not asked for is not granted");
    for (field, wrong) in
        [("iss", json!("other")), ("sub", json!("nobody@demo.example")), ("aud", json!("https://elsewhere")), ("exp", json!(now - 1))]
    {
        let mut claims = claims.clone();
        claims[field] = wrong;
        let (status, answer) = grant(&harness, &claims).await;
        assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")), "{field}");
    }
}

#[tokio::test]
async fn a_spent_quota_is_answered_with_429() {
    let harness = harness();
    let token = token(&harness, MANAGER).await;
    harness.control("PUT", "/quota", json!({ "burst": 1 })).await;
    harness.get(RECORDS, &token).await.good();
    let refused = harness.get(RECORDS, &token).await;
    assert_eq!((refused.status, &refused.json()["error"]["status"]), (StatusCode::TOO_MANY_REQUESTS, &json!("RESOURCE_EXHAUSTED")));
}
