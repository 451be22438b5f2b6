//! Installing the app, rotating its tokens, and every way a token is refused.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::{Answer, Bench, EVERYTHING, form};
use crate::probe::{REDIRECT, parameter};

#[tokio::test]
async fn installing_gives_rotating_bot_tokens() {
    let bench = Bench::empty();
    let target = bench.authorize("chat:write,channels:read", "allow").await;
    assert!(target.starts_with(REDIRECT));
    assert_eq!(parameter(&target, "state").as_deref(), Some("s1"));
    let code = parameter(&target, "code").unwrap();
    let answer = bench.access(&[("code", &code), ("redirect_uri", REDIRECT)]).await.ok();
    assert!(answer["access_token"].as_str().unwrap().starts_with("xoxe.xoxb-"));
    assert!(answer["refresh_token"].as_str().unwrap().starts_with("xoxe-"));
    assert_eq!(answer["expires_in"], 43_200);
    assert_eq!(answer["token_type"], "bot");
    assert_eq!(answer["scope"], "chat:write,channels:read");
    assert_eq!(answer["authed_user"]["id"], bench.id("project.manager@demo.example").await);
    assert!(answer["team"]["id"].as_str().unwrap().starts_with('T'));
    bench.fits();
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let bench = Bench::new().await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", bench.refresh_token.as_str())];
    let answer = bench.access(&refresh).await.ok();
    assert_ne!(answer["refresh_token"], bench.refresh_token);
    assert_ne!(answer["access_token"].as_str(), bench.probe.token.as_deref());
    assert!(answer.get("authed_user").is_none());
    assert_eq!(bench.access(&refresh).await.error(), "invalid_refresh_token");
    // The old access token lives until its own end.
    bench.get("auth.test", &[]).await.ok();
    bench.fits();
}

#[tokio::test]
async fn access_tokens_live_twelve_hours() {
    let bench = Bench::new().await;
    bench.kit().clock.advance(SignedDuration::from_secs(43_199));
    bench.get("auth.test", &[]).await.ok();
    bench.kit().clock.advance(SignedDuration::from_secs(2));
    assert_eq!(bench.get("auth.test", &[]).await.error(), "token_expired");
    let answer = bench.access(&[("grant_type", "refresh_token"), ("refresh_token", &bench.refresh_token)]).await;
    answer.ok();
}

#[tokio::test]
async fn codes_are_refused_as_slack_refuses_them() {
    let bench = Bench::empty();
    let code = bench.code("chat:write").await;
    assert_eq!(bench.access(&[("code", "nonsense"), ("redirect_uri", REDIRECT)]).await.error(), "invalid_code");
    let other = bench.code("chat:write").await;
    assert_eq!(bench.access(&[("code", &other), ("redirect_uri", "http://127.0.0.1:4000/other")]).await.error(), "bad_redirect_uri");
    bench.access(&[("code", &code), ("redirect_uri", REDIRECT)]).await.ok();
    assert_eq!(bench.access(&[("code", &code), ("redirect_uri", REDIRECT)]).await.error(), "code_already_used");
    let late = bench.code("chat:write").await;
    bench.kit().clock.advance(SignedDuration::from_secs(601));
    assert_eq!(bench.access(&[("code", &late), ("redirect_uri", REDIRECT)]).await.error(), "invalid_code");
}

#[tokio::test]
async fn clients_are_refused_as_slack_refuses_them() {
    let bench = Bench::empty();
    let ask = async |id: &str, secret: &str| {
        let fields = [("client_id", id), ("client_secret", secret), ("code", "c"), ("redirect_uri", REDIRECT)];
        Answer::from(bench.probe.form("/slack/api/oauth.v2.access", None, &fields).await)
    };
    let answer = ask("somebody", "secret").await;
    assert_eq!((answer.status, answer.error()), (StatusCode::OK, "invalid_client_id"));
    assert_eq!(ask("harmony-sandbox", "wrong").await.error(), "bad_client_secret");
}

#[tokio::test]
async fn denied_and_unknown_scopes_go_back_to_the_app() {
    let bench = Bench::empty();
    let target = bench.authorize("chat:write", "deny").await;
    assert_eq!(parameter(&target, "error").as_deref(), Some("access_denied"));
    for (extra, status) in [("scope=admin", StatusCode::FOUND), ("scope=chat:write&user_scope=chat:write", StatusCode::BAD_REQUEST)] {
        let query = form(&[("client_id", "harmony-sandbox"), ("redirect_uri", REDIRECT)]);
        let answer = bench.probe.get(&format!("/slack/oauth/v2/authorize?{query}&{extra}")).await;
        assert_eq!(answer.status, status, "{extra}");
    }
}

#[tokio::test]
async fn tokens_are_refused_with_their_reason() {
    let mut bench = Bench::with("channels:read").await;
    let answer = bench.json("chat.postMessage", json!({ "channel": "general", "text": "Hello" })).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::OK, "missing_scope"));
    assert_eq!((&answer.body["needed"], &answer.body["provided"]), (&json!("chat:write"), &json!("channels:read")));
    for (token, error) in [(Some("xoxb-unknown".to_owned()), "invalid_auth"), (None, "not_authed")] {
        bench.probe.token = token;
        assert_eq!(bench.get("auth.test", &[]).await.error(), error);
    }
    bench.fits();
}

#[tokio::test]
async fn the_token_may_stand_among_the_arguments() {
    let bench = Bench::new().await;
    let token = bench.probe.token.as_deref().unwrap();
    let answer = Answer::from(bench.probe.form("/slack/api/auth.test", None, &[("token", token)]).await);
    assert_eq!(answer.headers["x-oauth-scopes"].to_str().unwrap(), EVERYTHING);
    let body = answer.ok();
    assert_eq!(body["team"], "Demo Organisation");
    assert!(body["bot_id"].as_str().unwrap().starts_with('B'));
}

#[tokio::test]
async fn revoking_and_uninstalling_end_tokens_differently() {
    let mut bench = Bench::new().await;
    assert_eq!(bench.get("auth.revoke", &[("test", "true")]).await.ok()["revoked"], false);
    assert_eq!(bench.get("auth.revoke", &[]).await.ok()["revoked"], true);
    assert_eq!(bench.get("auth.test", &[]).await.error(), "token_revoked");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", bench.refresh_token.as_str())];
    assert_eq!(bench.access(&refresh).await.error(), "invalid_refresh_token");
    bench.install(EVERYTHING).await;
    bench.get("auth.test", &[]).await.ok();
    assert_eq!(bench.control("uninstall", json!({})).await.body["revoked"], 1);
    assert_eq!(bench.get("auth.test", &[]).await.error(), "account_inactive");
    assert_eq!(bench.effects("token.revoke"), 1);
    bench.fits();
}
