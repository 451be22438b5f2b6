//! monday.com over its router. Shared: signing in and sending documents. The cases are in the files beside this one.

mod items;
mod refusals;
mod schema;
mod webhooks;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::Options;
use crate::probe::{Got, Probe, REDIRECT, options, parameter};

const EVERYTHING: &str = "me:read account:read boards:read boards:write users:read updates:read updates:write webhooks:read webhooks:write";
/// The verifier of RFC 7636 appendix B, and its challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// With the emulated part of the schema; `schema.rs` runs the same documents against the whole one.
fn probe() -> Probe {
    Probe::new(options(), &[super::tool])
}

fn probe_with_specs() -> Probe {
    Probe::new(Options { specs: crate::probe::specs(), ..options() }, &[super::tool])
}

impl Probe {
    async fn monday_code(&self, scopes: &str) -> String {
        let query = [
            ("response_type", "code"),
            ("client_id", "harmony-sandbox"),
            ("redirect_uri", REDIRECT),
            ("scope", scopes),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let sent = self.consent("/monday/oauth2/authorize", &query, "project.manager@demo.example", "allow").await;
        parameter(&sent, "code").unwrap()
    }

    async fn monday_token(&self, fields: &[(&str, &str)]) -> Got {
        let mut fields = fields.to_vec();
        fields.extend([("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-monday")]);
        self.form("/monday/oauth_ms/oauth/token", None, &fields).await
    }

    async fn monday_tokens(&self, scopes: &str) -> Value {
        let code = self.monday_code(scopes).await;
        let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
        let got = self.monday_token(&fields).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text());
        got.json()
    }

    async fn signed_into_monday(mut self, scopes: &str) -> Self {
        self.token = self.monday_tokens(scopes).await["access_token"].as_str().map(str::to_owned);
        self
    }

    async fn ask_monday(&self, query: &str, variables: Value) -> Got {
        self.post("/monday/v2", &json!({ "query": query, "variables": variables })).await
    }

    /// The data of a document that must succeed.
    async fn told(&self, query: &str, variables: Value) -> Value {
        let got = self.ask_monday(query, variables).await;
        let body = got.json();
        assert!(got.status == StatusCode::OK && body.get("errors").is_none(), "{}", got.text());
        body["data"].clone()
    }

    /// The code of the first error of a document that must fail, and the HTTP status.
    async fn refusal(&self, query: &str, variables: Value) -> (u16, String) {
        let got = self.ask_monday(query, variables).await;
        let code = got.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
        (got.status.as_u16(), code)
    }

    async fn monday_board(&self, name: &str) -> String {
        let boards = self.told("{ boards(limit: 50) { id name } }", json!({})).await["boards"].take();
        let board = boards.as_array().unwrap().iter().find(|board| board["name"] == name).unwrap().clone();
        board["id"].as_str().unwrap().to_owned()
    }

    async fn monday_item(&self, board: &str, name: &str, cells: Value) -> String {
        let made = self.told(CREATE, json!({ "board": board, "name": name, "cells": cells.to_string() })).await;
        made["create_item"]["id"].as_str().unwrap().to_owned()
    }

    async fn person(&self, path: &str, body: Value) -> Value {
        self.post(&format!("/_sandbox/monday{path}"), &body).await.good()
    }
}

const CREATE: &str = "mutation($board: ID!, $name: String!, $cells: JSON, $group: String) {
    create_item(board_id: $board, item_name: $name, column_values: $cells, group_id: $group) { ...Facts } }
    fragment Facts on Item { id name state url updated_at group { id title } board { id } column_values { id type text value
        ... on StatusValue { label index is_done } ... on PeopleValue { persons_and_teams { id kind } } ... on DateValue { date } } }";
const CHANGE: &str = "mutation($board: ID!, $item: ID!, $cells: JSON!) {
    change_multiple_column_values(board_id: $board, item_id: $item, column_values: $cells) { id name column_values { id text } } }";
const POST: &str = "mutation($item: ID!, $body: String!) { create_update(item_id: $item, body: $body) { id body text_body } }";
const DELETE: &str = "mutation($item: ID!) { delete_item(item_id: $item) { id state } }";
const HOOK: &str = "mutation($board: ID!, $event: WebhookEventType!, $url: String!) { create_webhook(board_id: $board, event: $event, url: $url) { id board_id } }";
