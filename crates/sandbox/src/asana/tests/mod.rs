//! Asana over its router. Shared: signing in, a project, a task. The cases are in the files beside this one.

mod events;
mod sign_in;
mod tasks;
mod webhooks;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::ID;
use crate::harness::Harness;
use crate::probe::Got;

const MANAGER: &str = "project.manager@demo.example";
const AUTHORIZE: &str = "/-/oauth_authorize";
const TOKEN: &str = "/-/oauth_token";
const EVERYTHING: &str =
    "users:read workspaces:read projects:read tasks:read tasks:write tasks:delete webhooks:read webhooks:write webhooks:delete";

fn harness() -> Harness {
    Harness::new(ID, super::tool)
}

/// The access token of a sign-in with these scopes.
async fn sign_in(harness: &Harness, scopes: &str) -> String {
    let led_to = harness.consent(AUTHORIZE, &[("response_type", "code"), ("scope", scopes)], MANAGER, &[]).await;
    harness.tokens(TOKEN, &led_to).await.access
}

async fn get(harness: &Harness, token: &str, path: &str) -> Got {
    harness.get(&format!("/api/1.0{path}"), token).await
}

async fn post(harness: &Harness, token: &str, path: &str, data: Value) -> Got {
    harness.post(&format!("/api/1.0{path}"), token, json!({ "data": data })).await
}

/// The id of a project, by its name.
async fn project(harness: &Harness, token: &str, name: &str) -> String {
    let projects = get(harness, token, "/projects").await.good();
    let found = projects["data"].as_array().unwrap().iter().find(|project| project["name"] == name);
    found.unwrap()["gid"].as_str().unwrap().to_owned()
}

/// A new task of the project "Product"; its id.
async fn task(harness: &Harness, token: &str, name: &str) -> String {
    let product = project(harness, token, "Product").await;
    let made = post(harness, token, "/tasks", json!({ "name": name, "projects": [product] })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    made.json()["data"]["gid"].as_str().unwrap().to_owned()
}

fn message(got: &Got) -> String {
    got.json()["errors"][0]["message"].as_str().unwrap().to_owned()
}
