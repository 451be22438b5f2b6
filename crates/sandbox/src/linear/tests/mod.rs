//! Linear over its router. Shared: signing in and sending documents. The cases are in the files beside this one.

mod issues;
mod lists;
mod refusals;
mod schema;
mod webhooks;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::Options;
use crate::probe::{Got, Probe, REDIRECT, options, parameter};

/// With the emulated part of the schema; `schema.rs` runs the same documents against the whole one.
fn probe() -> Probe {
    Probe::new(options(), &[super::tool])
}

fn probe_with_specs() -> Probe {
    Probe::new(Options { specs: crate::probe::specs(), ..options() }, &[super::tool])
}

impl Probe {
    async fn linear_tokens(&self, scopes: &str) -> Value {
        let query =
            [("response_type", "code"), ("client_id", "harmony-sandbox"), ("redirect_uri", REDIRECT), ("scope", scopes), ("actor", "app")];
        let sent = self.consent("/linear/oauth/authorize", &query, "project.manager@demo.example", "allow").await;
        let code = parameter(&sent, "code").unwrap();
        let got = self.linear_token(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)]).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text());
        got.json()
    }

    async fn linear_token(&self, fields: &[(&str, &str)]) -> Got {
        let mut fields = fields.to_vec();
        fields.extend([("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-linear")]);
        self.form("/linear/oauth/token", None, &fields).await
    }

    async fn signed_into_linear(mut self, scopes: &str) -> Self {
        self.token = self.linear_tokens(scopes).await["access_token"].as_str().map(str::to_owned);
        self
    }

    async fn graphql(&self, query: &str, variables: Value) -> Got {
        self.post("/linear/graphql", &json!({ "query": query, "variables": variables })).await
    }

    /// The data of a document that must succeed.
    async fn data(&self, query: &str, variables: Value) -> Value {
        let got = self.graphql(query, variables).await;
        let body = got.json();
        assert!(got.status == StatusCode::OK && body.get("errors").is_none(), "{}", got.text());
        body["data"].clone()
    }

    /// The first error of a document that must fail, and the HTTP status.
    async fn error(&self, query: &str, variables: Value) -> (u16, Value) {
        let got = self.graphql(query, variables).await;
        (got.status.as_u16(), got.json()["errors"][0].clone())
    }

    async fn team(&self) -> String {
        self.data("{ teams { nodes { id key } } }", json!({})).await["teams"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|team| team["key"] == "DEMO")
            .unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn issue(&self, title: &str) -> String {
        let input = json!({ "teamId": self.team().await, "title": title });
        let made = self.data(CREATE, json!({ "input": input })).await;
        made["issueCreate"]["issue"]["id"].as_str().unwrap().to_owned()
    }
}

const CREATE: &str = "mutation Create($input: IssueCreateInput!) { issueCreate(input: $input) { success lastSyncId issue { ...Facts } } }
    fragment Facts on Issue { id identifier title description priority priorityLabel dueDate url updatedAt
        state { name type } assignee { email } team { key } }";
const UPDATE: &str = "mutation Update($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success
    issue { title dueDate completedAt updatedAt state { name } assignee { email } labels { nodes { name } } } } }";
const DELETE: &str = "mutation($id: String!) { issueDelete(id: $id) { success entity { id trashed archivedAt } } }";
