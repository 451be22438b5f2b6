//! The authorization server with every ability on: pages, codes, proof keys, rotation, reuse, assertions.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::toy;
use crate::probe::{Got, Probe, REDIRECT, options, parameter};

const CLIENT: Option<(&str, &str)> = Some(("harmony-sandbox", "sandbox-secret-toy"));
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-in-all";
const EMAIL: &str = "project.manager@demo.example";

fn probe() -> Probe {
    Probe::new(options(), &[toy::tool])
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

fn query(challenge: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("response_type", "code"),
        ("client_id", "harmony-sandbox"),
        ("redirect_uri", REDIRECT),
        ("scope", "things:read things:write"),
        ("state", "a state & more"),
        ("access_type", "offline"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
}

impl Probe {
    async fn code(&self) -> String {
        let sent = self.consent("/toy/authorize", &query(&challenge()), EMAIL, "allow").await;
        assert_eq!(parameter(&sent, "state").as_deref(), Some("a state & more"));
        parameter(&sent, "code").unwrap()
    }

    async fn exchange(&self, code: &str, verifier: &str, redirect: &str) -> Got {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier), ("redirect_uri", redirect)];
        self.form("/toy/token", CLIENT, &fields).await
    }

    async fn tokens(&self) -> Value {
        let got = self.exchange(&self.code().await, VERIFIER, REDIRECT).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text());
        got.json()
    }

    async fn refresh(&self, tokens: &Value) -> Got {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        self.form("/toy/token", CLIENT, &fields).await
    }

    async fn things(&self, tokens: &Value) -> Got {
        let caller = Self { sandbox: self.sandbox.clone(), token: tokens["access_token"].as_str().map(str::to_owned) };
        caller.get("/toy/things").await
    }
}

fn reason(got: &Got) -> (u16, String) {
    (got.status.as_u16(), got.json()["reason"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_person_permits_and_the_app_gets_tokens_that_work_and_expire() {
    let probe = probe();
    let tokens = probe.tokens().await;
    assert_eq!(tokens["scope"], "things:read things:write");
    assert_eq!(probe.things(&tokens).await.status, StatusCode::OK);
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(601));
    assert_eq!(probe.things(&tokens).await.text(), "Expired");
    let fresh = probe.refresh(&tokens).await.json();
    assert_eq!(probe.things(&fresh).await.status, StatusCode::OK);
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(6_001));
    assert_eq!(reason(&probe.refresh(&fresh).await), (400, "ExpiredRefresh".into()));
}

#[tokio::test]
async fn a_person_denies() {
    let probe = probe();
    let sent = probe.consent("/toy/authorize", &query(&challenge()), EMAIL, "deny").await;
    assert_eq!(parameter(&sent, "error").as_deref(), Some("access_denied"));
    assert_eq!((parameter(&sent, "code"), parameter(&sent, "state").as_deref()), (None, Some("a state & more")));
}

#[tokio::test]
async fn a_scope_that_is_not_ticked_is_not_granted() {
    let probe = probe();
    let page = probe.get(&format!("/toy/authorize?{}", encoded(&query(&challenge())))).await;
    let request = page.text().split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(page.text().contains("Toy &lt;Box&gt;"), "names are escaped");
    probe.form("/toy/authorize/sign-in", None, &[("request", &request), ("email", EMAIL), ("password", "sandbox")]).await;
    let sent = probe.form("/toy/authorize/decide", None, &[("request", &request), ("decision", "allow"), ("scope", "things:read")]).await;
    let code = parameter(sent.header("location"), "code").unwrap();
    let tokens = probe.exchange(&code, VERIFIER, REDIRECT).await.json();
    assert_eq!(tokens["scope"], "things:read");
    let caller = Probe { sandbox: probe.sandbox.clone(), token: tokens["access_token"].as_str().map(str::to_owned) };
    let got = caller.post("/toy/things", &json!({})).await;
    assert_eq!((got.status, got.text().as_str()), (StatusCode::FORBIDDEN, "things:read,things:write"));
    // The decision was taken: the same form again leads nowhere.
    let again = probe.form("/toy/authorize/decide", None, &[("request", &request), ("decision", "allow")]).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_wrong_password_gets_the_form_again() {
    let probe = probe();
    let page = probe.get(&format!("/toy/authorize?{}", encoded(&query(&challenge())))).await;
    let request = page.text().split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("request", request.as_str()), ("email", EMAIL), ("password", "guess")];
    assert_eq!(probe.form("/toy/authorize/sign-in", None, &fields).await.status, StatusCode::UNAUTHORIZED);
    let early = probe.form("/toy/authorize/decide", None, &[("request", &request), ("decision", "allow")]).await;
    assert_eq!(early.status, StatusCode::BAD_REQUEST, "nobody has signed in");
}

fn encoded(query: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish()
}

#[tokio::test]
async fn a_wrong_authorize_request_is_stopped_in_place_or_sent_back() {
    let probe = probe();
    let challenge = challenge();
    let with = |name: &'static str, value: &'static str| {
        let mut query = query(&challenge);
        query.retain(|(known, _)| *known != name);
        query.push((name, value));
        encoded(&query)
    };
    for wrong in [with("client_id", "nobody"), with("redirect_uri", "http://127.0.0.1:8080/connect/callback/"), with("redirect_uri", "")] {
        let got = probe.get(&format!("/toy/authorize?{wrong}")).await;
        assert_eq!((got.status, got.header("location")), (StatusCode::BAD_REQUEST, ""), "{wrong}");
    }
    let twice = format!("{}&state=other", encoded(&query(&challenge)));
    assert_eq!(probe.get(&format!("/toy/authorize?{twice}")).await.status, StatusCode::BAD_REQUEST);
    for (wrong, error) in [
        (with("response_type", "token"), "unsupported_response_type"),
        (with("scope", "things:own"), "invalid_scope"),
        (with("code_challenge_method", "plain"), "invalid_request"),
    ] {
        let got = probe.get(&format!("/toy/authorize?{wrong}")).await;
        assert_eq!(parameter(got.header("location"), "error").as_deref(), Some(error));
        assert_eq!(parameter(got.header("location"), "state").as_deref(), Some("a state & more"));
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_verifier_address_and_minute() {
    let probe = probe();
    let code = probe.code().await;
    let tokens = probe.exchange(&code, VERIFIER, REDIRECT).await.json();
    assert_eq!(reason(&probe.exchange(&code, VERIFIER, REDIRECT).await), (400, "ReusedCode".into()));
    assert_eq!(probe.things(&tokens).await.text(), "Revoked", "a reused code takes back what it gave");
    assert_eq!(reason(&probe.exchange("code-of-nobody", VERIFIER, REDIRECT).await), (400, "UnknownCode".into()));
    let other = format!("{REDIRECT}?more");
    assert_eq!(reason(&probe.exchange(&probe.code().await, VERIFIER, &other).await), (400, "RedirectMismatch".into()));
    assert_eq!(reason(&probe.exchange(&probe.code().await, "another-verifier", REDIRECT).await), (400, "BadVerifier".into()));
    let late = probe.code().await;
    probe.sandbox.kit().clock.advance(SignedDuration::from_secs(61));
    assert_eq!(reason(&probe.exchange(&late, VERIFIER, REDIRECT).await), (400, "ExpiredCode".into()));
}

#[tokio::test]
async fn a_refresh_token_used_twice_kills_its_family() {
    let probe = probe();
    let first = probe.tokens().await;
    let second = probe.refresh(&first).await.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(reason(&probe.refresh(&first).await), (400, "ReusedRefresh".into()));
    assert_eq!(probe.things(&second).await.text(), "Revoked");
    assert_eq!(reason(&probe.refresh(&second).await), (400, "RevokedRefresh".into()));
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let probe = probe();
    let challenge = challenge();
    let mut query = query(&challenge);
    query.retain(|(name, _)| *name != "access_type");
    let sent = probe.consent("/toy/authorize", &query, EMAIL, "allow").await;
    let tokens = probe.exchange(&parameter(&sent, "code").unwrap(), VERIFIER, REDIRECT).await.json();
    assert_eq!(tokens["refresh_token"], Value::Null);
}

#[tokio::test]
async fn the_token_endpoint_names_what_is_wrong() {
    let probe = probe();
    let ask = async |client, fields: &[(&str, &str)]| reason(&probe.form("/toy/token", client, fields).await);
    let service = [("grant_type", "client_credentials")];
    assert_eq!(ask(None, &service).await, (401, "UnknownClient".into()));
    assert_eq!(ask(Some(("nobody", "x")), &service).await, (401, "UnknownClient".into()));
    assert_eq!(ask(Some(("harmony-sandbox", "x")), &service).await, (401, "BadSecret".into()));
    assert_eq!(ask(CLIENT, &[("grant_type", "password")]).await, (400, "UnsupportedGrant".into()));
    assert_eq!(ask(CLIENT, &[service[0], ("scope", "everything")]).await, (400, "BadScope".into()));
    let json = json!({ "grant_type": "client_credentials", "client_id": "harmony-sandbox", "client_secret": "sandbox-secret-toy", "scope": "things:read" });
    let tokens = probe.post("/toy/token", &json).await.json();
    assert_eq!((tokens["scope"].as_str(), &tokens["refresh_token"]), (Some("things:read"), &Value::Null));
}

#[tokio::test]
async fn revoking_needs_the_client_and_a_known_token() {
    let probe = probe();
    let tokens = probe.tokens().await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(probe.form("/toy/revoke", None, &[("token", refresh)]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(probe.form("/toy/revoke", CLIENT, &[("token", refresh)]).await.status, StatusCode::OK);
    assert_eq!(reason(&probe.form("/toy/revoke", CLIENT, &[("token", refresh)]).await), (400, "UnknownToken".into()));
    assert_eq!(probe.things(&tokens).await.text(), "Revoked");
    let others = probe.tokens().await;
    let done = probe.post("/_sandbox/toy/revoke", &json!({ "email": EMAIL })).await;
    assert_eq!(done.json(), json!({ "revoked": 1 }));
    assert_eq!(probe.things(&others).await.text(), "Revoked");
}

/// A P-256 key pair that exists for this test alone.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglGDLxFEf2ATL65s4
3pDbrTWwVg9asWrXgELJBEMSLZ+hRANCAAQtVEm3ou4qP94tVeVxUnElfI5+tvF0
W5Nt7lW0QU7X16fLmdQSJCUV5yHLEhNRiKWF7UlHxMOq2G7qJFYebCKq
-----END PRIVATE KEY-----";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELVRJt6LuKj/eLVXlcVJxJXyOfrbx
dFuTbe5VtEFO19eny5nUEiQlFechyxITUYilhe1JR8TDqthu6iRWHmwiqg==
-----END PUBLIC KEY-----";

#[tokio::test]
async fn an_assertion_signed_by_the_registered_key_is_good_once() {
    let probe = probe();
    let client = json!({ "tool": "toy", "client_id": "keyed", "client_secret": "unused", "public_key_pem": PUBLIC });
    assert_eq!(probe.post("/_sandbox/clients", &client).await.status, StatusCode::CREATED);
    let now = probe.sandbox.kit().clock.now().as_second();
    let sign = |audience: &str, issuer: &str, jti: &str, expires: i64| {
        let claims = json!({ "iss": issuer, "sub": issuer, "aud": audience, "exp": expires, "jti": jti });
        encode(&Header::new(Algorithm::ES256), &claims, &EncodingKey::from_ec_pem(PRIVATE.as_bytes()).unwrap()).unwrap()
    };
    let url = "http://127.0.0.1:9400/toy/token";
    let ask = async |assertion: String| {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let fields = [("grant_type", "client_credentials"), ("client_assertion_type", kind), ("client_assertion", assertion.as_str())];
        probe.form("/toy/token", None, &fields).await
    };
    let good = sign(url, "keyed", "one", now + 60);
    assert_eq!(ask(good.clone()).await.status, StatusCode::OK);
    for bad in [
        good,
        sign("http://elsewhere.demo.example/token", "keyed", "two", now + 60),
        sign(url, "harmony-sandbox", "three", now + 60),
        sign(url, "keyed", "four", now - 1),
        "no.jwt.at-all".to_owned(),
    ] {
        assert_eq!(reason(&ask(bad).await), (401, "BadAssertion".into()));
    }
}

#[tokio::test]
async fn an_assertion_may_be_the_grant_itself() {
    let probe = probe();
    let client = json!({
        "tool": "toy", "client_id": "keyed", "client_secret": "unused", "public_key_pem": include_str!("keys/rsa-public.pem"),
    });
    assert_eq!(probe.post("/_sandbox/clients", &client).await.status, StatusCode::CREATED);
    let now = probe.sandbox.kit().clock.now().as_second();
    let key = EncodingKey::from_rsa_pem(include_bytes!("keys/rsa-private.pem")).unwrap();
    let good = json!({ "iss": "keyed", "sub": EMAIL, "aud": "https://toy.example", "exp": now + 60 });
    let ask = async |claims: &Value| {
        let assertion = encode(&Header::new(Algorithm::RS256), claims, &key).unwrap();
        let kind = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        probe.form("/toy/token", None, &[("grant_type", kind), ("assertion", &assertion)]).await
    };
    let tokens = ask(&good).await.json();
    assert_eq!((&tokens["scope"], &tokens["refresh_token"]), (&json!("things:read things:write"), &Value::Null));
    assert_eq!(probe.things(&tokens).await.status, StatusCode::OK);
    for (claim, value, why) in [
        ("iss", json!("harmony-sandbox"), "BadGrant"),
        ("sub", json!("nobody@demo.example"), "BadGrant"),
        ("aud", json!("https://elsewhere.example"), "BadGrant"),
        ("exp", json!(now - 1), "BadGrant"),
        ("scope", json!("things:burn"), "BadScope"),
    ] {
        let mut claims = good.clone();
        claims[claim] = value;
        assert_eq!(reason(&ask(&claims).await), (400, why.into()), "{claim}");
    }
    let fields = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", "no.jwt.at-all")];
    assert_eq!(reason(&probe.form("/toy/token", None, &fields).await), (400, "BadGrant".into()));
}
