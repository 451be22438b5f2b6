//! Pages: typed values, what is refused, the trash, new columns.

use serde_json::{Value, json};

use super::{call, get, harness, page, refused, sign_in, source, title};

#[tokio::test]
async fn a_row_has_typed_values_that_are_changed_one_by_one() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let me = get(&harness, &token, "/users").await.good()["results"][1].clone();
    let new = json!({
        "Name": title("First"), "Due": { "date": { "start": "2026-02-01" } }, "Assignee": { "people": [{ "id": me["id"] }] },
        "Status": { "status": { "name": "In progress" } }, "Priority": { "select": { "name": "Someday" } },
    });
    let made = page(&harness, &token, new, json!([])).await.good();
    let value = |page: &Value, name: &str| page["properties"][name].clone();
    assert_eq!(value(&made, "Name")["title"][0]["plain_text"], "First");
    assert_eq!(
        (&value(&made, "Assignee")["people"][0]["name"], &value(&made, "Due")["date"]["start"]),
        (&me["name"], &json!("2026-02-01"))
    );
    assert_eq!((&made["parent"]["type"], &made["in_trash"]), (&json!("data_source_id"), &json!(false)));
    assert!(made["last_edited_time"].as_str().unwrap().ends_with(":00.000Z"), "times are of the minute");

    let path = format!("/pages/{}", made["id"].as_str().unwrap());
    let edit = json!({ "properties": { "Due": { "date": null }, "Status": { "status": { "name": "Done" } } } });
    let changed = call(&harness, &token, "PATCH", &path, Some(&edit)).await.good();
    assert_eq!((&value(&changed, "Due")["date"], &value(&changed, "Status")["status"]["name"]), (&Value::Null, &json!("Done")));
    call(&harness, &token, "PATCH", &path, Some(&edit)).await.good();
    assert_eq!(harness.effects().len(), 2, "what changes nothing is no effect");
    let tasks = source(&harness, &token, "Tasks").await;
    let options =
        get(&harness, &token, &format!("/data_sources/{tasks}")).await.good()["properties"]["Priority"]["select"]["options"].clone();
    assert_eq!(options.as_array().unwrap().len(), 4, "a select takes new options");
    harness.assert_answers_fit();
}

#[tokio::test]
async fn what_does_not_fit_its_column_is_refused_and_leaves_nothing() {
    let harness = harness();
    let token = sign_in(&harness).await;
    for bad in [
        json!({ "Colour": { "rich_text": [] } }),
        json!({ "Name": { "rich_text": [] } }),
        json!({ "Name": title(&"x".repeat(2_001)) }),
        json!({ "Name": { "title": vec![json!({ "text": { "content": "x" } }); 101] } }),
        json!({ "Due": { "date": { "start": "soon" } } }),
        json!({ "Status": { "status": { "name": "Never heard" } } }),
        json!({ "Priority": { "select": { "name": "a, b" } } }),
        json!({ "Assignee": { "people": [{ "id": "00000000-0000-4000-8000-000000000000" }] } }),
    ] {
        refused(&page(&harness, &token, bad, json!([])).await, 400, "validation_error");
    }
    let elsewhere = json!({ "parent": { "data_source_id": "00000000-0000-4000-8000-000000000000" }, "properties": {} });
    refused(&call(&harness, &token, "POST", "/pages", Some(&elsewhere)).await, 404, "object_not_found");
    let age =
        json!({ "parent": { "data_source_id": source(&harness, &token, "Meetings").await }, "properties": { "Age": { "formula": {} } } });
    refused(&call(&harness, &token, "POST", "/pages", Some(&age)).await, 400, "validation_error");
    assert!(harness.effects().is_empty());
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_page_in_the_trash_is_shown_and_not_edited() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let made = page(&harness, &token, json!({ "Name": title("Gone") }), json!([])).await.good();
    let path = format!("/pages/{}", made["id"].as_str().unwrap());
    let trashed = call(&harness, &token, "PATCH", &path, Some(&json!({ "in_trash": true }))).await.good();
    assert_eq!((&trashed["in_trash"], &trashed["archived"]), (&json!(true), &json!(true)));
    let edit = json!({ "properties": { "Name": title("Again") } });
    let message = refused(&call(&harness, &token, "PATCH", &path, Some(&edit)).await, 400, "validation_error");
    assert!(message.contains("archived"), "{message}");
    assert_eq!(get(&harness, &token, &path).await.good()["in_trash"], true);
    call(&harness, &token, "PATCH", &path, Some(&json!({ "in_trash": false }))).await.good();
    call(&harness, &token, "PATCH", &path, Some(&edit)).await.good();
    let actions: Vec<String> = harness.effects().into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["page.create", "page.delete", "page.restore", "page.update"]);
    harness.assert_answers_fit();
}

#[tokio::test]
async fn a_column_is_added_and_then_takes_values() {
    let harness = harness();
    let token = sign_in(&harness).await;
    let tasks = source(&harness, &token, "Tasks").await;
    let column = json!({ "properties": { "Key": { "rich_text": {} } } });
    let path = format!("/data_sources/{tasks}");
    let source = call(&harness, &token, "PATCH", &path, Some(&column)).await.good();
    assert_eq!(source["properties"]["Key"]["type"], "rich_text");
    let again = call(&harness, &token, "PATCH", &path, Some(&column)).await.good();
    assert_eq!(again["properties"]["Key"], source["properties"]["Key"], "adding it again changes nothing");
    let second_title = json!({ "properties": { "Title": { "title": {} } } });
    refused(&call(&harness, &token, "PATCH", &path, Some(&second_title)).await, 400, "validation_error");
    let key = json!([{ "text": { "content": "00000000-0000-4000-8000-000000000001" } }]);
    page(&harness, &token, json!({ "Key": { "rich_text": key } }), json!([])).await.good();
    assert_eq!(harness.effects()[2].1, json!("00000000-0000-4000-8000-000000000001"), "the ledger has the caller's key");
    let database = source["parent"]["database_id"].as_str().unwrap();
    let whole = get(&harness, &token, &format!("/databases/{database}")).await.good();
    assert_eq!(whole["data_sources"][0]["id"], json!(tasks));
    harness.assert_answers_fit();
}

#[tokio::test]
async fn requests_are_held_against_the_description() {
    let harness = harness();
    let token = sign_in(&harness).await;
    if harness.sandbox.kit().options.specs.is_none() {
        return;
    }
    page(&harness, &token, json!({ "Name": title("Held") }), json!([])).await.good();
    assert!(harness.sandbox.kit().checks.violations().is_empty(), "{:?}", harness.sandbox.kit().checks.violations());
    let tasks = source(&harness, &token, "Tasks").await;
    for (path, body) in [
        ("/pages".to_owned(), json!({ "parent": { "data_source_id": tasks }, "properties": {}, "colour": "red" })),
        ("/pages".to_owned(), json!({ "parent": { "page_id": tasks }, "properties": {} })),
        (format!("/data_sources/{tasks}/query"), json!({ "page_size": 101 })),
        ("/search".to_owned(), json!({ "filter": { "property": "object", "value": "database" } })),
    ] {
        refused(&call(&harness, &token, "POST", &path, Some(&body)).await, 400, "validation_error");
    }
    assert_eq!(harness.sandbox.kit().checks.violations().len(), 4);
}
