//! Salesforce over its router. Shared: signing in, calling the organisation's own address. The cases are in the files beside this one.

mod queries;
mod records;
mod schema;
mod sign_in;

use serde_json::{Value, json};

use super::ID;
use crate::harness::{Harness, Tokens};
use crate::probe::Got;

const MANAGER: &str = "project.manager@demo.example";
const AUTHORIZE: &str = "/services/oauth2/authorize";
const TOKEN: &str = "/services/oauth2/token";
const API: &str = "/instance/services/data/v64.0";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn harness() -> Harness {
    Harness::new(ID, super::tool)
}

/// The tokens of a sign-in with these scopes.
async fn sign_in(harness: &Harness, scopes: &str) -> Tokens {
    let query = [("response_type", "code"), ("scope", scopes), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let led_to = harness.consent(AUTHORIZE, &query, MANAGER, &[]).await;
    let code = led_to.query_pairs().find(|(name, _)| name == "code").expect("a permitted sign-in brings a code").1.into_owned();
    let got = form(harness, &[("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)]).await;
    let answer = got.good();
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    Tokens { access: text("access_token").expect("an access token"), refresh: text("refresh_token"), answer }
}

/// Asks the token endpoint as the app.
async fn form(harness: &Harness, fields: &[(&str, &str)]) -> Got {
    let client =
        [("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-salesforce"), ("redirect_uri", crate::probe::REDIRECT)];
    let all: Vec<(&str, &str)> = client.iter().chain(fields).copied().collect();
    harness.form(TOKEN, &all).await
}

async fn token(harness: &Harness) -> String {
    sign_in(harness, "api refresh_token").await.access
}

async fn query(harness: &Harness, token: &str, soql: &str) -> Got {
    let text: String = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect();
    harness.get(&format!("{API}/query?q={text}"), token).await
}

/// One column of a query's result.
async fn column(harness: &Harness, token: &str, soql: &str, name: &str) -> Vec<Value> {
    let got = query(harness, token, soql).await;
    assert!(got.status.is_success(), "{}", got.text());
    got.json()["records"].as_array().unwrap().iter().map(|record| record[name].clone()).collect()
}

/// Makes a record as a person; its id.
async fn make(harness: &Harness, object: &str, values: Value) -> String {
    let got = harness.control("POST", &format!("/objects/{object}"), values).await;
    assert!(got.status.is_success(), "{}", got.text());
    got.json()["id"].as_str().unwrap().to_owned()
}

/// Writes one record by a collection; its part of the answer.
async fn collect(harness: &Harness, token: &str, method: &str, path: &str, record: Value) -> Value {
    let body = json!({ "allOrNone": false, "records": [record] });
    let got = harness.call(method, &format!("{API}/composite/sobjects{path}"), token, Some(&body)).await;
    assert!(got.status.is_success(), "{}", got.text());
    got.json()[0].clone()
}

fn code(got: &Got) -> (u16, String) {
    (got.status.as_u16(), got.json()[0]["errorCode"].as_str().unwrap_or_default().to_owned())
}
