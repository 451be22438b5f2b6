//! Subscriptions to events, and the pushes by which they come.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use super::{DESIGNER, EMAIL, MANAGER, harness, hold, sign_in, token};
use crate::harness::Harness;
use crate::mailbox::Mailbox;

const TOPIC: &str = "projects/p/topics/t";
const SUBSCRIPTIONS: &str = "/v1/subscriptions";
const ENDED: &str = "google.workspace.meet.conference.v2.ended";
const PUSHER: &str = "pusher@p.iam.gserviceaccount.com";

async fn own_target(harness: &Harness, token: &str) -> String {
    let account = harness.get("/oauth2/v2/userinfo", token).await.good();
    format!("//cloudidentity.googleapis.com/users/{}", account["id"].as_str().unwrap())
}

fn wanted(target: &str) -> Value {
    json!({ "targetResource": target, "eventTypes": [ENDED], "notificationEndpoint": { "pubsubTopic": TOPIC } })
}

async fn topic(harness: &Harness, endpoint: &str) {
    let push = json!({ "topic": TOPIC, "endpoint": endpoint, "service_account": PUSHER });
    assert_eq!(harness.control("PUT", "/topics", push).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_the_description_does_not_allow_is_refused() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let own = own_target(&harness, &access).await;
    let post = async |body: Value| harness.post(SUBSCRIPTIONS, &access, body).await.status.as_u16();
    assert_eq!(post(wanted(&own)).await, 403, "there is no topic");
    topic(&harness, "http://127.0.0.1:9/hooks").await;
    let with = |name: &str, value: Value| {
        let mut body = wanted(&own);
        body[name] = value;
        body
    };
    let other = token(&harness, DESIGNER).await;
    assert_eq!(post(wanted(&own_target(&harness, &other).await)).await, 403, "somebody else's spaces");
    for (name, value) in [
        ("eventTypes", json!([])),
        ("eventTypes", json!(["google.workspace.meet.conference.v2.imagined"])),
        ("payloadOptions", json!({ "includeResource": true })),
        ("ttl", json!("700000s")),
        ("ttl", json!("-1s")),
        ("ttl", json!("a week")),
        ("targetResource", json!("//chat.googleapis.com/spaces/1")),
        ("notificationEndpoint", json!({})),
        ("color", json!("red")),
    ] {
        assert_eq!(post(with(name, value.clone())).await, 400, "{name}: {value}");
    }
    let only = sign_in(&harness, MANAGER, &[EMAIL]).await.access;
    assert_eq!(harness.post(SUBSCRIPTIONS, &only, wanted(&own)).await.status, StatusCode::FORBIDDEN);
    harness.post(&format!("{SUBSCRIPTIONS}?validateOnly=true"), &access, wanted(&own)).await.good();
    assert!(harness.effects().is_empty(), "nothing was made");
}

#[tokio::test]
async fn a_person_has_one_subscription_which_lives_a_week_and_can_be_renewed() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    topic(&harness, "http://127.0.0.1:9/hooks").await;
    let own = own_target(&harness, &access).await;
    let made = harness.post(SUBSCRIPTIONS, &access, wanted(&own)).await.good();
    assert_eq!((&made["done"], &made["response"]["state"]), (&json!(true), &json!("ACTIVE")));
    let second = harness.post(SUBSCRIPTIONS, &access, wanted(&own)).await;
    assert_eq!((second.status, &second.json()["error"]["status"]), (StatusCode::CONFLICT, &json!("ALREADY_EXISTS")));

    let name = made["response"]["name"].as_str().unwrap();
    let expires = |answer: &Value| answer["expireTime"].as_str().unwrap().parse::<Timestamp>().unwrap();
    harness.advance(3_600 - 60);
    let patch = async |query: &str, body: Value| harness.call("PATCH", &format!("/v1/{name}{query}"), &access, Some(&body)).await;
    let renewed = patch("?updateMask=ttl", json!({ "ttl": "0s" })).await.good();
    assert!(expires(&renewed["response"]) > expires(&made["response"]));
    for (query, body) in [("", json!({ "targetResource": own })), ("?updateMask=state", json!({})), ("", json!({ "eventTypes": ["x"] }))] {
        assert_eq!(patch(query, body).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let filter: String =
        url::form_urlencoded::byte_serialize(format!("event_types:\"{ENDED}\" AND target_resource=\"{own}\"").as_bytes()).collect();
    let found = harness.get(&format!("{SUBSCRIPTIONS}?filter={filter}"), &access).await.good();
    assert_eq!(found["subscriptions"][0]["name"], name);
    assert_eq!(harness.get(SUBSCRIPTIONS, &access).await.status, StatusCode::BAD_REQUEST, "a filter is required");
    assert_eq!(harness.post(&format!("/v1/{name}:reactivate"), &access, json!({})).await.status, StatusCode::BAD_REQUEST);

    let other = token(&harness, DESIGNER).await;
    assert_eq!(harness.get(&format!("/v1/{name}"), &other).await.status, StatusCode::NOT_FOUND);
    let delete = async |query: &str| harness.call("DELETE", &format!("/v1/{name}{query}"), &access, None).await.status.as_u16();
    assert_eq!((delete("").await, delete("").await, delete("?allowMissing=true").await), (200, 404, 200));
    let effects: Vec<String> = harness.effects().into_iter().map(|(action, _)| action).collect();
    assert_eq!(effects, ["subscription.create", "subscription.update", "subscription.delete"]);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn an_expired_subscription_is_gone_and_tells_nothing() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let mailbox = Mailbox::open().await.unwrap();
    topic(&harness, &mailbox.address("/hooks")).await;
    let own = own_target(&harness, &access).await;
    let made = harness.post(SUBSCRIPTIONS, &access, wanted(&own)).await.good();
    harness.advance(7 * 24 * 3_600);
    let access = token(&harness, MANAGER).await;
    hold(&harness, json!({})).await;
    harness.sandbox.kit().webhooks.flush().await;
    assert!(mailbox.letters().is_empty());
    assert_eq!(harness.get(&format!("/v1/{}", made["response"]["name"].as_str().unwrap()), &access).await.status, StatusCode::NOT_FOUND);
    harness.post(SUBSCRIPTIONS, &access, wanted(&own)).await.good();
}

#[tokio::test]
async fn a_push_names_its_caller_by_a_token_that_the_published_key_proves() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let mailbox = Mailbox::open().await.unwrap();
    let endpoint = mailbox.address("/hooks/google-meet");
    topic(&harness, &endpoint).await;
    let own = own_target(&harness, &access).await;
    let made = harness.post(SUBSCRIPTIONS, &access, wanted(&own)).await.good();
    let id = hold(&harness, json!({})).await["id"].as_str().unwrap().to_owned();
    hold(&harness, json!({ "owner": DESIGNER })).await;
    harness.sandbox.kit().webhooks.flush().await;
    let letters = mailbox.letters();
    assert_eq!(letters.len(), 1, "the end of the own conference, as was asked, and nobody else's");

    let body: Value = serde_json::from_slice(&letters[0].body).unwrap();
    let attribute = |name: &str| body["message"]["attributes"][name].as_str().unwrap().to_owned();
    assert_eq!((attribute("ce-type"), attribute("ce-subject")), (ENDED.to_owned(), own));
    assert_eq!(attribute("ce-source"), format!("//workspaceevents.googleapis.com/{}", made["response"]["name"].as_str().unwrap()));
    let data: Value = serde_json::from_slice(&STANDARD.decode(body["message"]["data"].as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(data, json!({ "conferenceRecord": { "name": format!("conferenceRecords/{id}") } }));

    let keys: JwkSet = serde_json::from_value(harness.get("/oauth2/v3/certs", "").await.good()).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[endpoint]);
    rules.set_issuer(&["https://accounts.google.com"]);
    let token = letters[0].headers["authorization"].strip_prefix("Bearer ").unwrap();
    let claims = decode::<Value>(token, &DecodingKey::from_jwk(&keys.keys[0]).unwrap(), &rules).unwrap().claims;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(PUSHER), &json!(true)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
}

#[tokio::test]
async fn a_push_that_is_not_taken_comes_again_with_the_same_id_and_a_fresh_token() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let mailbox = Mailbox::with_reader(std::sync::Arc::new(|_| (503, "text/plain", String::new()))).await.unwrap();
    topic(&harness, &mailbox.address("/hooks")).await;
    let own = own_target(&harness, &access).await;
    harness.post(SUBSCRIPTIONS, &access, wanted(&own)).await.good();
    hold(&harness, json!({})).await;
    let webhooks = &harness.sandbox.kit().webhooks;
    assert_eq!(webhooks.deliver_due().await, 0);
    harness.advance(60);
    webhooks.deliver_due().await;
    let letters = mailbox.letters();
    assert_eq!((letters.len(), &letters[0].body), (2, &letters[1].body));
    assert_ne!(letters[0].headers["authorization"], letters[1].headers["authorization"]);
}

#[tokio::test]
async fn a_suspended_subscription_says_so_and_is_silent_until_it_is_reactivated() {
    let harness = harness();
    let access = token(&harness, MANAGER).await;
    let mailbox = Mailbox::open().await.unwrap();
    topic(&harness, &mailbox.address("/hooks")).await;
    let own = own_target(&harness, &access).await;
    let made = harness.post(SUBSCRIPTIONS, &access, wanted(&own)).await.good();
    let name = made["response"]["name"].as_str().unwrap();
    harness.control("POST", &format!("/{name}/suspend"), json!({})).await;
    hold(&harness, json!({})).await;
    assert_eq!(harness.get(&format!("/v1/{name}"), &access).await.good()["state"], "SUSPENDED");
    harness.post(&format!("/v1/{name}:reactivate"), &access, json!({})).await.good();
    hold(&harness, json!({})).await;
    harness.sandbox.kit().webhooks.flush().await;
    let types: Vec<String> = mailbox
        .letters()
        .iter()
        .map(|letter| {
            let body: Value = serde_json::from_slice(&letter.body).unwrap();
            body["message"]["attributes"]["ce-type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(types, ["google.workspace.events.subscription.v1.suspended", ENDED]);
    harness.assert_answers_fit();
}
