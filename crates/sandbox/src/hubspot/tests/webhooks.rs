//! Webhooks of the app: signed batches of what people and apps changed.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::hooks::signature;
use super::{CONTACTS, contact, ready, with};
use crate::harness::Harness;
use crate::probe::Receiver;

const SECRET: &str = "sandbox-secret-hubspot";

async fn subscribe(harness: &Harness, url: &str, events: &[(&str, Option<&str>)]) -> StatusCode {
    let lines: Vec<Value> = events.iter().map(|(kind, property)| json!({ "event_type": kind, "property_name": property })).collect();
    harness.control("PUT", "/webhooks", json!({ "target_url": url, "secret": null, "subscriptions": lines })).await.status
}

fn events(body: &str) -> Vec<Value> {
    serde_json::from_str(body).unwrap_or_default()
}

#[tokio::test]
async fn what_a_person_does_is_sent_and_signed() {
    let (harness, _) = ready().await;
    let receiver = Receiver::open().await;
    let wanted = [("contact.creation", None), ("contact.propertyChange", Some("firstname")), ("contact.deletion", None)];
    assert_eq!(subscribe(&harness, &receiver.url, &wanted).await, StatusCode::NO_CONTENT);
    let made =
        harness.control("POST", "/objects/contacts", json!({ "properties": { "firstname": "New", "email": "n@customers.example" } }));
    let id = made.await.good()["id"].as_str().and_then(|id| id.parse::<u64>().ok()).unwrap_or_default();
    harness.control("PATCH", &format!("/objects/contacts/{id}"), json!({ "properties": { "firstname": "Newer" } })).await.good();
    harness.control("DELETE", &format!("/objects/contacts/{id}"), json!({})).await;
    harness.sandbox.kit().webhooks.flush().await;
    let came = receiver.take();
    let all: Vec<Value> = came.iter().flat_map(|one| events(&one.text())).collect();
    let kinds: Vec<&str> = all.iter().filter_map(|event| event["subscriptionType"].as_str()).collect();
    assert_eq!(kinds, ["contact.creation", "contact.propertyChange", "contact.propertyChange", "contact.deletion"]);
    assert!(all.iter().all(|event| event["objectId"] == json!(id) && event["portalId"] == json!(2_468_101)));
    assert_eq!((&all[2]["propertyName"], &all[2]["propertyValue"]), (&json!("firstname"), &json!("Newer")));
    assert_eq!((&all[0]["changeSource"], &all[0]["attemptNumber"]), (&json!("CRM_UI"), &json!(0)));
    for one in &came {
        let stamp = one.header("x-hubspot-request-timestamp");
        assert_eq!(one.header("x-hubspot-signature-v3"), signature(SECRET, "POST", &receiver.url, &one.text(), stamp));
    }
    assert_eq!(harness.effects().len(), 0, "a person's edits are not effects of ours");
}

#[tokio::test]
async fn our_own_writes_echo_in_batches_of_a_hundred() {
    let (harness, token) = ready().await;
    let receiver = Receiver::open().await;
    let wanted = [("contact.creation", None), ("contact.propertyChange", Some("email"))];
    subscribe(&harness, &receiver.url, &wanted).await;
    let inputs: Vec<Value> = (0..60).map(|number| with(&json!({ "email": format!("c{number}@customers.example") }))).collect();
    harness.post(&format!("{CONTACTS}/batch/create"), &token, json!({ "inputs": inputs })).await.good();
    harness.sandbox.kit().webhooks.flush().await;
    let sizes: Vec<usize> = receiver.take().iter().map(|one| events(&one.text()).len()).collect();
    assert_eq!(sizes, [100, 20]);
}

#[tokio::test]
async fn a_failed_batch_is_tried_again_with_a_new_signature() {
    let (harness, token) = ready().await;
    let receiver = Receiver::open().await;
    subscribe(&harness, &receiver.url, &[("contact.creation", None)]).await;
    receiver.answer(500);
    contact(&harness, &token, "one@customers.example").await;
    harness.sandbox.kit().webhooks.flush().await;
    receiver.answer(200);
    harness.advance(61);
    assert_eq!(harness.sandbox.kit().webhooks.deliver_due().await, 1);
    let came = receiver.take();
    assert_eq!(events(&came[1].text())[0]["attemptNumber"], 1);
    assert_eq!(events(&came[0].text())[0]["eventId"], events(&came[1].text())[0]["eventId"]);
    assert_ne!(came[0].header("x-hubspot-signature-v3"), came[1].header("x-hubspot-signature-v3"));
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_refused() {
    let (harness, _) = ready().await;
    let url = "http://127.0.0.1:9/hook";
    for wanted in [
        ("contact.propertyChange", Some("lastmodifieddate")),
        ("contact.propertyChange", None),
        ("contact.propertyChange", Some("no_such_property")),
        ("contact.creation", Some("email")),
        ("meeting.creation", None),
        ("contact.party", None),
    ] {
        assert_eq!(subscribe(&harness, url, &[wanted]).await, StatusCode::BAD_REQUEST, "{wanted:?}");
    }
}

/// The vector of HubSpot/hubspot-api-python `tests/spec/utils/test_signature.py` (Apache-2.0), as in specs/webhook-vectors.
#[test]
fn the_signature_is_that_of_the_official_vector() {
    let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    let body = "{'example_field':'example_value'}";
    let signed = signature(secret, "POST", "https://www.example.com/webhook_uri", body, "1693657560000");
    assert_eq!(signed, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=");
}
