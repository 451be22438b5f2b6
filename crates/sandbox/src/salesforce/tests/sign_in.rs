//! Signing in, and what a session may do.

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use super::{API, AUTHORIZE, MANAGER, code, form, harness, query, sign_in, token};

#[tokio::test]
async fn a_token_tells_where_the_data_are_and_not_when_it_ends() {
    let harness = harness();
    let tokens = sign_in(&harness, "api refresh_token").await;
    assert_eq!(tokens.answer["instance_url"], "http://127.0.0.1:9400/salesforce/instance");
    assert_eq!(tokens.answer["scope"], "api refresh_token");
    assert!(tokens.answer.get("expires_in").is_none() && tokens.refresh.is_some());
    let elsewhere = harness.get("/services/data/v64.0/limits", &tokens.access).await;
    assert_eq!(elsewhere.status.as_u16(), 404, "the sign-in's address has no data");
    harness.sandbox.kit().clock.advance(SignedDuration::from_hours(3));
    let got = harness.get(&format!("{API}/limits"), &tokens.access).await;
    assert_eq!(code(&got), (401, "INVALID_SESSION_ID".into()));
}

#[tokio::test]
async fn a_proof_key_is_asked_for_and_without_the_scope_there_is_no_refresh_token() {
    let harness = harness();
    let led_to = harness.get(&format!("{AUTHORIZE}?response_type=code&client_id=harmony-sandbox&redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fconnect%2Fcallback&scope=api"), "").await;
    assert!(!led_to.status.is_success(), "{}", led_to.text());
    assert!(sign_in(&harness, "api").await.refresh.is_none());
}

#[tokio::test]
async fn a_refresh_token_rotates_and_one_used_twice_ends_the_whole_sign_in() {
    let harness = harness();
    let tokens = sign_in(&harness, "api refresh_token").await;
    let old = tokens.refresh.unwrap();
    let refresh = async |token: &str| form(&harness, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    let fresh = refresh(&old).await.good();
    let (access, newer) = (fresh["access_token"].as_str().unwrap(), fresh["refresh_token"].as_str().unwrap());
    assert!(newer != old && fresh["instance_url"].is_string());
    assert!(harness.get(&format!("{API}/limits"), access).await.status.is_success());
    let again = refresh(&old).await;
    assert_eq!((again.status.as_u16(), &again.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(code(&harness.get(&format!("{API}/limits"), access).await), (401, "INVALID_SESSION_ID".into()));
    assert_eq!(refresh(newer).await.status.as_u16(), 400, "the whole family is gone");
}

#[tokio::test]
async fn a_signed_assertion_is_good_for_the_user_whom_it_names() {
    let harness = harness();
    let client = json!({
        "tool": "salesforce", "client_id": "service", "client_secret": "unused",
        "public_key_pem": include_str!("../../kit/oauth/keys/rsa-public.pem"),
    });
    let registered = crate::probe::Probe { sandbox: harness.sandbox.clone(), token: None }.post("/_sandbox/clients", &client).await;
    assert!(registered.status.is_success());
    let key = EncodingKey::from_rsa_pem(include_bytes!("../../kit/oauth/keys/rsa-private.pem")).unwrap();
    let ask = async |subject: &str, audience: &str| {
        let claims =
            json!({ "iss": "service", "sub": subject, "aud": audience, "exp": harness.sandbox.kit().clock.now().as_second() + 60 });
        let assertion = encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
        harness.form(super::TOKEN, &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)]).await
    };
    let good = ask(MANAGER, "https://login.salesforce.com").await.good();
    assert!(good["instance_url"].is_string() && good.get("refresh_token").is_none());
    for bad in [ask("stranger@nowhere.example", "https://login.salesforce.com").await, ask(MANAGER, "https://elsewhere.example").await] {
        assert_eq!((bad.status.as_u16(), &bad.json()["error"]), (400, &json!("invalid_grant")));
    }
}

#[tokio::test]
async fn editions_rights_and_the_days_calls_have_their_errors() {
    let harness = harness();
    let token = token(&harness).await;
    let limits = format!("{API}/limits");
    let got = harness.get(&limits, &token).await;
    assert_eq!(got.headers["sforce-limit-info"], "api-usage=1/15000");
    harness.control("PUT", "/usage", json!({ "used": 15_000, "most": 15_000 })).await;
    assert_eq!(code(&harness.get(&limits, &token).await), (403, "REQUEST_LIMIT_EXCEEDED".into()));
    harness.control("PUT", "/usage", json!({ "used": 0, "most": 15_000 })).await;
    harness.control("PUT", "/withheld", json!({ "objects": ["Lead"] })).await;
    assert_eq!(code(&query(&harness, &token, "SELECT Id FROM Lead").await), (403, "INSUFFICIENT_ACCESS".into()));
    harness.control("PUT", "/edition", json!({ "api": false })).await;
    assert_eq!(code(&harness.get(&limits, &token).await), (403, "API_DISABLED_FOR_ORG".into()));
    assert_eq!(code(&harness.get("/instance/services/data/v64.0/limits", "").await), (401, "INVALID_AUTH_HEADER".into()));
    let nowhere = harness.get("/instance/services/data/v99.0/limits", &token).await;
    assert!(nowhere.status.is_client_error());
}
