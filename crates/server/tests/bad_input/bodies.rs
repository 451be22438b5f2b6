//! JSON bodies and queries: every door of the API, and every way a body can be wrong.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::hub::{World, worlds};

/// A door, a body that fits it, and a key of that body.
struct Door {
    method: &'static str,
    path: String,
    body: Value,
    key: &'static str,
}

async fn doors(world: &World) -> Vec<Door> {
    let connection = world.connected().await;
    let meeting =
        json!({ "title": "Kick-off", "when": { "kind": "timed", "start": "2026-01-31T09:00:00Z", "end": "2026-01-31T09:30:00Z" } });
    let made = |answer: super::hub::Answer| answer.json()["id"].as_str().unwrap().to_owned();
    let contact = made(world.json("POST", "/contacts", json!({ "email": "a@b.example" }).to_string()).await);
    let item = made(world.json("POST", "/action-items", json!({ "text": "Write" }).to_string()).await);
    let note = made(world.json("POST", "/notes", json!({ "body": "Words" }).to_string()).await);
    let door = |method, path: String, body, key| Door { method, path, body, key };
    vec![
        door("PUT", "/meetings/key-1".into(), json!({ "meeting": meeting }), "meeting"),
        door("POST", "/contacts".into(), json!({ "email": "c@d.example" }), "email"),
        door("PATCH", format!("/contacts/{contact}"), json!({ "email": "e@f.example" }), "email"),
        door("POST", "/action-items".into(), json!({ "text": "Do" }), "text"),
        door("PATCH", format!("/action-items/{item}"), json!({ "text": "Do it" }), "text"),
        door("POST", "/notes".into(), json!({ "body": "Said" }), "body"),
        door("PATCH", format!("/notes/{note}"), json!({ "body": "Said again" }), "body"),
        door("POST", "/tokens".into(), json!({ "name": "Robot" }), "name"),
        door("PATCH", "/workspace".into(), json!({ "name": "Team" }), "name"),
        door("POST", "/connections".into(), json!({ "integration": "bell", "auth": "oauth" }), "integration"),
        door("POST", format!("/connections/{connection}/reconnect"), json!({ "return_to": "/" }), "return_to"),
        door("PUT", format!("/connections/{connection}/settings"), json!({ "backfill_days": 30 }), "backfill_days"),
        door("POST", format!("/connections/{connection}/sync"), json!({ "mode": "run" }), "mode"),
    ]
}

/// Whether a field is this one, or a part of it.
fn is_or_is_in(named: &str, field: &str) -> bool {
    named == field || (!field.is_empty() && named.strip_prefix(field).is_some_and(|rest| rest.starts_with(['.', '['])))
}

/// The body with its key's value replaced by this text, which may be no JSON.
fn with(door: &Door, value: &str) -> Bytes {
    let mut body = door.body.clone();
    body[door.key] = json!("@HERE@");
    Bytes::from(body.to_string().replace("\"@HERE@\"", value))
}

/// Bodies that do not fit: what they are, the bytes, and status, code and field of the refusal; field `@`: the door's key.
fn wrong(door: &Door) -> Vec<(&'static str, Bytes, u16, &'static str, &'static str)> {
    let text = door.body.to_string();
    let pair = format!("{}:{}", json!(door.key), door.body[door.key]);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut unknown = door.body.clone();
    unknown["surprise"] = json!(1);
    let latin = with(door, "\"#\"").iter().map(|byte| if *byte == b'#' { 0xE4 } else { *byte }).collect();
    vec![
        ("nothing", Bytes::new(), 400, "malformed", ""),
        ("half of it", Bytes::from(text[..text.len() / 2].to_owned()), 400, "malformed", "?"),
        ("two of it", Bytes::from(format!("{text}{text}")), 400, "malformed", ""),
        ("a byte order mark", Bytes::from(format!("\u{feff}{text}")), 400, "malformed", ""),
        ("a list", Bytes::from_static(b"[]"), 400, "invalid", "(the whole)"),
        ("a text", Bytes::from_static(b"\"x\""), 400, "invalid", "(the whole)"),
        ("null", Bytes::from_static(b"null"), 400, "invalid", "(the whole)"),
        ("an unknown key", Bytes::from(unknown.to_string()), 400, "invalid", "surprise"),
        ("a key twice", Bytes::from(text.replacen('{', &format!("{{{pair},"), 1)), 400, "invalid", "@"),
        ("another type", with(door, "[7]"), 400, "?", "@"),
        ("nesting without end", with(door, &deep), 400, "?", "@"),
        ("a number beyond all", with(door, "1e400"), 400, "malformed", "@"),
        ("half a character", with(door, "\"\\ud800\""), 400, "malformed", "@"),
        ("NUL", with(door, "\"a\\u0000b\""), 400, "invalid", "@"),
        ("Latin-1", latin, 400, "malformed", "@"),
        ("2 MB", with(door, &format!("\"{}\"", "x".repeat(2 << 20))), 413, "too_large", ""),
    ]
}

#[tokio::test]
async fn b02_every_body_that_does_not_fit_is_refused_with_its_field_and_nothing_changes() {
    for world in worlds().await {
        let doors = doors(&world).await;
        let before = world.snapshot().await;
        for door in &doors {
            for (what, body, status, code, field) in wrong(door) {
                let answer = world.json(door.method, &door.path, body).await;
                let name = format!("{} {} with {what} on {}: {}", door.method, door.path, world.engine, answer.text);
                let got = answer.problem();
                assert_eq!(got.0, status, "{name}");
                assert!(code == "?" || got.1 == code, "{name}");
                let field = if field == "@" { door.key } else { field };
                assert!(field == "?" || is_or_is_in(&got.2, field), "{name}");
            }
            let form = world.send(
                axum::http::Request::builder()
                    .method(door.method)
                    .uri(format!("/api/v1{}", door.path))
                    .header("cookie", &world.cookie)
                    .header("sec-fetch-site", "same-origin")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(axum::body::Body::from("a=b"))
                    .unwrap(),
            );
            assert_eq!(form.await.status.as_u16(), 415, "{} {}", door.method, door.path);
        }
        assert_eq!(world.snapshot().await, before, "a refusal changed something on {}", world.engine);
        for door in &doors {
            let answer = world.json(door.method, &door.path, door.body.to_string()).await;
            assert!(answer.status.is_success(), "{} {}: what fits is taken: {}", door.method, door.path, answer.text);
        }
    }
}

#[tokio::test]
async fn b15_b16_a_meeting_whose_values_do_not_fit_is_refused_with_their_place() {
    let timed = |start: &str, end: &str| json!({ "kind": "timed", "start": start, "end": end });
    let good = timed("2026-01-31T09:00:00Z", "2026-01-31T09:30:00Z");
    let when = |when: Value| json!({ "meeting": { "title": "x", "when": when } }).to_string();
    let turn = |times: &str| {
        format!("{{\"meeting\":{{\"title\":\"x\",\"when\":{good}}},\"transcript\":{{\"turns\":[{{\"text\":\"a\",{times}}}]}}}}")
    };
    let cases = [
        (when(timed("2026-01-31T09:00:00Z", "2026-01-31T08:00:00Z")), "meeting.when"),
        (when(timed("2026-02-29T09:00:00Z", "2026-03-01T08:00:00Z")), "meeting.when"),
        (when(timed("2026-01-31T24:00:00Z", "2026-02-01T08:00:00Z")), "meeting.when"),
        (when(timed("2026-01-31T09:00:00", "2026-01-31T10:00:00Z")), "meeting.when"),
        (when(timed("26-01-31T09:00:00Z", "2026-01-31T10:00:00Z")), "meeting.when"),
        (when(timed("2026-01-31T09:00:00+26:00", "2026-01-31T10:00:00Z")), "meeting.when"),
        (when(json!({ "kind": "timed", "start": 1_769_850_000, "end": 1_769_850_000 })), "meeting.when"),
        (when(json!({ "kind": "sometime" })), "meeting.when"),
        (when(json!({ "kind": "all_day", "first": "2026-02-02", "last": "2026-02-01" })), "meeting.when"),
        (json!({ "meeting": { "title": " ", "when": good } }).to_string(), "meeting.title"),
        (json!({ "meeting": { "title": "x".repeat(2_001), "when": good } }).to_string(), "meeting.title"),
        (json!({ "meeting": { "title": "x", "when": good, "colour": "red" } }).to_string(), "meeting.colour"),
        (
            json!({ "meeting": { "title": "x", "when": good, "participants": [{ "person": {}, "vip": true }] } }).to_string(),
            "meeting.participants[0].vip",
        ),
        (json!({ "meeting": { "title": "x", "when": good }, "action_items": [{ "text": "" }] }).to_string(), "action_items"),
        (json!({ "meeting": { "title": "x", "when": good }, "notes": [{ "body": 7 }] }).to_string(), "notes[0].body"),
        (turn("\"start_ms\":5,\"end_ms\":4"), "transcript.turns"),
        (turn("\"start_ms\":-1"), "transcript.turns[0].start_ms"),
        (turn("\"start_ms\":1.5"), "transcript.turns[0].start_ms"),
        (turn("\"start_ms\":\"5\""), "transcript.turns[0].start_ms"),
        (turn("\"start_ms\":18446744073709551616"), "transcript.turns[0].start_ms"),
        (turn("\"start_ms\":1e400"), "transcript.turns[0].start_ms"),
        (turn("\"start_ms\":1,\"start_ms\":2"), "transcript.turns[0].start_ms"),
    ];
    for world in worlds().await {
        let before = world.snapshot().await;
        for (body, field) in &cases {
            let answer = world.json("PUT", "/meetings/key-1", body.clone()).await;
            assert_eq!(answer.status.as_u16(), 400, "{body:.200}: {}", answer.text);
            let (status, _, named) = answer.problem();
            assert!(status == 400 && is_or_is_in(&named, field), "{body:.200}: {}", answer.text);
        }
        for key in ["%0A", "%7F", &"k".repeat(201), "a%1Bb"] {
            let answer = world.json("PUT", &format!("/meetings/{key}"), when(good.clone())).await;
            assert_eq!(answer.problem(), (400, "invalid".into(), "key".into()), "{key:.20}");
        }
        for path in ["/meetings/%00", "/meetings/%FF", "/contacts/%C0%AF"] {
            assert_eq!(world.get(path).await.problem(), (400, "malformed".into(), String::new()), "{path}");
        }
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
    }
}

#[tokio::test]
async fn b17_b19_a_query_that_does_not_fit_is_refused_with_its_field() {
    let cases = [
        ("/contacts?limit=0", "limit"),
        ("/contacts?limit=-1", "limit"),
        ("/contacts?limit=1000000000", "limit"),
        ("/contacts?limit=1e3", "limit"),
        ("/contacts?cursor=MSAw", "cursor"),
        ("/contacts?cursor=%FF", "cursor"),
        ("/contacts?q=%00", "q"),
        ("/meetings?upcoming=perhaps", "upcoming"),
        ("/meetings?limit=1&limit=2", "limit"),
        ("/changes?after=99999999999999999999", "after"),
        ("/action-items?meeting=%2e%2e%2f", "meeting"),
        ("/integrations/bell?flows=tasks:steal", "flows"),
    ];
    for world in worlds().await {
        for (path, field) in cases {
            let answer = world.get(path).await;
            let (status, _, named) = answer.problem();
            assert_eq!((status, named.as_str()), (400, field), "{path} on {}: {}", world.engine, answer.text);
        }
        for id in ["mtg_0", "..%2f", "con_00000000000000000000000000000000", &"x".repeat(4_096)] {
            assert_eq!(world.get(&format!("/meetings/{id}")).await.problem().0, 404, "{id:.20}");
        }
    }
}
