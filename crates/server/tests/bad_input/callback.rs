//! What a tool sends a person back with: malformed, replayed, somebody else's, denied, and with less than was asked.

use axum::http::StatusCode;
use serde_json::json;

use super::hub::{World, worlds};

/// Begins a sign-in as the admin; its `state`.
async fn begin(world: &World) -> String {
    let begun = world.json("POST", "/connections", json!({ "integration": "bell", "auth": "oauth" }).to_string()).await;
    let address: url::Url = begun.json()["authorize_url"].as_str().unwrap().parse().unwrap();
    address.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

async fn back(world: &World, query: &str) -> super::hub::Answer {
    world.page(&world.cookie, &format!("/connect/callback?{query}")).await
}

#[tokio::test]
async fn b11_an_answer_that_cannot_be_read_is_refused_and_the_sign_in_goes_on() {
    for world in worlds().await {
        let state = begin(&world).await;
        let before = world.snapshot().await;
        let long = "s".repeat(60_000);
        let cases = [
            (String::new(), "which sign-in it belongs to"),
            ("code=c".to_owned(), "which sign-in it belongs to"),
            (format!("state[]={state}&code=c"), "which sign-in it belongs to"),
            (format!("state[0]={state}&code=c"), "which sign-in it belongs to"),
            (format!("state={state}&state={state}&code=c"), "`state` twice"),
            (format!("state={state}&code=a&code=b"), "`code` twice"),
            (format!("state={state}&error=a&error=b"), "`error` twice"),
            (format!("state={long}&code=c"), "oversized `state`"),
            (format!("state={state}&code={long}"), "oversized `code`"),
            (format!("state={state}&error=x&error_description={long}"), "oversized `error_description`"),
        ];
        for (query, words) in cases {
            let answer = back(&world, &query).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query:.80}");
            assert!(answer.text.contains(words) && answer.text.contains("<code>malformed</code>"), "{query:.80}: {}", answer.text);
            assert_eq!(answer.text.matches("button primary").count(), 1, "one next step");
        }
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
        let done = back(&world, &format!("state={state}&code=c")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "the state was not spent: {}", done.text);
    }
}

#[tokio::test]
async fn b11_a_state_that_is_unknown_used_or_somebody_elses_ends_nothing() {
    for world in worlds().await {
        let used = begin(&world).await;
        assert_eq!(back(&world, &format!("state={used}&code=c")).await.status, StatusCode::SEE_OTHER);
        let foreign = begin(&world).await;
        let colleague = world.sign_in("colleague").await;
        let connections = world.workspace.connections().await.unwrap();
        for (cookie, state) in
            [(&world.cookie, "unknown"), (&world.cookie, "a%00b"), (&world.cookie, used.as_str()), (&colleague, &foreign)]
        {
            let before = world.workspace.audit_head().await.unwrap().seq;
            let answer = world.page(cookie, &format!("/connect/callback?state={state}&code=c")).await;
            assert_eq!(answer.status, StatusCode::GONE, "{state} on {}: {}", world.engine, answer.text);
            assert!(answer.text.contains("<code>sign_in_expired</code>") && answer.text.contains("Begin again"));
            let trail = world.workspace.audit_after(before, 9).await.unwrap();
            assert_eq!(trail.iter().map(|entry| entry.act.as_str()).collect::<Vec<_>>(), ["connection.sign_in_refused"]);
        }
        assert_eq!(world.workspace.connections().await.unwrap(), connections);
        // After a sign-out the way back leads to the sign-in page, and on from there.
        let answer = world.page("", "/connect/callback?state=x&code=c").await;
        assert!(answer.status == StatusCode::SEE_OTHER && answer.headers["location"].to_str().unwrap().starts_with("/sign-in"));
    }
}

#[tokio::test]
async fn b11_a_refusal_of_the_tool_is_shown_as_text_and_leaves_no_connection() {
    for world in worlds().await {
        for (query, status, words) in [
            ("error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E%00", StatusCode::UNPROCESSABLE_ENTITY, "alert(1)"),
            ("error=access_denied", StatusCode::UNPROCESSABLE_ENTITY, "access_denied"),
            ("error=", StatusCode::UNPROCESSABLE_ENTITY, "consent_denied"),
            ("code=", StatusCode::BAD_REQUEST, "<code>code</code>"),
            ("", StatusCode::BAD_REQUEST, "<code>code</code>"),
        ] {
            let state = begin(&world).await;
            let answer = back(&world, &format!("state={state}&{query}")).await;
            assert_eq!(answer.status, status, "{query} on {}: {}", world.engine, answer.text);
            assert!(answer.text.contains(words) && !answer.text.contains("<script>alert"), "{query}: {}", answer.text);
            assert_eq!(world.workspace.connections().await.unwrap(), []);
            let last = world.workspace.audit_before(None, 1).await.unwrap().remove(0);
            assert_eq!(last.act, "connection.sign_in_refused", "{query}");
            assert_eq!(back(&world, &format!("state={state}&code=c")).await.status, StatusCode::GONE, "a state works once");
        }
    }
}

#[tokio::test]
async fn b30_less_than_was_asked_connects_and_names_what_is_missing() {
    let world = worlds().await.remove(0);
    "tasks:read".clone_into(&mut world.tool.grants.lock().unwrap());
    let state = begin(&world).await;
    let answer = back(&world, &format!("state={state}&code=c")).await;
    let connection = world.workspace.connections().await.unwrap().remove(0);
    let page = format!("/connections/{}/permissions", connection.id);
    assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, page.as_str()));
    assert_eq!((connection.connected, connection.granted), (true, vec!["tasks:read".to_owned()]));
    assert!(world.page(&world.cookie, &page).await.text.contains("tasks:write"), "the page names what is missing");
    let streams = world.workspace.streams(&connection.id).await.unwrap();
    assert!(streams.iter().all(|stream| !stream.enabled), "nothing runs before somebody saves what syncs");
}
