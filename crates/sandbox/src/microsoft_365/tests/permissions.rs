//! The permissions that the emulator asks for are those of Microsoft's own table (permissions.trimmed.json).

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{MANAGER, VIEW, application, harness, sign_in};
use crate::microsoft::access::Rights;
use crate::microsoft_365::{BASIC, READ, USER};
use crate::probe::specs;

fn table() -> Option<Value> {
    let text = std::fs::read_to_string(specs()?.join("microsoft-graph/permissions.trimmed.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// The permissions that may GET one of these paths.
fn allowed(table: &Value, scheme: &str, paths: &[&str]) -> BTreeSet<String> {
    let permissions = table["permissions"].as_object().unwrap().iter();
    let may = |permission: &Value| {
        let sets = permission["pathSets"].as_array().unwrap().iter();
        let fits = |set: &&Value| {
            let has = |name: &str, wanted: &str| set[name].as_array().unwrap().iter().any(|one| one == wanted);
            has("schemeKeys", scheme) && has("methods", "GET") && paths.iter().any(|path| set["paths"].get(*path).is_some())
        };
        sets.filter(fits).count() > 0
    };
    permissions.filter(|(_, permission)| may(permission)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn each_endpoint_asks_for_what_the_table_allows() {
    let Some(table) = table() else { return };
    let cases: [(Rights, [&[&str]; 2]); 3] = [
        (USER, [&["/me"], &["/users/{id}"]]),
        (BASIC, [&["/me/calendars", "/me/events/{id}"], &["/users/{id}/calendars", "/users/{id}/events/{id}"]]),
        (
            READ,
            [
                &["/me/calendarview/delta", "/me/calendars/{id}/calendarview/delta"],
                &["/users/{id}/calendarview/delta", "/users/{id}/calendars/{id}/calendarview/delta"],
            ],
        ),
    ];
    for (rights, [own, others]) in cases {
        for (scheme, asked, paths) in [("DelegatedWork", rights.delegated, own), ("Application", rights.application, others)] {
            let known = allowed(&table, scheme, paths);
            for right in asked {
                assert!(known.contains(*right), "{right} does not open {paths:?} to {scheme}; {known:?} do");
            }
        }
    }
}

#[tokio::test]
async fn what_was_not_granted_is_denied() {
    let harness = harness();
    let person = sign_in(&harness, "User.Read offline_access").await;
    for path in [format!("/v1.0/me/calendarView/delta?{VIEW}"), "/v1.0/me/calendars".into(), "/v1.0/me/events/AAkAeA==".into()] {
        let refused = harness.get(&path, &person.access).await;
        assert_eq!((refused.status, super::code(&refused)), (StatusCode::FORBIDDEN, "ErrorAccessDenied".to_owned()), "{path}");
    }
    let basic = sign_in(&harness, "Calendars.ReadBasic").await;
    assert_eq!(harness.get("/v1.0/me/calendars", &basic.access).await.status, StatusCode::OK);
    assert_eq!(harness.get("/v1.0/me", &basic.access).await.status, StatusCode::FORBIDDEN);

    let token = application(&harness).await.good()["access_token"].as_str().unwrap().to_owned();
    let view = format!("/v1.0/users/{MANAGER}/calendarView/delta?{VIEW}");
    assert_eq!(harness.get(&view, &token).await.status, StatusCode::OK);
    harness.control("PUT", "/consent", json!(["User.ReadBasic.All"])).await;
    assert_eq!(harness.get(&view, &token).await.status, StatusCode::FORBIDDEN, "the administrator took it back");
    harness.assert_answers_fit();
}
