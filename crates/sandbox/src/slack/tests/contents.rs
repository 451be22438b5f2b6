//! What a message may not hold, and what its request may not look like.

use serde_json::{Value, json};

use super::{Answer, Bench};

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

#[tokio::test]
async fn texts_have_their_limits() {
    let bench = Bench::new().await;
    let post = async |body: Value| bench.json("chat.postMessage", body).await;
    post(json!({ "channel": "#meetings", "text": "x".repeat(40_000) })).await.ok();
    assert_eq!(post(json!({ "channel": "#meetings", "text": "x".repeat(40_001) })).await.error(), "msg_too_long");
    assert_eq!(post(json!({ "channel": "#meetings", "text": "" })).await.error(), "no_text");
    assert_eq!(post(json!({ "channel": "#meetings", "blocks": [] })).await.error(), "no_text");
    assert_eq!(post(json!({ "channel": "#meetings", "text": "x", "as_user": "true" })).await.error(), "as_user_not_supported");
    let answer = post(json!({ "channel": "#meetings", "text": "x", "username": "Somebody" })).await;
    assert_eq!((answer.error(), &answer.body["needed"]), ("missing_scope", &json!("chat:write.customize")));
    assert_eq!(bench.effects("message.create"), 1);
    bench.fits();
}

#[tokio::test]
async fn good_blocks_pass() {
    let bench = Bench::new().await;
    let blocks = json!([
        { "type": "header", "text": { "type": "plain_text", "text": "x".repeat(150), "emoji": true } },
        section(&"é".repeat(3000)),
        { "type": "section", "fields": [{ "type": "mrkdwn", "text": "*When*" }, { "type": "plain_text", "text": "Now" }],
          "accessory": { "type": "button", "text": { "type": "plain_text", "text": "Open" }, "url": "https://hub.example/m/1", "action_id": "open" } },
        { "type": "context", "elements": [{ "type": "mrkdwn", "text": "By Harmony" },
          { "type": "image", "image_url": "https://hub.example/i.png", "alt_text": "logo" }] },
        { "type": "actions", "elements": [{ "type": "button", "text": { "type": "plain_text", "text": "Yes" }, "style": "primary" }] },
        { "type": "rich_text", "elements": [{ "type": "rich_text_list", "style": "bullet", "elements": [
            { "type": "rich_text_section", "elements": [{ "type": "text", "text": "Point", "style": { "bold": true } }] }] }] },
        { "type": "markdown", "text": "**bold**" },
        { "type": "image", "image_url": "https://hub.example/i.png", "alt_text": "chart" },
        { "type": "divider", "block_id": "end" },
    ]);
    bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "Summary", "blocks": blocks })).await.ok();
    bench.fits();
}

#[tokio::test]
async fn bad_blocks_are_refused_with_their_place() {
    let bench = Bench::new().await;
    let header = |text: &str| json!({ "type": "header", "text": { "type": "plain_text", "text": text } });
    let button = |text: &str| json!({ "type": "button", "text": { "type": "plain_text", "text": text } });
    let cases = [
        (json!([section(&"x".repeat(3001))]), "/blocks/0/text/text"),
        (json!([section("")]), "/blocks/0/text/text"),
        (json!([header("fine"), header(&"x".repeat(151))]), "/blocks/1/text/text"),
        (json!([{ "type": "header", "text": { "type": "mrkdwn", "text": "x" } }]), "/blocks/0/text/type"),
        (json!([{ "type": "header" }]), "/blocks/0]"),
        (json!([{ "type": "section" }]), "/blocks/0]"),
        (json!([{ "type": "section", "fields": vec![json!({ "type": "mrkdwn", "text": "x" }); 11] }]), "/blocks/0/fields"),
        (json!([{ "type": "section", "text": "bare" }]), "/blocks/0/text"),
        (json!([{ "type": "divider", "color": "red" }]), "/blocks/0]"),
        (json!([{ "type": "context", "elements": vec![json!({ "type": "mrkdwn", "text": "x" }); 11] }]), "/blocks/0/elements"),
        (json!([{ "type": "context", "elements": [button("no")] }]), "/blocks/0/elements/0"),
        (json!([{ "type": "actions", "elements": vec![button("x"); 26] }]), "/blocks/0/elements"),
        (json!([{ "type": "actions", "elements": [button(&"x".repeat(76))] }]), "/blocks/0/elements/0/text/text"),
        (json!([{ "type": "image", "image_url": "https://hub.example/i.png" }]), "/blocks/0]"),
        (json!([{ "type": "image", "alt_text": "chart" }]), "/blocks/0]"),
        (
            json!([{ "type": "rich_text", "elements": [{ "type": "rich_text_section", "elements": [{ "type": "text" }] }] }]),
            "/elements/0/elements/0",
        ),
        (json!([{ "type": "paragraph", "text": "x" }]), "/blocks/0/type"),
        (json!([{ "type": "divider", "block_id": "a" }, { "type": "divider", "block_id": "a" }]), "/blocks/1/block_id"),
        (json!(vec![json!({ "type": "divider" }); 51]), "/blocks]"),
    ];
    for (blocks, place) in cases {
        let answer = bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "x", "blocks": blocks })).await;
        assert_eq!(answer.error(), "invalid_blocks", "{blocks}");
        assert!(answer.body["errors"].to_string().contains(place), "{place}: {}", answer.body);
        assert!(answer.body["response_metadata"]["messages"][0].as_str().unwrap().starts_with("[ERROR]"));
    }
    for blocks in [json!("no json"), json!({ "type": "divider" })] {
        let answer = bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "x", "blocks": blocks })).await;
        assert_eq!(answer.error(), "invalid_blocks_format");
    }
    assert_eq!(bench.effects("message.create"), 0);
    bench.fits();
}

#[tokio::test]
async fn all_blocks_together_have_a_limit() {
    let bench = Bench::new().await;
    let blocks = |sections: usize| vec![section(&"x".repeat(3000)); sections];
    bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "x", "blocks": blocks(4) })).await.ok();
    let answer = bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "x", "blocks": blocks(5) })).await;
    assert_eq!(answer.error(), "msg_blocks_too_long");
    bench.fits();
}

#[tokio::test]
async fn metadata_is_a_type_and_a_payload() {
    let bench = Bench::new().await;
    for (metadata, error) in [
        (json!("no json"), "invalid_metadata_format"),
        (json!([1]), "invalid_metadata_format"),
        (json!({ "event_type": "a" }), "invalid_metadata_schema"),
        (json!({ "event_payload": {} }), "invalid_metadata_schema"),
        (json!({ "event_type": "a", "event_payload": "text" }), "invalid_metadata_schema"),
        (json!({ "event_type": "a", "event_payload": {}, "more": 1 }), "invalid_metadata_schema"),
    ] {
        let answer = bench.json("chat.postMessage", json!({ "channel": "#meetings", "text": "x", "metadata": metadata })).await;
        assert_eq!(answer.error(), error, "{metadata}");
    }
    bench.fits();
}

async fn send(bench: &Bench, media_type: Option<&str>, body: &str) -> Answer {
    bench.post("chat.postMessage", media_type, body.to_owned()).await
}

#[tokio::test]
async fn a_charset_missing_or_too_many_is_a_warning() {
    let bench = Bench::new().await;
    let body = r##"{"channel": "#meetings", "text": "x"}"##;
    let answer = send(&bench, Some("application/json"), body).await.ok();
    assert_eq!((&answer["warning"], &answer["response_metadata"]["warnings"]), (&json!("missing_charset"), &json!(["missing_charset"])));
    let media_type = "application/x-www-form-urlencoded; charset=utf-8";
    let answer = send(&bench, Some(media_type), "channel=%23meetings&text=x").await.ok();
    assert_eq!(answer["warning"], "superfluous_charset");
    bench.fits();
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    // Without a description in front, so that the emulator's own words are heard.
    let mut bench = Bench::described_by(None);
    bench.install("chat:write").await;
    for (media_type, body, error) in [
        (Some("application/json"), "{", "invalid_json"),
        (Some("application/json"), "[]", "json_not_object"),
        (Some("text/xml"), "<a/>", "invalid_post_type"),
        (None, "a=b", "missing_post_type"),
    ] {
        assert_eq!(send(&bench, media_type, body).await.error(), error);
    }
    assert_eq!(bench.json("users.list", json!({})).await.error(), "invalid_post_type");
}
