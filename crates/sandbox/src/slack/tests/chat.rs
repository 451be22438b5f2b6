//! Posting, editing, deleting, linking: where the app may, and where it may not.

use serde_json::{Value, json};

use super::Bench;

const METADATA: &str = r#"{"event_type": "harmony_summary", "event_payload": {"key": "m-1"}}"#;

#[tokio::test]
async fn a_message_comes_back_as_it_was_posted() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let blocks = json!([{ "type": "section", "text": { "type": "mrkdwn", "text": "*Summary*" } }, { "type": "divider" }]);
    let body = json!({
        "channel": channel,
        "text": "Summary",
        "blocks": blocks,
        "metadata": serde_json::from_str::<Value>(METADATA).unwrap(),
        "unfurl_links": false,
    });
    let answer = bench.json("chat.postMessage", body).await.ok();
    let message = &answer["message"];
    assert_eq!(answer["channel"], channel);
    assert_eq!(message["ts"], answer["ts"]);
    assert_eq!(message["metadata"]["event_payload"]["key"], "m-1");
    assert_eq!(message["blocks"][0]["text"]["text"], "*Summary*");
    assert!(message["blocks"][0]["block_id"].is_string());
    assert!(message["bot_id"].as_str().unwrap().starts_with('B'));
    let history = bench.get("conversations.history", &[("channel", &channel), ("include_all_metadata", "true")]).await.ok();
    assert_eq!(&history["messages"][0], message);
    let history = bench.get("conversations.history", &[("channel", &channel)]).await.ok();
    assert_eq!(history["messages"][0]["metadata"], json!({ "event_type": "harmony_summary" }));
    let effects = bench.kit().ledger.effects(Some("slack"), Some("message.create"));
    assert_eq!(effects[0].key.as_deref(), Some(r#"{"key":"m-1"}"#));
    bench.fits();
}

#[tokio::test]
async fn forms_carry_the_same_message() {
    let bench = Bench::new().await;
    let fields = [("channel", "#meetings"), ("text", "A & B"), ("blocks", r#"[{"type": "divider"}]"#), ("metadata", METADATA)];
    let answer = bench.form("chat.postMessage", &fields).await.ok();
    assert_eq!(answer["message"]["text"], "A & B");
    assert_eq!(answer["message"]["metadata"]["event_type"], "harmony_summary");
    bench.fits();
}

#[tokio::test]
async fn replies_make_a_thread() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let post = async |body: Value| bench.json("chat.postMessage", body).await;
    let parent = post(json!({ "channel": channel, "text": "Parent" })).await.ok();
    let first = post(json!({ "channel": channel, "text": "First", "thread_ts": parent["ts"] })).await.ok();
    assert_eq!(first["message"]["thread_ts"], parent["ts"]);
    assert_eq!(first["message"]["parent_user_id"], parent["message"]["user"]);
    // A reply to a reply joins the thread of the parent.
    let body = json!({ "channel": channel, "text": "Second", "thread_ts": first["ts"], "reply_broadcast": true });
    let second = post(body).await.ok();
    assert_eq!(second["message"]["thread_ts"], parent["ts"]);
    assert_eq!(post(json!({ "channel": channel, "text": "Lost", "thread_ts": "1600000000.000001" })).await.error(), "thread_not_found");
    let thread = bench.get("conversations.replies", &[("channel", &channel), ("ts", parent["ts"].as_str().unwrap())]).await.ok();
    let texts: Vec<&str> = thread["messages"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Parent", "First", "Second"]);
    assert_eq!(thread["messages"][0]["reply_count"], 2);
    assert_eq!(thread["messages"][0]["latest_reply"], second["ts"]);
    // The channel shows the parent and the broadcast reply.
    let history = bench.get("conversations.history", &[("channel", &channel)]).await.ok();
    assert_eq!(history["messages"].as_array().unwrap().len(), 2);
    bench.fits();
}

#[tokio::test]
async fn where_the_app_may_not_write() {
    let bench = Bench::with("chat:write,channels:read").await;
    let (general, leadership, old) = (bench.id("general").await, bench.id("leadership").await, bench.id("old-project").await);
    for (channel, error) in [
        (general.as_str(), "not_in_channel"),
        (&leadership, "channel_not_found"),
        (&old, "is_archived"),
        ("C0000000000", "channel_not_found"),
        ("nowhere", "channel_not_found"),
    ] {
        let answer = bench.json("chat.postMessage", json!({ "channel": channel, "text": "Hello" })).await;
        assert_eq!(answer.error(), error, "{channel}");
    }
    assert_eq!(bench.effects("message.create"), 0);
    bench.fits();
    let bench = Bench::with("chat:write,chat:write.public").await;
    bench.json("chat.postMessage", json!({ "channel": bench.id("general").await, "text": "Hello" })).await.ok();
    let leadership = bench.id("leadership").await;
    assert_eq!(bench.json("chat.postMessage", json!({ "channel": leadership, "text": "Hello" })).await.error(), "channel_not_found");
    bench.control("channels/leadership/bot", json!({})).await;
    bench.json("chat.postMessage", json!({ "channel": leadership, "text": "Hello" })).await.ok();
    bench.fits();
}

#[tokio::test]
async fn archiving_closes_a_channel_to_everything() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let ts = bench.json("chat.postMessage", json!({ "channel": channel, "text": "Hello" })).await.ok()["ts"].clone();
    bench.control("channels/meetings/archive", json!({})).await;
    assert_eq!(bench.json("chat.postMessage", json!({ "channel": channel, "text": "More" })).await.error(), "is_archived");
    assert_eq!(bench.json("chat.update", json!({ "channel": channel, "ts": ts, "text": "Other" })).await.error(), "is_archived");
    assert_eq!(bench.json("conversations.join", json!({ "channel": channel })).await.error(), "is_archived");
    bench.fits();
}

#[tokio::test]
async fn direct_messages_open_by_person() {
    let bench = Bench::new().await;
    let person = bench.id("marketing@demo.example").await;
    let first = bench.json("chat.postMessage", json!({ "channel": person, "text": "Hello" })).await.ok();
    assert!(first["channel"].as_str().unwrap().starts_with('D'));
    let opened = bench.json("conversations.open", json!({ "users": person, "return_im": true })).await.ok();
    assert_eq!(opened["channel"]["id"], first["channel"]);
    assert_eq!(opened["channel"]["user"], person);
    assert_eq!(opened["already_open"], true);
    let other = bench.id("professor.a@demo.example").await;
    let opened = bench.form("conversations.open", &[("users", &other)]).await.ok();
    assert!(opened.get("already_open").is_none());
    for (users, error) in
        [("U0000000000", "user_not_found"), ("", "users_list_not_supplied"), (&format!("{person},{other}"), "missing_scope")]
    {
        assert_eq!(bench.json("conversations.open", json!({ "users": users })).await.error(), error, "{users}");
    }
    let gone = bench.id("former.colleague@demo.example").await;
    assert_eq!(bench.json("conversations.open", json!({ "users": gone })).await.error(), "user_disabled");
    bench.fits();
}

#[tokio::test]
async fn an_update_keeps_what_it_leaves_out() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let metadata: Value = serde_json::from_str(METADATA).unwrap();
    let body = json!({ "channel": channel, "text": "One", "blocks": [{ "type": "divider" }], "metadata": metadata });
    let ts = bench.json("chat.postMessage", body).await.ok()["ts"].clone();
    let answer = bench.json("chat.update", json!({ "channel": channel, "ts": ts, "text": "Two" })).await.ok();
    assert_eq!((&answer["text"], &answer["ts"]), (&json!("Two"), &ts));
    assert_eq!(answer["message"]["blocks"][0]["type"], "divider");
    assert_eq!(answer["message"]["metadata"], metadata);
    assert!(answer["message"]["edited"]["ts"].is_string());
    let body = json!({ "channel": channel, "ts": ts, "text": "Three", "blocks": [], "metadata": {} });
    let answer = bench.json("chat.update", body).await.ok();
    assert!(answer["message"].get("blocks").is_none() && answer["message"].get("metadata").is_none());
    assert_eq!((bench.effects("message.create"), bench.effects("message.update")), (1, 2));
    let long = "x".repeat(4001);
    assert_eq!(bench.json("chat.update", json!({ "channel": channel, "ts": ts, "text": long })).await.error(), "msg_too_long");
    bench.fits();
}

#[tokio::test]
async fn only_own_messages_change() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let posting = json!({ "channel": "meetings", "user": "marketing@demo.example", "text": "Mine" });
    let ts = bench.control("messages", posting).await.body["ts"].clone();
    let target = json!({ "channel": channel, "ts": ts });
    assert_eq!(bench.json("chat.update", json!({ "channel": channel, "ts": ts, "text": "Yours" })).await.error(), "cant_update_message");
    assert_eq!(bench.json("chat.delete", target).await.error(), "cant_delete_message");
    let nothing = json!({ "channel": channel, "ts": "1600000000.000001", "text": "?" });
    assert_eq!(bench.json("chat.update", nothing).await.error(), "message_not_found");
    assert_eq!(bench.json("chat.update", json!({ "channel": "meetings", "ts": ts, "text": "?" })).await.error(), "channel_not_found");
    assert_eq!(bench.effects("message.update") + bench.effects("message.delete"), 0);
    bench.fits();
}

#[tokio::test]
async fn a_deleted_message_is_gone_but_its_thread_stays() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let post = async |body: Value| bench.json("chat.postMessage", body).await.ok()["ts"].clone();
    let (alone, parent) =
        (post(json!({ "channel": channel, "text": "Alone" })).await, post(json!({ "channel": channel, "text": "Parent" })).await);
    post(json!({ "channel": channel, "text": "Reply", "thread_ts": parent })).await;
    for ts in [&alone, &parent] {
        bench.json("chat.delete", json!({ "channel": channel, "ts": ts })).await.ok();
        assert_eq!(bench.json("chat.delete", json!({ "channel": channel, "ts": ts })).await.error(), "message_not_found");
    }
    let history = bench.get("conversations.history", &[("channel", &channel)]).await.ok();
    let messages = history["messages"].as_array().unwrap();
    assert_eq!((messages.len(), &messages[0]["subtype"]), (1, &json!("tombstone")));
    let thread = bench.get("conversations.replies", &[("channel", &channel), ("ts", parent.as_str().unwrap())]).await.ok();
    assert_eq!(thread["messages"].as_array().unwrap().len(), 2);
    assert_eq!(bench.effects("message.delete"), 2);
    bench.fits();
}

#[tokio::test]
async fn permalinks_lead_to_the_message_and_its_thread() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let parent = bench.json("chat.postMessage", json!({ "channel": channel, "text": "Parent" })).await.ok();
    let ts = parent["ts"].as_str().unwrap();
    let reply = bench.json("chat.postMessage", json!({ "channel": channel, "text": "Reply", "thread_ts": ts })).await.ok();
    let link = bench.get("chat.getPermalink", &[("channel", &channel), ("message_ts", ts)]).await.ok();
    assert!(link["permalink"].as_str().unwrap().ends_with(&format!("/archives/{channel}/p{}", ts.replace('.', ""))));
    let link = bench.get("chat.getPermalink", &[("channel", &channel), ("message_ts", reply["ts"].as_str().unwrap())]).await.ok();
    assert!(link["permalink"].as_str().unwrap().ends_with(&format!("?thread_ts={ts}&cid={channel}")));
    let answer = bench.get("chat.getPermalink", &[("channel", &channel), ("message_ts", "1600000000.000001")]).await;
    assert_eq!(answer.error(), "message_not_found");
    bench.fits();
}
