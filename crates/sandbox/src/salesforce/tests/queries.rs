//! SOQL: what is found, in which order, on which pages, and what is refused.

use jiff::SignedDuration;
use serde_json::json;

use super::{API, code, column, harness, make, query, token};

#[tokio::test]
async fn conditions_orders_and_parents_are_answered() {
    let harness = harness();
    let token = token(&harness).await;
    let names = async |soql: &str| {
        let found = column(&harness, &token, soql, "LastName").await;
        found.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    make(&harness, "Contact", json!({ "LastName": "O'Neil", "Email": "o_neil@lab.example" })).await;
    assert_eq!(names("SELECT LastName FROM Contact WHERE LastName = 'o\\'neil'").await, ["O'Neil"], "without regard to case");
    assert_eq!(names("SELECT LastName FROM Contact ORDER BY LastName DESC LIMIT 2").await, ["Purchasing", "Professor A"]);
    assert_eq!(
        names("SELECT LastName FROM Contact WHERE Email LIKE 'o\\_%' OR LastName IN ('Clerk') ORDER BY LastName").await,
        ["Clerk", "O'Neil"]
    );
    assert_eq!(names("SELECT LastName FROM Contact WHERE Account.Name = 'University Lab'").await, ["Professor A"]);
    assert_eq!(
        names("SELECT LastName FROM Contact WHERE (NOT LastName = 'Clerk') AND AccountId != null ORDER BY LastName").await,
        ["Professor A", "Purchasing"]
    );
    let parents = column(&harness, &token, "SELECT Account.Name FROM Contact ORDER BY LastName", "Account").await;
    assert_eq!((&parents[0]["Name"], &parents[1]), (&json!("Parish Council"), &json!(null)), "O'Neil has no account");
}

#[tokio::test]
async fn queries_that_salesforce_would_not_take_are_refused() {
    let harness = harness();
    let token = token(&harness).await;
    for (soql, status, why) in [
        ("SELECT Colour FROM Contact", 400, "INVALID_FIELD"),
        ("SELECT Id FROM Colour", 400, "INVALID_TYPE"),
        ("SELECT Id FROM Event WHERE Description LIKE '%x%'", 400, "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE LastName = 'a' AND Email = 'b' OR Phone = 'c'", 400, "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = 'open", 400, "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01T00:00:00Z'", 400, "MALFORMED_QUERY"),
        ("SELECT Id FROM ContentDocumentLink", 400, "MALFORMED_QUERY"),
        ("DELETE FROM Contact", 400, "MALFORMED_QUERY"),
    ] {
        assert_eq!(code(&query(&harness, &token, soql).await), (status, why.to_owned()), "{soql}");
    }
    let long = format!("SELECT Id FROM Contact WHERE LastName = '{}'", "x".repeat(17_000));
    assert_eq!(query(&harness, &token, &long).await.status.as_u16(), 414);
}

#[tokio::test]
async fn pages_follow_and_a_place_ends_after_two_days() {
    let harness = harness();
    let token = token(&harness).await;
    harness.control("PUT", "/page", json!({ "records": 2 })).await;
    let first = query(&harness, &token, "SELECT Id FROM User ORDER BY Name").await.json();
    assert_eq!((&first["totalSize"], &first["done"], first["records"].as_array().unwrap().len()), (&json!(4), &json!(false), 2));
    let next = format!("/instance{}", first["nextRecordsUrl"].as_str().unwrap());
    let second = harness.get(&next, &token).await.json();
    assert_eq!((&second["done"], second["records"].as_array().unwrap().len()), (&json!(true), 2));
    assert!(second.get("nextRecordsUrl").is_none());
    let first = query(&harness, &token, "SELECT Id FROM User").await.json();
    harness.sandbox.kit().clock.advance(SignedDuration::from_hours(49));
    let token = super::token(&harness).await;
    let next = format!("/instance{}", first["nextRecordsUrl"].as_str().unwrap());
    assert_eq!(code(&harness.get(&next, &token).await), (400, "INVALID_QUERY_LOCATOR".into()));
}

#[tokio::test]
async fn what_was_deleted_is_told_for_fifteen_days_to_those_who_ask_for_it() {
    let harness = harness();
    let token = token(&harness).await;
    let id = make(&harness, "Lead", json!({ "LastName": "Short", "Company": "Visit" })).await;
    harness.control("DELETE", &format!("/objects/Lead/{id}"), json!({})).await;
    let all = |token: String| {
        let harness = &harness;
        async move { harness.get(&format!("{API}/queryAll?q=SELECT+Id,IsDeleted+FROM+Lead+WHERE+LastName='Short'"), &token).await.json() }
    };
    assert_eq!(all(token.clone()).await["records"][0]["IsDeleted"], true);
    assert_eq!(query(&harness, &token, "SELECT Id FROM Lead WHERE LastName = 'Short'").await.json()["totalSize"], 0);
    assert_eq!(code(&harness.get(&format!("{API}/sobjects/Lead/{id}"), &token).await), (404, "NOT_FOUND".into()));
    harness.sandbox.kit().clock.advance(SignedDuration::from_hours(24 * 16));
    let token = super::token(&harness).await;
    assert_eq!(all(token).await["totalSize"], 0);
}
