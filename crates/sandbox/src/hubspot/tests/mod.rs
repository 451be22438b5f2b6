//! Tests of the emulated HubSpot, by what they are about. The way to a token and the usual calls are here.

mod associations;
mod batch;
mod limits;
mod oauth;
mod objects;
mod properties;
mod search;
mod webhooks;

use serde_json::{Value, json};

use crate::harness::{Harness, Tokens};
use crate::probe::Got;

const AUTHORIZE: &str = "/oauth/authorize";
const TOKEN: &str = "/oauth/v1/token";
const SCOPES: &str = "oauth crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read \
    crm.objects.deals.read crm.objects.deals.write crm.objects.owners.read crm.schemas.contacts.write";
const MANAGER: &str = "project.manager@demo.example";
const CONTACTS: &str = "/crm/v3/objects/contacts";
const MEETINGS: &str = "/crm/v3/objects/meetings";

fn harness() -> Harness {
    Harness::new("hubspot", super::tool)
}

async fn sign_in(harness: &Harness, scopes: &str) -> Tokens {
    let led_to = harness.consent(AUTHORIZE, &[("scope", scopes)], MANAGER, &[]).await;
    harness.tokens(TOKEN, &led_to).await
}

/// A harness and a token with the usual scopes.
async fn ready() -> (Harness, String) {
    let harness = harness();
    let token = sign_in(&harness, SCOPES).await.access;
    (harness, token)
}

fn with(properties: &Value) -> Value {
    json!({ "properties": properties, "associations": [] })
}

async fn contact(harness: &Harness, token: &str, email: &str) -> String {
    let answer = harness.post(CONTACTS, token, with(&json!({ "email": email }))).await.good();
    answer["id"].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn refused(answer: &Got, status: u16, category: &str) -> Value {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), body["category"].as_str()), (status, Some(category)), "{body}");
    assert_eq!(body["status"], "error");
    assert!(body["correlationId"].as_str().is_some_and(|id| id.len() == 36));
    body
}
