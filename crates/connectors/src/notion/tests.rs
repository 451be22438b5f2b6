//! Notion's maps, limits and errors without a network, from hand-made fixtures in the form of the official description. Against the
//! emulator: `contract.rs`.

use std::collections::BTreeMap;

use connector_kit::{Connector, Entry, ErrorKind, InboundHook, Member, Reply, Secret, WebhookSource, signature};
use jiff::Timestamp;
use model::action_item::Task;
use model::connection::Capability;
use model::{Priority, Progress};
use serde_json::{Value, json};

use super::blocks::{self, batches, fitted};
use super::columns::TaskColumns;
use super::markdown;
use super::wire::{self, Column, List, Me, NewBlock, Row, Source};
use super::{Notion, manifest, map, values};

fn columns() -> TaskColumns {
    let source: Source = serde_json::from_str(include_str!("fixtures/source.json")).unwrap();
    TaskColumns::of(&source).unwrap()
}

fn rows() -> Vec<wire::Page> {
    let list: List<Row> = serde_json::from_str(include_str!("fixtures/rows.json")).unwrap();
    list.results.into_iter().filter_map(|row| if let Row::Page(page) = row { Some(*page) } else { None }).collect()
}

#[test]
fn rows_become_ours() {
    let columns = columns();
    let entries = rows().into_iter().map(|page| {
        let Entry::Present(remote) = map::entry(&page, map::task(&page, &columns)) else { panic!("what was read is there") };
        json!({ "id": remote.id, "version": remote.version, "url": remote.url, "task": remote.item })
    });
    insta::assert_json_snapshot!(entries.collect::<Vec<Value>>());
}

#[test]
fn a_meeting_becomes_blocks() {
    let text = "# Plan\nIntro with *care*, **weight**, `code`, ~~no~~ and [a link](https://plan.example/).\n\n1. one\n   - nested\n     - deeper\n2. two\n\n- [x] done\n\n> quoted\n\n```rust\nfn main() {}\n```\n\n<b>HTML</b> stays text\n\n![a picture](https://plan.example/p.png) [bad](javascript:x)";
    insta::assert_json_snapshot!(fitted(markdown::read(text)));
}

#[test]
fn progress_and_priority_are_said_in_the_databases_own_words() {
    let columns = columns();
    let said = |task: Task| map::task_values(&task, &columns, |_| true);
    let of = |progress| said(Task { progress, ..Task::default() })["Status"].clone();
    let status = |name: &str| json!({ "status": { "name": name } });
    assert_eq!([Progress::Open, Progress::Started].map(of), ["Later", "Waiting"].map(status));
    assert_eq!(
        [Progress::Done, Progress::Dropped].map(of),
        ["Shipped", "Cancelled"].map(status),
        "given up is no end that somebody reached"
    );
    let urgent = said(Task { priority: Priority::Urgent, ..Task::default() });
    assert_eq!(urgent["Priority"], json!({ "select": { "name": "High" } }));
    assert!(!said(Task { priority: Priority::Medium, ..Task::default() }).contains_key("Priority"), "an option is never made");
    let rounded =
        map::rounded(&Task { text: " a\nb ".into(), priority: Priority::Medium, progress: Progress::Dropped, ..Task::default() }, &columns);
    assert_eq!((rounded.text.as_str(), rounded.priority, rounded.progress), ("a b", Priority::None, Progress::Dropped));
    assert_eq!(
        said(Task::default()).keys().collect::<Vec<_>>(),
        ["Assignee", "Due", "Name", "Priority", "Status"],
        "`Closed on` is not the due date"
    );
}

fn whole(blocks: &[NewBlock]) -> String {
    let mut out = String::new();
    for content in blocks.iter().flat_map(|block| block.content.values()) {
        for text in content.rich_text.iter().flatten() {
            out.push_str(&text.text.content);
        }
        out.push('\n');
        out.push_str(&whole(&content.children));
    }
    out
}

/// Every limit of developers.notion.com/reference/request-limits.
fn keeps_the_limits(blocks: &[NewBlock], depth: usize) -> usize {
    assert!(blocks.len() <= 100 && depth <= 1, "{} blocks at depth {depth}", blocks.len());
    let mut count = blocks.len();
    for content in blocks.iter().flat_map(|block| block.content.values()) {
        let texts = content.rich_text.as_deref().unwrap_or_default();
        assert!(texts.len() <= 100);
        for text in texts {
            assert!((1..=2_000).contains(&text.text.content.encode_utf16().count()));
        }
        if !content.children.is_empty() {
            count += keeps_the_limits(&content.children, depth + 1);
        }
    }
    count
}

#[test]
fn b26_any_text_fits_the_limits_and_nothing_is_lost() {
    let lines = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<Vec<_>>().join("\n");
    let list = lines(400, &|n| format!("{}- item {n}", "  ".repeat(n % 7)));
    let wide = format!("- top\n{}", lines(250, &|n| format!("  - below {n}")));
    let heavy = format!("- top\n{}", lines(8, &|_| format!("  - {}", "長".repeat(60_000))));
    let styles = "**b** *i* `c` ".repeat(400);
    for text in [
        String::new(),
        "x".repeat(1_999),
        "x".repeat(2_001),
        "😀".repeat(150_000),
        "line\n".repeat(20_000),
        "word ".repeat(60_000),
        "# head\n\ntext\n\n".repeat(700),
        list,
        wide,
        heavy,
        styles,
        format!("```\n{}\n```", "code\n".repeat(50_000)),
        format!("[{}](https://long.example/{})", "link", "x".repeat(3_000)),
        ">".repeat(500),
        "\u{0}\u{7f}\u{202e}*_~`<>[]()!|\\".repeat(300),
    ] {
        let blocks = fitted(markdown::read(&text));
        let batches = batches(blocks.clone());
        for batch in &batches {
            assert!(keeps_the_limits(batch, 0) <= 999);
            assert!(serde_json::to_vec(batch).unwrap().len() <= 450_000, "{} bytes", serde_json::to_vec(batch).unwrap().len());
        }
        assert_eq!(batches.concat(), blocks);
        let letters = |text: &str| text.chars().filter(|char| char.is_alphanumeric() || *char == '😀').collect::<String>();
        if !text.contains("](") {
            assert_eq!(letters(&whole(&blocks)), letters(&text));
        }
    }
}

#[test]
fn a_text_is_counted_as_javascript_counts() {
    assert_eq!((blocks::length("é"), blocks::length("長"), blocks::length("😀")), (1, 1, 2));
    let texts: Vec<usize> = blocks::plain(&"😀".repeat(1_001)).iter().map(|text| blocks::length(&text.text.content)).collect();
    assert_eq!(texts, [2_000, 2], "no character is torn apart");
}

#[test]
fn f61_a_text_is_held_to_the_kind_of_its_column() {
    let column = |kind: &str| Column { kind: kind.into(), ..Column::default() };
    let member = Member { id: "7".into(), name: "Marketing".into(), email: Some("marketing@demo.example".into()) };
    let write = |kind: &str, text: &str| values::write("Column", &column(kind), text, std::slice::from_ref(&member));
    assert_eq!(write("number", " 2 "), Ok(Some(json!({ "number": 2.0 }))));
    assert_eq!(write("people", "MARKETING, Nobody"), Ok(Some(json!({ "people": [{ "object": "user", "id": "7" }] }))));
    assert_eq!(write("people", "Nobody"), Ok(None), "the column stays as it is");
    assert_eq!(write("date", "2026-01-05T10:00:00Z"), Ok(Some(json!({ "date": { "start": "2026-01-05T10:00:00Z" } }))));
    for (kind, text) in [
        ("number", "1e400"),
        ("number", "NaN"),
        ("checkbox", ""),
        ("date", "29 February"),
        ("url", "ftp://x"),
        ("email", "nobody"),
        ("select", "a, b"),
        ("select", ""),
        ("status", "Done"),
        ("relation", "x"),
        ("created_time", "2026-01-05"),
        ("of_tomorrow", "x"),
    ] {
        assert_eq!(write(kind, text).unwrap_err().kind, ErrorKind::Invalid, "{kind} {text}");
    }
    let long = "x".repeat(200_001);
    assert_eq!(write("rich_text", &long).unwrap_err().kind, ErrorKind::Invalid, "never silently cut");
    assert_eq!(write("phone_number", &long).unwrap_err().kind, ErrorKind::Invalid);
    let many = (0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(write("multi_select", &many).unwrap_err().kind, ErrorKind::Invalid);
}

#[test]
fn errors_are_told_apart_by_their_codes() {
    let of = |status: u16, code: &str, message: &str| {
        let body = json!({ "object": "error", "status": status, "code": code, "message": message }).to_string();
        Notion.classify(&Reply { status, headers: BTreeMap::new(), body: body.into() })
    };
    let kind = |status, code, message| of(status, code, message).unwrap().kind;
    assert_eq!(kind(401, "unauthorized", ""), ErrorKind::Unauthorized);
    assert_eq!(kind(403, "restricted_resource", ""), ErrorKind::Forbidden);
    assert_eq!(kind(404, "object_not_found", ""), ErrorKind::NotFound);
    assert_eq!(kind(409, "conflict_error", ""), ErrorKind::Conflict);
    assert_eq!(kind(400, "missing_version", ""), ErrorKind::Invalid);
    assert_eq!(kind(400, "validation_error", "Can't edit block that is archived. You must unarchive it."), ErrorKind::NotFound);
    assert_eq!(kind(400, "validation_error", "The start_cursor provided is invalid: x"), ErrorKind::CursorExpired);
    let refused = of(400, "validation_error", "canary body.children[3].paragraph.rich_text should be canary").unwrap();
    assert_eq!(
        (refused.kind, refused.message.as_str()),
        (ErrorKind::Invalid, "Notion refuses this content, at `body.children[3].paragraph.rich_text`")
    );
    let quiet = of(400, "validation_error", "canary is not a property that exists.").unwrap();
    assert!(!quiet.to_string().contains("canary"));
    assert_eq!(of(404, "object_not_found", "").unwrap().code.as_deref(), Some("object_not_found"));
    for (status, code) in [(429, "rate_limited"), (529, "service_overload"), (500, "internal_server_error"), (503, "service_unavailable")] {
        assert_eq!(of(status, code, ""), None, "the wait is read by the status, as everywhere");
    }
    let page = Reply { status: 502, headers: BTreeMap::new(), body: "<html>".into() };
    assert_eq!(Notion.classify(&page), None);
    let good = Reply { status: 200, headers: BTreeMap::new(), body: r#"{"object":"page"}"#.into() };
    assert_eq!(Notion.classify(&good), None);
}

fn received(signature: Option<&str>, body: &[u8], secret: Option<&Secret>) -> connector_kit::Result<connector_kit::Hints> {
    let headers = signature.map(|value| ("x-notion-signature".to_owned(), value.to_owned())).into_iter().collect();
    Notion.receive(&InboundHook {
        method: "POST",
        url: "https://hub.example/hooks/notion",
        headers: &headers,
        body,
        now: Timestamp::UNIX_EPOCH,
        app_secret: secret,
        subscription_secret: None,
    })
}

#[test]
fn f51_a_token_proves_itself_only_where_it_is_known_and_an_event_by_its_signature() {
    let secret = Secret::from("secret_of_the_subscription");
    let handshake = br#"{"verification_token":"secret_of_the_subscription"}"#;
    assert!(received(None, handshake, Some(&secret)).unwrap().answer.is_some());
    for other in [None, Some(Secret::from("another"))] {
        let hints = received(None, handshake, other.as_ref()).unwrap();
        assert_eq!(
            (hints.entrusted.as_ref(), hints.answer, hints.wake),
            (Some(&secret), None, Vec::new()),
            "kept, and believed in nothing"
        );
    }
    let long = json!({ "verification_token": "x".repeat(257) }).to_string();
    let bodies: [&[u8]; 5] = [b"{}", b"", br#"{"verification_token":7}"#, br#"{"verification_token":"short"}"#, long.as_bytes()];
    for body in bodies {
        assert_eq!(received(None, body, None).unwrap_err().kind, ErrorKind::Unauthorized);
    }
    let signed = |body: &[u8]| format!("sha256={}", signature::hmac_hex(&secret, &[body]));
    let event = br#"{"id":"e1","type":"page.properties_updated","workspace_id":"w1","entity":{"id":"p1","type":"page"}}"#;
    let hints = received(Some(&signed(event)), event, Some(&secret)).unwrap();
    assert_eq!(
        (hints.wake.as_slice(), hints.account.as_deref(), hints.delivery.as_deref()),
        (&[Capability::Tasks][..], Some("w1"), Some("e1"))
    );
    assert_eq!(received(Some(&signed(event).to_uppercase()), event, Some(&secret)).unwrap_err().kind, ErrorKind::Unauthorized);
    let comment = br#"{"id":"e2","type":"comment.created","workspace_id":"w1"}"#;
    assert_eq!(received(Some(&signed(comment)), comment, Some(&secret)).unwrap().wake, []);
    for unreadable in [&b"[]"[..], br#"{"type":"page.created"}"#] {
        assert_eq!(received(Some(&signed(unreadable)), unreadable, Some(&secret)).unwrap_err().kind, ErrorKind::Invalid);
    }
}

#[test]
fn the_account_is_the_workspace() {
    let account = |body: Value| map::account(serde_json::from_value::<Me>(body).unwrap());
    let whole = account(json!({ "id": "b", "name": "Harmony", "bot": { "workspace_id": "w", "workspace_name": "Demo" } }));
    assert_eq!((whole.id.as_str(), whole.name.as_str()), ("w", "Demo"));
    let bare = account(json!({ "id": "b", "name": null, "bot": {} }));
    assert_eq!((bare.id.as_str(), bare.name.as_str()), ("b", "b"));
}

#[test]
fn nothing_is_asked_for_but_the_pages_that_people_share() {
    assert!(manifest::MANIFEST.permissions(|_| true).is_empty());
}
