//! Notion over its router. Shared: signing in, calls with the version, a database, a page. The cases are in the files beside this one.

mod blocks;
mod pages;
mod queries;
mod sign_in;
mod webhooks;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::ID;
use crate::harness::Harness;
use crate::probe::{Got, Probe};

const MANAGER: &str = "project.manager@demo.example";
const AUTHORIZE: &str = "/v1/oauth/authorize";

fn harness() -> Harness {
    Harness::new(ID, super::tool)
}

async fn send(harness: &Harness, request: Request<Body>) -> Got {
    Probe { sandbox: harness.sandbox.clone(), token: None }.send(request).await
}

/// Calls the token or the revoke endpoint as Notion wants it: Basic, and JSON.
async fn oauth(harness: &Harness, path: &str, secret: &str, body: &Value) -> Got {
    let basic = STANDARD.encode(format!("harmony-sandbox:{secret}"));
    let request = Request::post(format!("/notion{path}")).header(header::AUTHORIZATION, format!("Basic {basic}"));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap();
    send(harness, request).await
}

async fn code(harness: &Harness) -> String {
    let led_to: Url = harness.consent(AUTHORIZE, &[("response_type", "code"), ("owner", "user")], MANAGER, &[]).await;
    led_to.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

async fn tokens(harness: &Harness) -> Value {
    let body = json!({ "grant_type": "authorization_code", "code": code(harness).await, "redirect_uri": crate::probe::REDIRECT });
    oauth(harness, "/v1/oauth/token", "sandbox-secret-notion", &body).await.good()
}

async fn sign_in(harness: &Harness) -> String {
    tokens(harness).await["access_token"].as_str().unwrap().to_owned()
}

async fn call(harness: &Harness, token: &str, method: &str, path: &str, body: Option<&Value>) -> Got {
    let request = Request::builder().method(method).uri(format!("/notion/v1{path}"));
    let request = request.header("notion-version", "2025-09-03").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    send(harness, request.unwrap()).await
}

async fn get(harness: &Harness, token: &str, path: &str) -> Got {
    call(harness, token, "GET", path, None).await
}

/// The id of a data source, by its title.
async fn source(harness: &Harness, token: &str, title: &str) -> String {
    let found = call(harness, token, "POST", "/search", Some(&json!({ "query": title }))).await.good();
    found["results"][0]["id"].as_str().unwrap().to_owned()
}

fn title(text: &str) -> Value {
    json!({ "title": [{ "text": { "content": text } }] })
}

/// A new page of the database "Tasks", made through the API.
async fn page(harness: &Harness, token: &str, properties: Value, children: Value) -> Got {
    let tasks = source(harness, token, "Tasks").await;
    let body = json!({ "parent": { "data_source_id": tasks }, "properties": properties, "children": children });
    call(harness, token, "POST", "/pages", Some(&body)).await
}

/// A row that a person made.
async fn row(harness: &Harness, text: &str) -> String {
    let body = json!({ "source": "Tasks", "properties": { "Name": title(text) } });
    harness.control("POST", "/pages", body).await.good()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(got: &Got, status: u16, code: &str) -> String {
    assert_eq!((got.status, &got.json()["code"]), (StatusCode::from_u16(status).unwrap(), &json!(code)), "{}", got.text());
    assert_eq!((&got.json()["object"], &got.json()["status"]), (&json!("error"), &json!(status)));
    got.json()["message"].as_str().unwrap().to_owned()
}
