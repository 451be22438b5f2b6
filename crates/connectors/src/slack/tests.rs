//! Tests of what needs no network: the map and Block Kit's limits, the errors, the webhooks' proof.

use std::collections::BTreeMap;

use connector_kit::{Connector, ErrorKind, Handshake, Hints, InboundHook, Reply, Secret, WebhookSource, signature};
use jiff::Timestamp;
use model::message::{Block, Message};

use super::map::{self, Part};
use super::wire::{self, Text};
use super::{Slack, error};

fn message(blocks: Vec<Block>) -> Message {
    Message { fallback: "Summary: kick-off".to_owned(), blocks, about: None }
}

fn text(text: impl Into<String>) -> Block {
    Block::Text { text: text.into() }
}

fn shown(part: &Part) -> Vec<&str> {
    let words = |text| match text {
        &Text::PlainText { ref text } | &Text::Mrkdwn { ref text, .. } => text.as_str(),
    };
    let texts = part.blocks.iter().map(|block| match block {
        wire::Block::Header { text } | wire::Block::Section { text } => words(text),
    });
    texts.collect()
}

#[test]
fn each_kind_of_block_has_its_form() {
    let blocks = vec![
        Block::Heading { text: "Kick-off\nof R&D".to_owned() },
        text("First <draft> of *the* plan"),
        Block::List { items: vec!["one".to_owned(), "two".to_owned()] },
        Block::Link { label: "Open <it>".to_owned(), url: "https://hub.demo.example/m?a=1&b=2|3".to_owned() },
        Block::Link { label: "Trap".to_owned(), url: "javascript:alert(1)".to_owned() },
    ];
    insta::assert_json_snapshot!(map::parts(&message(blocks)));
}

#[test]
fn b26_nobody_is_called_and_nothing_is_markup() {
    let mut trap = message(vec![text("<!channel> <@U1> & <https://evil.example|safe>")]);
    trap.fallback = "<!here> @channel @Everyone a@here.example <#C1>".to_owned();
    let parts = map::parts(&trap);
    assert_eq!(shown(&parts[0]), ["&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;https://evil.example|safe&gt;"]);
    assert_eq!(parts[0].text, "&lt;!here&gt; @\u{2060}channel @\u{2060}Everyone a@\u{2060}here.example &lt;#C1&gt;");
}

#[test]
fn b26_a_long_message_goes_on_in_parts_and_loses_nothing() {
    let words: Vec<String> = (0..9_000).map(|n| format!("w{n}&")).collect();
    let mut blocks: Vec<Block> = (0..60).map(|n| text(format!("block {n}"))).collect();
    blocks.push(text(words.join(" ")));
    blocks.push(Block::Heading { text: "é".repeat(400) });
    let parts = map::parts(&message(blocks));
    assert!(parts.len() > 5);
    for part in &parts {
        assert!(part.blocks.len() <= 50 && serde_json::to_string(&part.blocks).unwrap().len() <= 12_200);
        for block in &part.blocks {
            let most = if matches!(block, wire::Block::Header { .. }) { 150 } else { 3_000 };
            let (wire::Block::Header { text } | wire::Block::Section { text }) = block;
            let Text::PlainText { text } = text else { panic!("no links were sent") };
            assert!((1..=most).contains(&text.chars().count()));
        }
    }
    let all = parts.iter().flat_map(shown).collect::<Vec<_>>().join(" ");
    let escaped: Vec<String> = words.iter().map(|word| word.replace('&', "&amp;")).collect();
    assert!(all.contains(&escaped.join(" ")), "pieces are parted at spaces alone");
    assert_eq!(all.matches('é').count(), 400);
}

#[test]
fn b18_a_word_longer_than_a_section_is_parted_between_characters() {
    let parts = map::parts(&message(vec![text("🧑‍🚀".repeat(2_000))]));
    let all: String = parts.iter().flat_map(shown).collect();
    assert_eq!(all, "🧑‍🚀".repeat(2_000));
}

#[test]
fn a_message_without_blocks_and_one_without_words_can_be_sent() {
    assert_eq!(shown(&map::parts(&message(Vec::new()))[0]), ["Summary: kick-off"]);
    let empty = map::parts(&Message { fallback: " ".to_owned(), blocks: vec![text("  "), Block::List { items: Vec::new() }], about: None });
    assert_eq!((empty.len(), empty[0].blocks.len()), (1, 0));
    let mut long = message(vec![text("body")]);
    long.fallback = "word ".repeat(1_000);
    let part = &map::parts(&long)[0];
    assert!(part.text.chars().count() <= 3_000 && part.text.ends_with('…'));
    assert_eq!(shown(part).concat().matches("word").count(), 1_000, "the whole of it is in the blocks");
}

#[test]
fn a_digest_tells_forms_and_items_apart() {
    let of = |key: &str, words: &str| map::content(key, &map::parts(&message(vec![text(words)])));
    assert_eq!(of("k", "a"), of("k", "a"));
    assert!(of("k", "a") != of("k", "b") && of("k", "a") != of("l", "a"));
}

fn answer(status: u16, body: &str) -> Option<connector_kit::Error> {
    error::classify(&Reply { status, headers: BTreeMap::new(), body: body.to_owned().into() })
}

#[test]
fn b25_a_failure_with_status_200_is_a_failure() {
    let table = [
        ("invalid_auth", ErrorKind::Unauthorized, false),
        ("token_revoked", ErrorKind::Unauthorized, false),
        ("token_expired", ErrorKind::Unauthorized, false),
        ("account_inactive", ErrorKind::Unauthorized, false),
        ("not_in_channel", ErrorKind::Forbidden, false),
        ("is_archived", ErrorKind::Forbidden, false),
        ("channel_not_found", ErrorKind::NotFound, false),
        ("message_not_found", ErrorKind::NotFound, false),
        ("ratelimited", ErrorKind::RateLimited, false),
        ("fatal_error", ErrorKind::Unavailable, true),
        ("internal_error", ErrorKind::Unavailable, true),
        ("team_added_to_org", ErrorKind::Unavailable, false),
        ("msg_too_long", ErrorKind::Invalid, false),
        ("an_error_of_the_future", ErrorKind::Invalid, false),
    ];
    for (code, kind, doubt) in table {
        let error = answer(200, &format!(r#"{{"ok":false,"error":"{code}"}}"#)).unwrap();
        assert_eq!((error.kind, error.may_have_happened, error.code.as_deref()), (kind, doubt, Some(code)));
    }
    let scope = answer(200, r#"{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"users:read"}"#).unwrap();
    assert!(scope.kind == ErrorKind::Forbidden && scope.message.contains("chat:write"));
}

#[test]
fn f34_what_is_not_slacks_answer_leaves_a_doubt() {
    for body in ["<html>Bad gateway</html>", "", "{", "[]", "{\"ok\":\"yes\"}"] {
        let error = answer(200, body).unwrap();
        assert_eq!((error.kind, error.may_have_happened), (ErrorKind::Protocol, true), "{body}");
    }
    assert_eq!(answer(200, r#"{"ok":true}"#), None);
    assert_eq!(answer(429, r#"{"ok":false,"error":"ratelimited"}"#), None, "the kit reads Retry-After");
}

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

fn hook(body: &[u8], stamp: &str, signed: &str, now: i64) -> connector_kit::Result<Hints> {
    let headers =
        BTreeMap::from([("x-slack-request-timestamp".to_owned(), stamp.to_owned()), ("x-slack-signature".to_owned(), signed.to_owned())]);
    let secret = Secret::from(SECRET);
    Slack.receive(&InboundHook {
        method: "POST",
        url: "https://hub.example/hooks/slack/con_1",
        headers: &headers,
        body,
        now: Timestamp::from_second(now).unwrap(),
        app_secret: Some(&secret),
        subscription_secret: None,
    })
}

fn signed(body: &str, now: i64) -> connector_kit::Result<Hints> {
    let stamp = now.to_string();
    let signature = signature::hmac_hex(&Secret::from(SECRET), &[b"v0:", stamp.as_bytes(), b":", body.as_bytes()]);
    hook(body.as_bytes(), &stamp, &format!("v0={signature}"), now)
}

/// Slack's published example (docs.slack.dev/authentication/verifying-requests-from-slack).
#[test]
fn f50_f51_slacks_own_example_is_believed_for_five_minutes_and_nothing_else_is() {
    let body = include_bytes!("fixtures/signed-body.txt");
    let (stamp, right) = ("1531420618", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
    let kind = |body: &[u8], stamp, signature, now| hook(body, stamp, signature, now).unwrap_err().kind;
    // Proven, but a slash command and no event.
    assert_eq!(kind(body, stamp, right, 1_531_420_618 + 299), ErrorKind::Invalid);
    for late in [1_531_420_618 + 301, 1_531_420_618 - 301] {
        assert_eq!(kind(body, stamp, right, late), ErrorKind::Unauthorized);
    }
    let now = 1_531_420_618;
    assert_eq!(kind(b"token=other", stamp, right, now), ErrorKind::Unauthorized);
    assert_eq!(kind(body, "1531420619", right, now), ErrorKind::Unauthorized);
    for wrong in ["", "v0=", "v0", "v1=a2114d57", &right.to_uppercase(), "ä"] {
        assert_eq!(kind(body, stamp, wrong, now), ErrorKind::Unauthorized, "{wrong}");
    }
}

#[test]
fn b13_a_stamp_that_is_no_time_is_refused_even_when_signed() {
    for stamp in ["", "-1", "1e18", "1531420618.5", "99999999999999999999"] {
        let signature = signature::hmac_hex(&Secret::from(SECRET), &[b"v0:", stamp.as_bytes(), b":", b"{}"]);
        assert_eq!(hook(b"{}", stamp, &format!("v0={signature}"), 1_000_000).unwrap_err().kind, ErrorKind::Unauthorized, "{stamp}");
    }
}

#[test]
fn the_handshake_is_answered_with_its_challenge() {
    let hints = signed(r#"{"token":"t","challenge":"3eZbrw1aB","type":"url_verification"}"#, 1_000_000).unwrap();
    assert_eq!(hints.answer, Some(Handshake::Body("text/plain", "3eZbrw1aB".to_owned())));
}

#[test]
fn an_uninstalled_app_and_a_revoked_bot_end_the_connection() {
    let event = |event: &str| {
        let body = format!(
            r#"{{"token":"t","team_id":"T1","api_app_id":"A1","event":{event},"type":"event_callback","event_id":"Ev1","event_time":1}}"#
        );
        signed(&body, 1_000_000).unwrap()
    };
    let gone = event(r#"{"type":"app_uninstalled","event_ts":"1.0"}"#);
    assert_eq!((gone.revoked, gone.delivery.as_deref(), gone.account.as_deref()), (true, Some("Ev1"), Some("T1")));
    assert!(event(r#"{"type":"tokens_revoked","tokens":{"oauth":["U1"],"bot":["U2"]}}"#).revoked);
    assert!(!event(r#"{"type":"tokens_revoked","tokens":{"oauth":["U1"]}}"#).revoked, "a person's token is none of ours");
    let other = event(r#"{"type":"message","channel":"C1","text":"hello"}"#);
    assert!(!other.revoked && other.wake.is_empty());
}

#[test]
fn the_manifest_gives_every_scope_a_reason() {
    let scopes = Slack.manifest().permissions(|_| true);
    assert!(scopes.iter().all(|permission| permission.reason.starts_with("To ") && permission.reason.ends_with('.')));
}
