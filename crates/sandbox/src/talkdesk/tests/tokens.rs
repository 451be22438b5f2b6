//! Getting tokens, and every way one is refused.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{Bench, CLIENT, HOST};
use crate::probe::{REDIRECT, parameter};

/// Keys made for these tests, as Talkdesk hands them out: base64 of PKCS#8.
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgID2vs2zSuf34PRHG5KWv2BR8tG7F+Vvu0vFoQAcxPaKhRANCAATAdYmYTOtJlamg\
                   fFRINFEFqbiX85aGc7hU0A2iiM6nv2tmyCTz2qzFdHXW3+MVoG00tTzriiSSi9bTfxLylqya";
const OTHER_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKVWe/+J8J9iLXdCgJxh3Q7xrp9hki/Gfx9fcfytrh5ahRANCAATOaFzqtORJsppd\
                         rcqgGqDcBsTxYv8vDjTDk1t7yVs7VE3i29vP0hqJHkf2lUU64gdaYUXlGcTk3+hObinPL+GF";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwHWJmEzrSZWpoHxUSDRRBam4l/OW\n\
                          hnO4VNANoojOp79rZsgk89qsxXR11t/jFaBtNLU864okkovW038S8pasmg==\n-----END PUBLIC KEY-----\n";

async fn with_key() -> Bench {
    let bench = Bench::empty();
    let client = json!({ "tool": "talkdesk", "client_id": "partner", "client_secret": "partner-secret", "public_key_pem": PUBLIC_KEY });
    assert!(bench.control(Method::POST, "clients", client).await.status.is_success());
    bench
}

fn claims(bench: &Bench, id: &str) -> Value {
    let now = bench.kit().clock.now().as_second();
    json!({ "jti": id, "iss": "partner", "sub": "partner", "aud": format!("{HOST}/talkdesk/oauth/token"), "iat": now, "exp": now + 300 })
}

fn signed(key: &str, claims: &Value) -> String {
    let key = EncodingKey::from_ec_der(&STANDARD.decode(key).unwrap());
    encode(&Header { kid: Some("key-1".into()), ..Header::new(Algorithm::ES256) }, claims, &key).unwrap()
}

async fn assert_with(bench: &Bench, assertion: &str) -> super::Answer {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let fields = [
        ("grant_type", "client_credentials"),
        ("scope", "recordings:read"),
        ("client_assertion_type", kind),
        ("client_assertion", assertion),
    ];
    bench.token(None, &fields).await
}

#[tokio::test]
async fn client_credentials_by_basic_give_ten_minutes() {
    let bench = Bench::empty();
    let answer = bench.token(CLIENT, &[("grant_type", "client_credentials"), ("scope", "users:read recordings:read")]).await.ok();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(599)));
    assert_eq!(answer["scope"], "users:read recordings:read");
    assert!(answer.get("refresh_token").is_none() && answer.get("sid").is_none());
}

/// Client, fields, status, error.
type Case<'c> = (Option<(&'c str, &'c str)>, &'c [(&'c str, &'c str)], u16, &'c str);

#[tokio::test]
async fn token_requests_are_refused_in_talkdesks_words() {
    let bench = Bench::empty();
    let cases: [Case<'_>; 5] = [
        (Some(("harmony-sandbox", "wrong")), &[("grant_type", "client_credentials")], 401, "invalid_client"),
        (Some(("somebody", "secret")), &[("grant_type", "client_credentials")], 401, "invalid_client"),
        (None, &[("grant_type", "client_credentials")], 401, "invalid_client"),
        (CLIENT, &[("grant_type", "password")], 400, "unsupported_grant_type"),
        (CLIENT, &[("grant_type", "client_credentials"), ("scope", "world")], 400, "invalid_scope"),
    ];
    for (basic, fields, status, error) in cases {
        let answer = bench.token(basic, fields).await;
        assert_eq!((answer.status.as_u16(), answer.body()["error"].as_str().unwrap()), (status, error));
        assert!(answer.body()["error_description"].is_string());
    }
    // The secret in the body is no way in.
    let fields = [("grant_type", "client_credentials"), ("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-talkdesk")];
    assert_eq!(bench.token(None, &fields).await.status, 401);
}

#[tokio::test]
async fn an_assertion_by_the_registered_key_works_once() {
    let bench = with_key().await;
    let assertion = signed(KEY, &claims(&bench, "a-1"));
    let answer = assert_with(&bench, &assertion).await.ok();
    assert_eq!((&answer["expires_in"], &answer["scope"]), (&json!(599), &json!("recordings:read")));
    let again = assert_with(&bench, &assertion).await;
    assert_eq!((again.status.as_u16(), &again.body()["error"]), (401, &json!("invalid_client")));
    assert_with(&bench, &signed(KEY, &claims(&bench, "a-2"))).await.ok();
}

#[tokio::test]
async fn assertions_that_do_not_hold_are_refused() {
    let bench = with_key().await;
    let changed = |name: &str, value: Value| {
        let mut claims = claims(&bench, &format!("changed-{name}"));
        claims[name] = value;
        signed(KEY, &claims)
    };
    let without = |name: &str| {
        let mut claims = claims(&bench, &format!("without-{name}"));
        claims.as_object_mut().unwrap().remove(name);
        signed(KEY, &claims)
    };
    let past = bench.kit().clock.now().as_second() - 1;
    for (case, assertion) in [
        ("key", signed(OTHER_KEY, &claims(&bench, "b-1"))),
        ("iss", changed("iss", json!("somebody"))),
        ("sub", changed("sub", json!("somebody"))),
        ("aud", changed("aud", json!("https://elsewhere.example/oauth/token"))),
        ("exp", changed("exp", json!(past))),
        ("no exp", without("exp")),
        ("no aud", without("aud")),
        ("no jti", without("jti")),
        ("nonsense", "a.b.c".into()),
    ] {
        let answer = assert_with(&bench, &assertion).await;
        assert_eq!((answer.status.as_u16(), &answer.body()["error"]), (401, &json!("invalid_client")), "{case}");
    }
}

async fn code(bench: &Bench, scope: &str) -> String {
    let query =
        [("response_type", "code"), ("client_id", "harmony-sandbox"), ("redirect_uri", REDIRECT), ("scope", scope), ("state", "s1")];
    let target = bench.probe.consent("/talkdesk/oauth/authorize", &query, "project.manager@demo.example", "allow").await;
    assert_eq!(parameter(&target, "state").as_deref(), Some("s1"));
    parameter(&target, "code").unwrap()
}

#[tokio::test]
async fn a_person_can_permit_the_access_and_it_can_be_refreshed() {
    let bench = Bench::empty();
    let code = code(&bench, "users:read refresh_token").await;
    let redeem = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let answer = bench.token(CLIENT, &redeem).await.ok();
    assert!(answer["sid"].is_string());
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", answer["refresh_token"].as_str().unwrap())];
    let refreshed = bench.token(CLIENT, &refresh).await.ok();
    assert_eq!(refreshed["expires_in"], 599);
    assert!(refreshed["refresh_token"].is_string() && refreshed["refresh_token"] != answer["refresh_token"]);
    assert_eq!(bench.token(CLIENT, &refresh).await.body()["error"], "invalid_grant");
    assert_eq!(bench.token(CLIENT, &redeem).await.body()["error"], "invalid_grant");
}

#[tokio::test]
async fn without_its_scope_there_is_no_refresh_token() {
    let bench = Bench::empty();
    let code = code(&bench, "users:read").await;
    let answer = bench.token(CLIENT, &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)]).await.ok();
    assert!(answer.get("refresh_token").is_none());
}

#[tokio::test]
async fn every_api_refuses_in_its_own_codes() {
    let paths = [
        ("/data/reports/calls/jobs", "1020018", "1020004"),
        ("/calls/c/recordings", "0011009", "0050003"),
        ("/recordings/r", "0011009", "0050003"),
        ("/recordings/r/media", "0011009", "0050003"),
        ("/users", "0040002", "0040003"),
        ("/account", "0060001", "0060002"),
        ("/conversations/interactions", "1904010", "1904030"),
    ];
    let nobody = Bench::empty();
    let stranger = Bench::with("openid").await;
    for (path, unauthorized, forbidden) in paths {
        assert_eq!(nobody.get(path).await.problem(), (401, unauthorized.to_owned()), "{path}");
        assert_eq!(stranger.get(path).await.problem(), (403, forbidden.to_owned()), "{path}");
    }
    let late = Bench::new().await;
    late.get("/users").await.ok();
    late.kit().clock.advance(SignedDuration::from_secs(600));
    assert_eq!(late.get("/users").await.status, 401);
    assert_eq!(late.get("/nothing").await.status, 404);
}

#[tokio::test]
async fn a_new_scope_is_not_active_at_once() {
    let bench = Bench::new().await;
    let delay = json!({ "scope": "users:read", "active_in_seconds": 120 });
    bench.control(Method::POST, "talkdesk/scopes", delay).await;
    assert_eq!(bench.get("/users").await.problem(), (401, "0040002".to_owned()));
    bench.get("/contacts").await.ok();
    bench.kit().clock.advance(SignedDuration::from_secs(120));
    bench.get("/users").await.ok();
}
