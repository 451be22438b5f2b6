//! Tasks: ids of the caller's, what is refused, fields on request, pages.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{EVERYTHING, get, harness, message, post, project, sign_in, task};
use crate::harness::Harness;

async fn put(harness: &Harness, token: &str, id: &str, data: Value) -> crate::probe::Got {
    harness.call("PUT", &format!("/api/1.0/tasks/{id}"), token, Some(&json!({ "data": data }))).await
}

#[tokio::test]
async fn an_id_of_the_callers_is_taken_once_and_stands_wherever_an_id_stands() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let product = project(&harness, &token, "Product").await;
    let new = json!({ "name": "Once", "projects": [product], "external": { "gid": "ours-1", "data": "{}" } });
    let made = post(&harness, &token, "/tasks", new.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let again = post(&harness, &token, "/tasks", new).await;
    assert_eq!((again.status, message(&again).contains("already assigned")), (StatusCode::BAD_REQUEST, true));
    let found = get(&harness, &token, "/tasks/external:ours-1?opt_fields=external,name").await.good();
    assert_eq!(found["data"], json!({ "gid": made.json()["data"]["gid"], "name": "Once", "external": { "gid": "ours-1", "data": "{}" } }));
    assert_eq!(get(&harness, &token, "/tasks/external:ours-2").await.status, StatusCode::NOT_FOUND);
    assert_eq!(put(&harness, &token, "external:ours-1", json!({ "completed": true })).await.good()["data"]["completed"], true);
    assert_eq!(harness.effects(), [("task.create".to_owned(), json!("ours-1")), ("task.update".to_owned(), Value::Null)]);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_task_is_changed_cleared_and_put_in_the_trash() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let id = task(&harness, &token, "First").await;
    let usual = get(&harness, &token, &format!("/tasks/{id}")).await.good()["data"].clone();
    assert_eq!((&usual["assignee"], &usual["completed"], usual.get("external")), (&Value::Null, &json!(false), None));
    let field = usual["custom_fields"][0].clone();
    assert_eq!((&field["asana_created_field"], &field["enum_value"]), (&json!("priority"), &Value::Null));
    let low = field["enum_options"][2].clone();
    let full = json!({ "assignee": "me", "due_on": "2026-02-01", "custom_fields": { field["gid"].as_str().unwrap(): low["gid"] } });
    let changed = put(&harness, &token, &id, full).await.good()["data"].clone();
    assert_eq!((&changed["assignee"]["name"], &changed["due_on"]), (&json!("Project Manager"), &json!("2026-02-01")));
    assert_eq!(changed["custom_fields"][0]["enum_value"]["name"], "Low");
    let cleared = put(&harness, &token, &id, json!({ "assignee": null, "due_on": null })).await.good()["data"].clone();
    assert_eq!((&cleared["assignee"], &cleared["due_on"]), (&Value::Null, &Value::Null));
    put(&harness, &token, &id, json!({ "name": "First" })).await.good();
    assert_eq!(harness.effects().len(), 3, "what changes nothing is no effect");
    let path = format!("/api/1.0/tasks/{id}");
    assert_eq!(harness.call("DELETE", &path, &token, None).await.good()["data"], json!({}));
    assert_eq!(harness.call("DELETE", &path, &token, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&harness, &token, &format!("/tasks/{id}")).await.status, StatusCode::NOT_FOUND);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn what_asana_would_refuse_is_refused_and_leaves_nothing() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let (product, research) = (project(&harness, &token, "Product").await, project(&harness, &token, "Research").await);
    let field = {
        let settings = get(&harness, &token, &format!("/projects/{product}/custom_field_settings")).await.good();
        settings["data"][0]["custom_field"].clone()
    };
    let option = field["enum_options"][0]["gid"].clone();
    let custom = |option: &Value| json!({ field["gid"].as_str().unwrap(): option });
    for bad in [
        json!({ "name": "no place" }),
        json!({ "name": "x", "projects": ["1"] }),
        json!({ "name": "x", "projects": [product], "assignee": "nobody@demo.example" }),
        json!({ "name": "x", "projects": [product], "due_on": "soon" }),
        json!({ "name": "x", "projects": [product], "colour": "red" }),
        json!({ "name": "x", "projects": [product], "custom_fields": custom(&json!("1")) }),
        json!({ "name": "x", "projects": [research], "custom_fields": custom(&option) }),
    ] {
        let got = post(&harness, &token, "/tasks", bad.clone()).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{bad}: {}", got.text());
        assert!(!message(&got).is_empty());
    }
    assert_eq!(harness.post("/api/1.0/tasks", &token, json!({ "name": "x" })).await.status, StatusCode::BAD_REQUEST, "without `data`");
    assert_eq!(get(&harness, &token, "/tasks").await.status, StatusCode::BAD_REQUEST, "neither project nor assignee");
    assert_eq!(get(&harness, &token, "/users?limit=10").await.status, StatusCode::BAD_REQUEST, "pages within a workspace alone");
    assert!(harness.effects().is_empty());
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_list_has_pages_that_end_and_an_offset_is_good_for_its_own_list_and_not_for_ever() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    let (product, research) = (project(&harness, &token, "Product").await, project(&harness, &token, "Research").await);
    for number in 0..5 {
        task(&harness, &token, &format!("Task {number}")).await;
    }
    let page = |project: &str, more: &str| format!("/tasks?project={project}&limit=2{more}");
    let mut names = Vec::new();
    let mut offset = String::new();
    let mut first_offset = String::new();
    loop {
        let got = get(&harness, &token, &page(&product, &offset)).await.good();
        names.extend(got["data"].as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap().to_owned()));
        let Some(next) = got["next_page"]["offset"].as_str() else { break };
        offset = format!("&offset={next}");
        if first_offset.is_empty() {
            first_offset.clone_from(&offset);
        }
    }
    assert_eq!(names, ["Task 0", "Task 1", "Task 2", "Task 3", "Task 4"]);
    let other = get(&harness, &token, &page(&research, &first_offset)).await;
    assert_eq!((other.status, message(&other).starts_with("offset:")), (StatusCode::BAD_REQUEST, true));
    harness.advance(2 * 3_600);
    let token = sign_in(&harness, EVERYTHING).await;
    let late = get(&harness, &token, &page(&product, &first_offset)).await;
    assert_eq!(message(&late), "offset: Your pagination token has expired.");
    let compact = get(&harness, &token, &format!("/projects/{product}/tasks")).await.good()["data"][0].clone();
    assert_eq!(compact.as_object().unwrap().len(), 4, "{compact}");
    let since = harness.sandbox.kit().clock.now();
    let changed = get(&harness, &token, &format!("/tasks?project={product}&modified_since={since}")).await.good();
    assert_eq!(changed["data"], json!([]));
    harness.assert_answers_fit();
}

#[tokio::test]
async fn requests_are_held_against_the_description() {
    let harness = harness();
    let token = sign_in(&harness, EVERYTHING).await;
    if harness.sandbox.kit().options.specs.is_none() {
        return;
    }
    let id = task(&harness, &token, "Held").await;
    get(&harness, &token, "/users/me").await.good();
    get(&harness, &token, "/workspaces").await.good();
    get(&harness, &token, &format!("/tasks/{id}?opt_fields=name,memberships,html_notes,created_by,followers.name")).await.good();
    assert!(harness.sandbox.kit().checks.violations().is_empty(), "{:?}", harness.sandbox.kit().checks.violations());
    for path in ["/tasks?projekt=1", "/tasks?opt_fields=colour&project=1", "/tasks?limit=1000&project=1", "/nothing"] {
        assert!(get(&harness, &token, path).await.status.is_client_error(), "{path}");
    }
    let places: Vec<String> = harness.sandbox.kit().checks.violations().into_iter().map(|one| one.place).collect();
    assert_eq!(places, ["query projekt", "query opt_fields/0", "query limit", "path"]);
}
