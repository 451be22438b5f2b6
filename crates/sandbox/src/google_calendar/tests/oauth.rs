//! Google's sign-in: offline access, partial consent, revocation, scopes of methods.

use axum::http::StatusCode;

use super::{AUTHORIZE, EVENTS, MANAGER, OFFLINE, SCOPES, TOKEN, harness, reason, sign_in};

#[tokio::test]
async fn a_refresh_token_comes_only_for_offline_access_with_consent() {
    let harness = harness();
    for query in [
        vec![("response_type", "code")],
        vec![("response_type", "code"), ("access_type", "offline")],
        vec![("response_type", "code"), ("prompt", "consent")],
    ] {
        let query = [query, vec![("scope", SCOPES)]].concat();
        let led_to = harness.consent(AUTHORIZE, &query, MANAGER, &[]).await;
        assert_eq!(harness.tokens(TOKEN, &led_to).await.refresh, None);
    }
    let tokens = sign_in(&harness, MANAGER).await;
    assert_eq!(tokens.answer["token_type"], "Bearer");
    assert_eq!(tokens.answer["expires_in"], 3599);
    let refreshed = harness.refresh(TOKEN, &tokens.refresh.expect("a refresh token")).await.good();
    assert!(refreshed["access_token"].is_string());
    assert!(refreshed.get("refresh_token").is_none(), "a refresh brings no new refresh token");
}

#[tokio::test]
async fn a_box_that_is_not_ticked_is_a_scope_that_is_not_granted() {
    let harness = harness();
    let query = [OFFLINE.as_slice(), &[("scope", SCOPES)]].concat();
    let refused = "https://www.googleapis.com/auth/calendar.events.readonly";
    let led_to = harness.consent(AUTHORIZE, &query, MANAGER, &[refused]).await;
    let tokens = harness.tokens(TOKEN, &led_to).await;
    assert!(!tokens.answer["scope"].as_str().unwrap_or_default().contains(refused));
    let answer = harness.get(EVENTS, &tokens.access).await;
    assert_eq!((answer.status, reason(&answer).as_str()), (StatusCode::FORBIDDEN, "insufficientPermissions"));
    assert_eq!(answer.json()["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    harness.get("/calendar/v3/users/me/calendarList", &tokens.access).await.good();
    harness.assert_answers_fit();
}

#[tokio::test]
async fn userinfo_tells_what_its_scopes_allow() {
    let harness = harness();
    let tokens = sign_in(&harness, MANAGER).await;
    let answer = harness.get("/oauth2/v2/userinfo", &tokens.access).await.good();
    assert_eq!(answer["email"], MANAGER);
    assert_eq!(answer["verified_email"], true);
    assert!(answer.get("name").is_none(), "no profile scope, no name");
}

#[tokio::test]
async fn a_revoked_consent_is_over_everywhere() {
    let harness = harness();
    let tokens = sign_in(&harness, MANAGER).await;
    let refresh = tokens.refresh.expect("a refresh token");
    assert_eq!(harness.form("/revoke", &[("token", &refresh)]).await.status, StatusCode::OK);
    let answer = harness.get(EVENTS, &tokens.access).await;
    assert_eq!((answer.status, reason(&answer).as_str()), (StatusCode::UNAUTHORIZED, "authError"));
    let answer = harness.refresh(TOKEN, &refresh).await;
    assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::BAD_REQUEST, &"invalid_grant".into()));
    assert_eq!(harness.form("/revoke", &[("token", &refresh)]).await.json()["error"], "invalid_token");
}

#[tokio::test]
async fn an_access_token_ends_after_an_hour() {
    let harness = harness();
    let tokens = sign_in(&harness, MANAGER).await;
    harness.get(EVENTS, &tokens.access).await.good();
    harness.advance(3600);
    assert_eq!(harness.get(EVENTS, &tokens.access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(harness.get(EVENTS, "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn scopes_of_other_tools_and_wrong_secrets_are_refused() {
    let harness = harness();
    let query = [OFFLINE.as_slice(), &[("scope", "openid drive.everything")]].concat();
    let led_to = harness.consent(AUTHORIZE, &query, MANAGER, &[]).await;
    assert!(led_to.query().unwrap_or_default().contains("error=invalid_scope"));
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "1//x"), ("client_id", "harmony-sandbox"), ("client_secret", "wrong")];
    let answer = harness.form(TOKEN, &fields).await;
    assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::UNAUTHORIZED, &"invalid_client".into()));
}
