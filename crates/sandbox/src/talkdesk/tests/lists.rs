//! Users, contacts and interactions: pages, filters, windows.

use serde_json::json;

use super::{Bench, HOST};

#[tokio::test]
async fn the_account_names_itself() {
    let bench = Bench::new().await;
    let account = bench.get("/account").await.ok();
    assert_eq!((&account["name"], &account["company_name"]), (&json!("demo-example"), &json!("Demo Organisation")));
    assert_eq!(account["_links"]["self"]["href"], format!("{HOST}/talkdesk/api/account"));
}

#[tokio::test]
async fn users_come_in_hal_pages() {
    let bench = Bench::new().await;
    let first = bench.get("/users?per_page=4").await.ok();
    assert_eq!(
        (&first["total"], &first["count"], &first["page"], &first["per_page"], &first["total_pages"]),
        (&json!(6), &json!(4), &json!(1), &json!(4), &json!(2))
    );
    assert!(first["_links"].get("prev").is_none());
    let next = first["_links"]["next"]["href"].as_str().unwrap().strip_prefix(&format!("{HOST}/talkdesk/api")).unwrap().to_owned();
    let second = bench.get(&next).await.ok();
    assert_eq!((&second["count"], second["_links"].get("next")), (&json!(2), None));
    let active = bench.get("/users?active=true").await.ok();
    assert_eq!(active["total"], 5);
    let found = bench.get("/users?email=marketing@demo.example").await.ok();
    let user = &found["_embedded"]["users"][0];
    assert_eq!((&found["total"], &user["name"]), (&json!(1), &json!("Marketing")));
    assert_eq!(&bench.get(&format!("/users/{}", user["id"].as_str().unwrap())).await.ok(), user);
    assert_eq!(bench.get("/users/none").await.problem(), (404, "0040000".to_owned()));
    for query in ["page=0", "per_page=201", "page=x", "active=maybe", "name=x"] {
        assert_eq!(bench.get(&format!("/users?{query}")).await.problem(), (400, "0040001".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn contacts_are_found_by_phone() {
    let bench = Bench::new().await;
    let found = bench.get("/contacts?phones=%2B12025550122&phones=%2B12025550133").await.ok();
    assert_eq!((&found["total"], found.get("page")), (&json!(2), None));
    let contact = &found["_embedded"]["contacts"][0];
    assert_eq!((&contact["company"], &contact["phones"][0]["number"]), (&json!("Northern Freight"), &json!("+12025550122")));
    assert_eq!(&bench.get(&format!("/contacts/{}", contact["id"].as_str().unwrap())).await.ok(), contact);
    assert_eq!(bench.get("/contacts?phones=%2B19999999999").await.ok()["total"], 0);
    assert_eq!(bench.get("/contacts").await.ok()["total"], 3);
    // A plus that is not encoded is a space.
    assert_eq!(bench.get("/contacts?phones=+12025550122").await.status, 400);
    assert_eq!(bench.get("/contacts?per_page=51").await.status, 400);
    assert_eq!(bench.get("/contacts/none").await.problem(), (404, "0210001".to_owned()));
}

#[tokio::test]
async fn interactions_come_by_cursor_within_a_week() {
    let bench = Bench::new().await;
    for minute in 0..25 {
        bench.add_call(&format!("2026-11-02T10:{minute:02}:00Z"), json!({})).await;
    }
    bench.add_call("2026-11-12T10:00:00Z", json!({})).await;
    let path = "/conversations/interactions?interaction_started=2026-11-01T00:00:00Z&interaction_ended=2026-11-08T00:00:00Z";
    let first = bench.get(path).await;
    assert_eq!(first.headers["content-type"], "application/hal+json");
    let first = first.ok();
    assert_eq!(first["_embedded"]["interactions"].as_array().unwrap().len(), 20);
    let next = first["_links"]["next"]["href"].as_str().unwrap().strip_prefix(&format!("{HOST}/talkdesk/api")).unwrap().to_owned();
    let second = bench.get(&next).await.ok();
    assert_eq!(second["_embedded"]["interactions"].as_array().unwrap().len(), 5);
    assert!(second["_links"].get("next").is_none());
}

#[tokio::test]
async fn an_interaction_tells_what_was_said() {
    let bench = Bench::new().await;
    let said = json!([
        { "by_agent": true, "text": "How can I help?", "start_seconds": 0.5, "end_seconds": 2.0 },
        { "by_agent": false, "text": "We need an offer.", "start_seconds": 2.5, "end_seconds": 4.0 },
    ]);
    let call = bench.add_call("2026-11-02T10:00:00Z", json!({ "messages": said, "direction": "outbound" })).await;
    let list = bench.get("/conversations/interactions?interaction_started=2026-11-02T00:00:00Z").await.ok();
    let one = &list["_embedded"]["interactions"][0];
    assert_eq!((&one["id"], &one["direction"]), (&call["call_id"], &json!("OUT")));
    let contacts = bench.get("/contacts?phones=%2B12025550111").await.ok();
    assert_eq!(one["customer_id"], contacts["_embedded"]["contacts"][0]["id"]);
    assert_eq!((&one["messages"][0]["participant"], &one["messages"][0]["agent_id"]), (&json!("USER"), &one["agents"][0]["id"]));
    assert_eq!(
        (&one["messages"][1]["text"], &one["messages"][1]["recording_id"]),
        (&json!("We need an offer."), &call["recording_ids"][0])
    );
    assert_eq!(one["messages"][1]["message_start_at"], "2026-11-02T10:00:02.5Z");
}

#[tokio::test]
async fn windows_and_cursors_that_do_not_fit_are_refused() {
    let bench = Bench::new().await;
    for query in [
        "interaction_started=2026-11-01T00:00:00Z&interaction_ended=2026-11-08T00:00:01Z",
        "interaction_started=2026-11-02T00:00:00Z&interaction_ended=2026-11-01T00:00:00Z",
        "interaction_started=2026-11-02",
        "cursor=nonsense",
        "page=2",
    ] {
        assert_eq!(bench.get(&format!("/conversations/interactions?{query}")).await.problem(), (400, "1904000".to_owned()), "{query}");
    }
    bench.get("/conversations/interactions").await.ok();
}

#[tokio::test]
async fn calls_that_cannot_be_are_not_added() {
    let bench = Bench::new().await;
    for (name, value) in [("agent", "nobody@demo.example"), ("customer_number", "555")] {
        let mut call = json!({
            "agent": "marketing@demo.example", "customer_number": "+12025550111", "direction": "inbound",
            "start": "2026-11-02T10:00:00Z", "duration_seconds": 1,
        });
        call[name] = json!(value);
        let answer = bench.control(axum::http::Method::POST, "talkdesk/calls", call).await;
        assert_eq!((answer.status.as_u16(), answer.body()["error"].is_string()), (422, true));
    }
}
