//! Entra: tokens of people and of the application.

use axum::http::StatusCode;
use serde_json::json;

use super::{MANAGER, SCOPES, TOKEN, application, code, harness, sign_in};

#[tokio::test]
async fn a_person_gets_a_refresh_token_for_offline_access_alone_and_each_refresh_brings_another() {
    let harness = harness();
    let tokens = sign_in(&harness, SCOPES).await;
    assert_eq!(tokens.answer["scope"], json!("User.Read Calendars.Read"), "what keeps one signed in is never named");
    let first = tokens.refresh.expect("asked for");
    let second = harness.refresh(TOKEN, &first).await.good();
    assert!(second["refresh_token"].is_string() && second["refresh_token"] != json!(first));
    harness.refresh(TOKEN, &first).await.good();
    let without = sign_in(&harness, "User.Read").await;
    assert_eq!(without.answer["refresh_token"], json!(null));
}

#[tokio::test]
async fn entra_numbers_its_refusals() {
    let harness = harness();
    let refused = harness.refresh(TOKEN, "unknown").await;
    assert_eq!((refused.status, refused.json()["error"].clone()), (StatusCode::BAD_REQUEST, json!("invalid_grant")));
    assert!(refused.json()["error_description"].as_str().unwrap().starts_with("AADSTS"));
    let tokens = sign_in(&harness, SCOPES).await;
    harness.sandbox.kit().clock.advance(jiff::SignedDuration::from_hours(2));
    let expired = harness.get("/v1.0/me", &tokens.access).await;
    assert_eq!((expired.status, code(&expired)), (StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken".to_owned()));
}

#[tokio::test]
async fn an_application_reads_the_mailboxes_of_people_and_is_nobody_itself() {
    let harness = harness();
    let answer = application(&harness).await.good();
    assert_eq!((answer["refresh_token"].clone(), answer["scope"].clone()), (json!(null), json!(null)));
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(harness.get("/v1.0/me", token).await.status, StatusCode::BAD_REQUEST);
    let user = harness.get(&format!("/v1.0/users/{MANAGER}?$select=id,mail"), token).await.good();
    assert_eq!(user["mail"], json!(MANAGER));
    assert_eq!(harness.get("/v1.0/users/nobody@demo.example", token).await.status, StatusCode::NOT_FOUND);
    let person = sign_in(&harness, SCOPES).await;
    let other = harness.get("/v1.0/users/marketing@demo.example", &person.access).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN, "a person reads no other person's");
    harness.assert_answers_fit();
}
