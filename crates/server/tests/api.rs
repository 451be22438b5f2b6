//! The API over HTTP on a fresh database: who gets in, whose things they reach, what is refused and how, and its description.
//! Connections that sync are tested where the emulators are.

#[cfg(test)]
mod world;

use axum::http::StatusCode;
use serde_json::{Value, json};
use server::Doors;
use store::users::Role;
use world::{World, meeting};

#[tokio::test]
async fn the_description_is_whole_and_every_operation_is_there_and_asks_who_calls() {
    let world = World::new().await;
    let (status, _, description) = world.send("", "GET", "/api/openapi.json", None, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    assert_eq!(description["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let mut operations = 0;
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            let name = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(!id.is_empty() && names.insert(id.to_owned()), "{name}: another operation is called `{id}`");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name} has no summary");
            assert!(operation["responses"]["401"].is_object() && operation["responses"]["default"].is_object(), "{name}");
            let asked =
                path.replace("{id}", "con_00000000000000000000000000000000").replace("{run}", "run_00000000000000000000000000000000");
            let (status, _, problem) = world.send("", &method.to_uppercase(), &asked, Some(json!({})), &[]).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{name}: {problem}");
            assert_eq!(problem["code"], "unauthenticated", "{name}");
        }
    }
    assert_eq!(operations, 48, "an operation came or went; if that is meant, say so here");
    let mut references = Vec::new();
    collect(&description, &mut references);
    assert!(references.len() > 100);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                found.push(reference.to_owned());
            }
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn metrics_are_for_admins_where_they_are_read_from_elsewhere() {
    let world = World::new().await;
    let (status, _, problem) = world.send("", "GET", "/metrics", None, &[]).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthenticated")));
    let (status, _, problem) = world.member("GET", "/metrics", None, &[]).await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
}

#[tokio::test]
async fn the_trail_is_read_from_its_beginning_and_goes_on_after_a_number() {
    let world = World::new().await;
    for name in ["one", "two", "three"] {
        world.send(&world.admin, "POST", "/api/v1/tokens", Some(json!({ "name": name })), &[]).await;
    }
    let numbers = |page: &Value| page["items"].as_array().unwrap().iter().map(|row| row["seq"].as_i64().unwrap()).collect::<Vec<_>>();
    let (_, _, first) = world.send(&world.admin, "GET", "/api/v1/audit?after=0&limit=2", None, &[]).await;
    let (_, _, rest) = world.send(&world.admin, "GET", "/api/v1/audit?after=2", None, &[]).await;
    assert_eq!((numbers(&first), numbers(&rest)), (vec![1, 2], vec![3]));
    for bad in ["after=-1", "after=1&cursor=x"] {
        let (status, _, problem) = world.send(&world.admin, "GET", &format!("/api/v1/audit?{bad}"), None, &[]).await;
        assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!("after")), "{bad}");
    }
}

#[tokio::test]
async fn the_same_meeting_twice_is_one_and_changes_nothing() {
    let world = World::new().await;
    let (status, _, first) = world.member("PUT", "/api/v1/meetings/board-7", Some(meeting()), &[]).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let (_, _, log) = world.member("GET", "/api/v1/changes", None, &[]).await;
    let (status, _, again) = world.member("PUT", "/api/v1/meetings/board-7", Some(meeting()), &[]).await;
    assert_eq!((status, &again["id"], &again["seq"]), (StatusCode::OK, &first["id"], &first["seq"]));
    let after = log["after"].as_i64().unwrap();
    assert!(after > 0);
    let (_, _, later) = world.member("GET", &format!("/api/v1/changes?after={after}"), None, &[]).await;
    assert_eq!(later, json!({ "items": [], "after": after, "more": false }));
    let id = first["id"].as_str().unwrap();
    let (_, headers, read) = world.member("GET", &format!("/api/v1/meetings/{id}"), None, &[]).await;
    assert_eq!(read["body"]["title"], "Remote control kick-off");
    assert_eq!(headers["etag"].to_str().unwrap(), format!("\"{}\"", read["seq"]));
    let (_, _, transcript) = world.member("GET", &format!("/api/v1/meetings/{id}/transcript"), None, &[]).await;
    assert_eq!(transcript["body"]["turns"][0]["speaker"], "Project Manager");
    let (_, _, items) = world.member("GET", &format!("/api/v1/action-items?meeting={id}"), None, &[]).await;
    assert_eq!(items["items"][0]["body"]["text"], "Send the minutes");
    let (status, _, deliveries) = world.member("GET", &format!("/api/v1/meetings/{id}/deliveries"), None, &[]).await;
    assert_eq!((status, deliveries), (StatusCode::OK, json!({ "items": [] })));
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let world = World::new().await;
    let mut unknown = meeting();
    unknown["meeting"]["colour"] = json!("red");
    let cases = [
        ("PUT", "/api/v1/meetings/a", unknown, "meeting.colour"),
        ("PUT", "/api/v1/meetings/a", json!({ "meeting": { "title": "Without a time" } }), "meeting.when"),
        ("POST", "/api/v1/contacts", json!({ "mail": "x" }), "mail"),
        ("POST", "/api/v1/contacts", json!({ "email": "nobody" }), "email"),
        ("POST", "/api/v1/action-items", json!({ "text": " " }), "text"),
        ("POST", "/api/v1/action-items", json!({ "text": "Do", "priority": "huge" }), "priority"),
        ("POST", "/api/v1/notes", json!({}), "body"),
        ("POST", "/api/v1/tokens", json!({ "name": "" }), "name"),
        ("POST", "/api/v1/connections", json!({ "integration": "abacus", "auth": "oauth" }), "integration"),
        ("POST", "/api/v1/connections", json!({ "integration": "notepad", "auth": "magic" }), "auth"),
        ("POST", "/api/v1/connections", json!({ "integration": "notepad", "auth": "oauth", "flows": ["notes"] }), "flows[0]"),
        ("GET", "/api/v1/contacts?limit=0", Value::Null, "limit"),
        ("GET", "/api/v1/contacts?limit=x", Value::Null, "limit"),
        ("GET", "/api/v1/contacts?colour=red", Value::Null, "colour"),
        ("GET", "/api/v1/contacts?cursor=MSAw", Value::Null, "cursor"),
        ("GET", "/api/v1/changes?after=-1", Value::Null, "after"),
        ("GET", "/api/v1/integrations/notepad?flows=x", Value::Null, "flows"),
    ];
    for (method, path, body, field) in cases {
        let (status, _, problem) = world.member(method, path, Some(body).filter(|body| !body.is_null()), &[]).await;
        assert_eq!((status, problem["field"].as_str()), (StatusCode::BAD_REQUEST, Some(field)), "{method} {path}: {problem}");
    }
    let (status, _, problem) = world.text("POST", "/api/v1/notes", "{\"body\": ", "application/json").await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::BAD_REQUEST, Some("malformed")));
    let (status, _, _) = world.text("POST", "/api/v1/notes", "body=x", "application/x-www-form-urlencoded").await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let long = format!("{{\"body\":\"{}\"}}", "x".repeat(1 << 20));
    let (status, _, _) = world.text("POST", "/api/v1/notes", &long, "application/json").await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_edit_of_an_old_version_is_refused() {
    let world = World::new().await;
    let (status, headers, made) = world.member("POST", "/api/v1/action-items", Some(json!({ "text": "Write" })), &[]).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let (path, tag) = (headers["location"].to_str().unwrap().to_owned(), headers["etag"].to_str().unwrap().to_owned());
    let done = Some(json!({ "progress": "done", "due": "2026-02-01" }));
    let (status, _, changed) = world.member("PATCH", &path, done.clone(), &[("if-match", &tag)]).await;
    assert_eq!((status, &changed["body"]["progress"], &changed["body"]["text"]), (StatusCode::OK, &json!("done"), &json!("Write")));
    let (status, _, problem) = world.member("PATCH", &path, done, &[("if-match", &tag)]).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::PRECONDITION_FAILED, Some("changed_meanwhile")));
    let (_, _, emptied) = world.member("PATCH", &path, Some(json!({ "due": null })), &[]).await;
    assert!(emptied["body"].get("due").is_none(), "{emptied}");
    for (patch, field) in [(json!({ "text": "" }), "text"), (json!({ "colour": 1 }), "colour"), (json!({ "text": null }), "text")] {
        let (status, _, problem) = world.member("PATCH", &path, Some(patch), &[]).await;
        assert_eq!((status, problem["field"].as_str()), (StatusCode::BAD_REQUEST, Some(field)), "{problem}");
    }
    let (status, _, problem) = world.member("PATCH", &path, Some(json!({})), &[("if-match", "W/\"1\"")]).await;
    assert_eq!((status, problem["field"].as_str()), (StatusCode::BAD_REQUEST, Some("If-Match")));
    assert_eq!(world.member("DELETE", &path, None, &[]).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.member("GET", &path, None, &[]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_workspaces_things_are_not_there() {
    let world = World::new().await;
    let (_, _, made) = world.member("PUT", "/api/v1/meetings/k", Some(meeting()), &[]).await;
    let meeting = made["id"].as_str().unwrap();
    let (_, headers, _) = world.member("POST", "/api/v1/contacts", Some(json!({ "first_name": "A" })), &[]).await;
    let contact = headers["location"].to_str().unwrap().to_owned();
    let (_, _, begun) = world.connect(&world.member, "notepad").await;
    let connection = format!("/api/v1/connections/{}", begun["id"].as_str().unwrap());
    let stranger = world.stranger().await;
    let mut paths = vec![contact, connection.clone()];
    paths.extend(["", "/transcript", "/deliveries"].map(|part| format!("/api/v1/meetings/{meeting}{part}")));
    paths.push(format!("/api/v1/notes?meeting={meeting}"));
    paths.extend(["/settings", "/runs", "/items", "/diagnose", "/destinations?capability=notes"].map(|part| format!("{connection}{part}")));
    for path in paths {
        let (status, _, problem) = world.send(&stranger, "GET", &path, None, &[]).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")), "{path}");
    }
    for (method, part, body) in [
        ("PUT", "/settings", json!({})),
        ("POST", "/test", json!({})),
        ("POST", "/items/retry", json!({})),
        ("POST", "/sync", json!({ "mode": "run" })),
        ("POST", "/reconnect", json!({})),
        ("DELETE", "", json!({})),
    ] {
        let (status, _, problem) = world.send(&stranger, method, &format!("{connection}{part}"), Some(body), &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {part}: {problem}");
    }
}

#[tokio::test]
async fn members_are_refused_what_is_for_admins_and_see_no_others_connections() {
    let world = World::new().await;
    let (status, _, begun) = world.connect(&world.admin, "ledger").await;
    assert_eq!(status, StatusCode::CREATED, "{begun}");
    let shared = format!("/api/v1/connections/{}", begun["id"].as_str().unwrap());
    assert_eq!(world.connect(&world.member, "ledger").await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.member("GET", &shared, None, &[]).await.2["status"]["label"], "Disconnected");
    let (status, _, problem) = world.member("PUT", &format!("{shared}/settings"), Some(json!({})), &[]).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::FORBIDDEN, Some("forbidden")));
    assert_eq!(world.member("DELETE", &shared, None, &[]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.member("GET", "/api/v1/audit", None, &[]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.member("GET", "/api/v1/audit/verify", None, &[]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.member("PATCH", "/api/v1/workspace", Some(json!({ "name": "Ours" })), &[]).await.0, StatusCode::FORBIDDEN);
    let (_, _, begun) = world.connect(&world.member, "notepad").await;
    let personal = format!("/api/v1/connections/{}", begun["id"].as_str().unwrap());
    let other = world.person("marketing@demo.example", Role::Member).await;
    assert_eq!(world.send(&other, "GET", &personal, None, &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.send(&other, "DELETE", &personal, None, &[]).await.0, StatusCode::NOT_FOUND);
    let (_, _, listed) = world.send(&other, "GET", "/api/v1/connections", None, &[]).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let (_, _, trail) = world.send(&world.admin, "GET", "/api/v1/audit?limit=1", None, &[]).await;
    assert_eq!((trail["items"].as_array().unwrap().len(), trail["items"][0]["act"].as_str()), (1, Some("connection.begin")));
    let next = format!("/api/v1/audit?limit=1&cursor={}", trail["next"].as_str().unwrap());
    assert_ne!(world.send(&world.admin, "GET", &next, None, &[]).await.2["items"][0]["seq"], trail["items"][0]["seq"]);
    assert_eq!(world.send(&world.admin, "GET", "/api/v1/audit/verify", None, &[]).await.2["intact"], true);
}

#[tokio::test]
async fn options_have_a_version() {
    let world = World::new().await;
    let (_, _, begun) = world.connect(&world.member, "notepad").await;
    assert!(begun["authorize_url"].as_str().unwrap().starts_with("https://notepad.example/authorize?"));
    let path = format!("/api/v1/connections/{}/settings", begun["id"].as_str().unwrap());
    let (_, headers, loaded) = world.member("GET", &path, None, &[]).await;
    assert_eq!((headers["etag"].to_str().unwrap(), &loaded["settings"]["backfill_days"]), ("\"0\"", &json!(90)));
    let chosen = json!({ "syncs": { "notes": { "enabled": true } }, "frequency": { "every": "daily", "at": "09:00:00" } });
    let (status, headers, saved) = world.member("PUT", &path, Some(chosen.clone()), &[("if-match", "\"0\"")]).await;
    assert_eq!((status, headers["etag"].to_str().unwrap()), (StatusCode::OK, "\"1\""), "{saved}");
    let (status, _, problem) = world.member("PUT", &path, Some(json!({})), &[("if-match", "\"0\"")]).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::PRECONDITION_FAILED, Some("changed_meanwhile")));
    let (_, headers, _) = world.member("PUT", &path, Some(chosen), &[("if-match", "\"1\"")]).await;
    assert_eq!(headers["etag"], "\"1\"", "the same options are no new version");
    for (settings, field) in [(json!({ "syncs": { "tasks": { "enabled": true } } }), "syncs"), (json!({ "colour": 1 }), "colour")] {
        let (status, _, problem) = world.member("PUT", &path, Some(settings), &[]).await;
        assert_eq!((status, problem["field"].as_str()), (StatusCode::BAD_REQUEST, Some(field)), "{problem}");
    }
    let test = path.replace("/settings", "/test");
    assert_eq!(world.member("POST", &test, None, &[]).await.2["code"], "not_connected");
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let world = World::new().await;
    for at in 0..5 {
        world.member("POST", "/api/v1/contacts", Some(json!({ "first_name": format!("Person {at}") })), &[]).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, _, page) = world.member("GET", &format!("/api/v1/contacts?limit=2{cursor}"), None, &[]).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (5, 5));
}

#[tokio::test]
async fn a_token_is_shown_once_and_ends_at_once() {
    let world = World::new().await;
    let (status, _, made) = world.member("POST", "/api/v1/tokens", Some(json!({ "name": "Robot" })), &[]).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let text = made["text"].as_str().unwrap();
    let (status, _, listed) = world.send(text, "GET", "/api/v1/tokens", None, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!listed.to_string().contains(text));
    let path = format!("/api/v1/tokens/{}", made["token"]["id"].as_str().unwrap());
    let other = world.person("marketing@demo.example", Role::Member).await;
    assert_eq!(world.send(&other, "DELETE", &path, None, &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.member("DELETE", &path, None, &[]).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.send(text, "GET", "/api/v1/tokens", None, &[]).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn files_are_imported_whole_or_not_at_all() {
    let world = World::new().await;
    let good = "Project Manager: I will send the minutes tomorrow.\n";
    let (status, _, done) = world.import(&[("kick-off.txt", good)], &[("domain", "demo.example")]).await;
    assert_eq!((status, done["items"][0]["created"].as_bool()), (StatusCode::OK, Some(true)), "{done}");
    let (_, _, again) = world.import(&[("kick-off.txt", good)], &[("domain", "demo.example")]).await;
    assert_eq!((&again["items"][0]["id"], &again["items"][0]["created"]), (&done["items"][0]["id"], &json!(false)));
    let (status, _, problem) = world.import(&[("second.txt", good), ("bad.vtt", "WEBVTTX")], &[]).await;
    assert_eq!((status, problem["field"].as_str()), (StatusCode::BAD_REQUEST, Some("file")));
    assert!(problem["detail"].as_str().unwrap().contains("bad.vtt"), "{problem}");
    assert_eq!(world.member("GET", "/api/v1/meetings", None, &[]).await.2["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.import(&[], &[("colour", "red")]).await.2["field"], "colour");
}

#[tokio::test]
async fn the_workspace_and_the_catalogue_tell_of_themselves() {
    let world = World::new().await;
    let patch = Some(json!({ "time_zone": "Europe/Berlin", "own_domains": ["Demo.example"] }));
    let (status, _, changed) = world.send(&world.admin, "PATCH", "/api/v1/workspace", patch, &[]).await;
    assert_eq!((status, &changed["time_zone"], &changed["name"]), (StatusCode::OK, &json!("Europe/Berlin"), &json!("Demo")));
    let (status, _, problem) = world.send(&world.admin, "PATCH", "/api/v1/workspace", Some(json!({ "time_zone": "Mars" })), &[]).await;
    assert_eq!((status, problem["field"].as_str()), (StatusCode::BAD_REQUEST, Some("time_zone")));
    assert_eq!(world.member("GET", "/api/v1/users", None, &[]).await.2["items"].as_array().unwrap().len(), 2);
    let (_, _, tool) = world.member("GET", "/api/v1/integrations/notepad?flows=notes:push", None, &[]).await;
    assert_eq!((&tool["permissions"][0]["scope"], &tool["auth"][0]["name"]), (&json!("notes:write"), &json!("oauth")));
    assert_eq!(world.member("GET", "/api/v1/integrations/abacus", None, &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.member("GET", "/api/v1/integrations", None, &[]).await.2["items"].as_array().unwrap().len(), 2);
    let (status, _, problem) = world.member("GET", "/api/v1/nothing", None, &[]).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
}

#[tokio::test]
async fn each_role_opens_its_own_doors_alone() {
    for (doors, api, hooks) in [(Doors::All, true, true), (Doors::Web, true, false), (Doors::Hooks, false, true)] {
        let world = World::behind(doors).await;
        let (status, ..) = world.send(&world.admin, "GET", "/api/v1/connections", None, &[]).await;
        assert_eq!(status == StatusCode::OK, api, "{doors:?}: {status}");
        let hook = "/hooks/notepad/con_00000000000000000000000000000000";
        let (_, _, problem) = world.send("", "POST", hook, Some(json!({})), &[]).await;
        let closed = problem["detail"] == "There is no such page.";
        assert_eq!(!closed, hooks, "{doors:?}: {problem}");
    }
}

#[tokio::test]
async fn the_descriptions_schemas_are_schemas_and_its_paths_declare_their_parameters() {
    let world = World::new().await;
    let (_, _, description) = world.send("", "GET", "/api/openapi.json", None, &[]).await;
    let schemas = description["components"]["schemas"].as_object().unwrap();
    assert!(schemas.len() > 50, "{}", schemas.len());
    for (name, schema) in schemas {
        let mut whole = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema] });
        whole["components"] = description["components"].clone();
        jsonschema::meta::validate(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
        jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let declared = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path");
            let mut declared: Vec<&str> = declared.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            let mut named: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
            declared.sort_unstable();
            named.sort_unstable();
            assert_eq!(declared, named, "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let told = response["$ref"].is_string() || response["description"].is_string();
                assert!(told && (status == "default" || status.parse::<u16>().is_ok()), "{method} {path}: {status}");
            }
        }
    }
}
