//! What Linear refuses: strangers, dead tokens, missing scopes, documents and arguments that do not fit, calls above the budget.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::{CREATE, UPDATE, probe};
use crate::probe::REDIRECT;

#[tokio::test]
async fn a_stranger_is_refused() {
    let got = probe().graphql("{ viewer { id } }", json!({})).await;
    assert_eq!(
        (got.status, got.json()["errors"][0]["extensions"]["code"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("AUTHENTICATION_ERROR"))
    );
}

#[tokio::test]
async fn a_refresh_token_rotates_with_half_an_hour_of_grace() {
    let mut probe = probe();
    let tokens = probe.linear_tokens("write,comments:create").await;
    assert_eq!((tokens["scope"].as_str(), tokens["expires_in"].as_i64()), (Some("read write comments:create"), Some(86_399)));
    probe.token = tokens["access_token"].as_str().map(str::to_owned);
    let clock = probe.sandbox.kit().clock.clone();
    clock.advance(SignedDuration::from_hours(25));
    assert_eq!(probe.graphql("{ viewer { id } }", json!({})).await.status, StatusCode::UNAUTHORIZED);

    let old = tokens["refresh_token"].as_str().unwrap().to_owned();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", old.as_str())];
    let first = probe.linear_token(&fields).await.json();
    clock.advance(SignedDuration::from_mins(29));
    let replayed = probe.linear_token(&fields).await.json();
    assert_eq!((&first["access_token"], &first["refresh_token"]), (&replayed["access_token"], &replayed["refresh_token"]));
    probe.token = first["access_token"].as_str().map(str::to_owned);
    assert_eq!(probe.graphql("{ viewer { id } }", json!({})).await.status, StatusCode::OK);
    clock.advance(SignedDuration::from_mins(2));
    let late = probe.linear_token(&fields).await;
    assert_eq!((late.status, late.json()["error"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_grant")));
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_a_json_token_request_is_refused() {
    let probe = probe().signed_into_linear("read").await;
    let token = probe.token.clone().unwrap();
    let got = probe.form("/linear/oauth/revoke", None, &[("token", &token)]).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(probe.graphql("{ viewer { id } }", json!({})).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(probe.form("/linear/oauth/revoke", None, &[("token", "nothing")]).await.status, StatusCode::BAD_REQUEST);
    let body = json!({ "grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT });
    assert_eq!(probe.post("/linear/oauth/token", &body).await.json()["error"], "invalid_request");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let probe = probe().signed_into_linear("read,issues:create").await;
    let id = probe.issue("Mine").await;
    let (status, error) = probe.error(UPDATE, json!({ "id": id, "input": { "title": "Yours" } })).await;
    assert_eq!((status, error["message"].as_str()), (400, Some("Invalid scope: `write` required")));
    assert_eq!((&error["extensions"]["statusCode"], &error["extensions"]["code"]), (&json!(403), &json!("FORBIDDEN")));
    let hook = "mutation { webhookCreate(input: { url: \"https://harmony.demo.example/h\", resourceTypes: [\"Issue\"], allPublicTeams: true }) { success } }";
    assert_eq!(probe.error(hook, json!({})).await.1["message"], "Invalid scope: `admin` required");
    assert_eq!(probe.error("{ webhooks { nodes { id } } }", json!({})).await.0, 400);
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_refused_and_recorded() {
    let probe = probe().signed_into_linear("read,write").await;
    let cases = [
        ("{ viewer { shoeSize } }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { id }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("query($first: String) { issues(first: $first) { nodes { id } } }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (CREATE, json!({ "input": { "title": "No team" } }), "BAD_USER_INPUT"),
        (CREATE, json!({ "input": { "teamId": "x", "title": "y", "mood": "good" } }), "BAD_USER_INPUT"),
        (CREATE, json!({ "input": { "teamId": "x", "title": 7 } }), "BAD_USER_INPUT"),
    ];
    for (index, (document, variables, code)) in cases.into_iter().enumerate() {
        let (status, error) = probe.error(document, variables).await;
        assert_eq!((status, error["extensions"]["code"].as_str()), (400, Some(code)), "{document}: {error}");
        assert_eq!(probe.sandbox.kit().checks.violations().len(), index + 1);
    }
}

#[tokio::test]
async fn arguments_are_checked() {
    let probe = probe().signed_into_linear("read,write").await;
    let team = probe.team().await;
    let other = probe.data("{ workflowStates(filter: { team: { key: { eq: \"RES\" } } }) { nodes { id } } }", json!({})).await;
    let other = &other["workflowStates"]["nodes"][0]["id"];
    let cases = [
        (json!({ "teamId": "nowhere", "title": "x" }), "Entity not found: Team"),
        (json!({ "teamId": team, "title": " " }), "Argument Validation Error"),
        (json!({ "teamId": team }), "Argument Validation Error"),
        (json!({ "teamId": team, "title": "x", "priority": 9 }), "Argument Validation Error"),
        (json!({ "teamId": team, "title": "x", "id": "not-a-uuid" }), "Argument Validation Error"),
        (json!({ "teamId": team, "title": "x", "id": "018f2f3a-0000-7000-8000-000000000000" }), "Argument Validation Error"),
        (json!({ "teamId": team, "title": "x", "assigneeId": "nobody" }), "Entity not found: User"),
        (json!({ "teamId": team, "title": "x", "labelIds": ["none"] }), "Entity not found: IssueLabel"),
        (json!({ "teamId": team, "title": "x", "stateId": other }), "Discrepancy between issue team and state"),
    ];
    for (input, message) in cases {
        let got = probe.graphql(CREATE, json!({ "input": input })).await;
        assert_eq!(got.json()["errors"][0]["message"], message, "{input}");
        assert_eq!(got.json()["data"], json!(null));
    }
    assert_eq!(probe.error("{ issue(id: \"DEMO-77\") { id } }", json!({})).await.1["message"], "Entity not found: Issue");
    assert!(probe.sandbox.kit().ledger.effects(None, None).is_empty());
}

#[tokio::test]
async fn budgets_are_counted_in_headers_and_refused_with_status_400() {
    let probe = probe().signed_into_linear("read").await;
    let got = probe.graphql("{ teams(first: 10) { nodes { id key } } }", json!({})).await;
    // Ten teams of one object and two properties.
    assert_eq!((got.header("x-complexity"), got.header("x-ratelimit-complexity-limit")), ("12", "2000000"));
    assert_eq!((got.header("x-ratelimit-requests-limit"), got.header("x-ratelimit-requests-remaining")), ("5000", "4999"));
    assert!(got.header("x-ratelimit-requests-reset").parse::<i64>().unwrap() > 0);

    let dear = "{ teams(first: 250) { nodes { issues(first: 250) { nodes { id } } } } }";
    assert_eq!(probe.error(dear, json!({})).await.1["message"], "Query too complex");

    probe.post("/_sandbox/linear/limits", &json!({ "requests": 1, "complexity": 100 })).await;
    probe.sandbox.kit().clock.advance(SignedDuration::from_hours(1));
    assert_eq!(probe.graphql("{ viewer { id } }", json!({})).await.status, StatusCode::OK);
    let got = probe.graphql("{ viewer { id } }", json!({})).await;
    assert_eq!((got.status, got.json()["errors"][0]["extensions"]["code"].as_str()), (StatusCode::BAD_REQUEST, Some("RATELIMITED")));
    assert_eq!(got.header("x-ratelimit-requests-remaining"), "0");
}

#[tokio::test]
async fn what_the_schema_has_and_the_sandbox_lacks_is_said_loudly() {
    let probe = super::probe_with_specs().signed_into_linear("read").await;
    if probe.sandbox.kit().options.specs.is_none() {
        return;
    }
    let (_, error) = probe.error("{ viewer { statusEmoji } }", json!({})).await;
    assert_eq!(error["message"], "User.statusEmoji is not emulated by the sandbox");
    assert_eq!(probe.sandbox.kit().checks.violations()[0].place, "User.statusEmoji");
}
