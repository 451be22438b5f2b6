//! Lists and their pages: channels, people, messages.

use serde_json::{Value, json};

use super::Bench;

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn channels_come_in_pages_with_a_cursor() {
    let bench = Bench::new().await;
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut arguments = vec![("limit", "2"), ("exclude_archived", "true"), ("types", "public_channel,private_channel")];
        if !cursor.is_empty() {
            arguments.push(("cursor", &cursor));
        }
        let page = bench.get("conversations.list", &arguments).await.ok();
        found.extend(names(&page["channels"], "name"));
        let next = page["response_metadata"]["next_cursor"].as_str().unwrap().to_owned();
        if next.is_empty() {
            break;
        }
        cursor = next;
    }
    // Neither the archived channel nor the private one that the bot is not in.
    assert_eq!(found, ["general", "random", "meetings", "product-design", "sales"]);
    bench.control("channels/leadership/bot", json!({})).await;
    let all = bench.get("conversations.list", &[("types", "public_channel,private_channel")]).await.ok();
    assert_eq!(all["channels"].as_array().unwrap().len(), 7);
    for (arguments, error) in [
        (("cursor", "bm90IGEgY3Vyc29y"), "invalid_cursor"),
        (("limit", "1001"), "invalid_limit"),
        (("types", "public"), "invalid_types"),
        (("types", "mpim"), "missing_scope"),
    ] {
        assert_eq!(bench.get("conversations.list", &[arguments]).await.error(), error);
    }
    bench.fits();
}

#[tokio::test]
async fn each_kind_of_channel_needs_its_scope() {
    let bench = Bench::with("channels:read,chat:write").await;
    let answer = bench.get("conversations.list", &[("types", "public_channel,private_channel")]).await;
    assert_eq!((answer.error(), &answer.body["needed"]), ("missing_scope", &json!("groups:read")));
    let meetings = bench.id("meetings").await;
    let info = bench.get("conversations.info", &[("channel", &meetings), ("include_num_members", "true")]).await.ok();
    assert_eq!((&info["channel"]["is_member"], &info["channel"]["num_members"]), (&json!(true), &json!(6)));
    assert_eq!(bench.get("conversations.info", &[("channel", "C0000000000")]).await.error(), "channel_not_found");
    let answer = bench.get("conversations.history", &[("channel", &meetings)]).await;
    assert_eq!((answer.error(), &answer.body["needed"]), ("missing_scope", &json!("channels:history")));
    bench.fits();
}

#[tokio::test]
async fn joining_twice_is_a_warning() {
    let bench = Bench::new().await;
    let sales = bench.id("sales").await;
    assert_eq!(bench.get("conversations.history", &[("channel", &sales)]).await.error(), "not_in_channel");
    let first = bench.json("conversations.join", json!({ "channel": sales })).await.ok();
    assert_eq!((&first["channel"]["is_member"], first.get("warning")), (&json!(true), None));
    let second = bench.json("conversations.join", json!({ "channel": sales })).await.ok();
    assert_eq!(
        (&second["warning"], &second["response_metadata"]["warnings"]),
        (&json!("already_in_channel"), &json!(["already_in_channel"]))
    );
    let empty = bench.get("conversations.history", &[("channel", &sales)]).await.ok();
    assert_eq!((&empty["messages"], &empty["has_more"]), (&json!([]), &json!(false)));
    assert_eq!(bench.effects("channel.join"), 1);
    let direct = bench.json("conversations.open", json!({ "users": bench.id("marketing@demo.example").await })).await.ok();
    let answer = bench.json("conversations.join", json!({ "channel": direct["channel"]["id"] })).await;
    assert_eq!(answer.error(), "method_not_supported_for_channel_type");
    bench.fits();
}

#[tokio::test]
async fn people_are_listed_and_found() {
    let bench = Bench::new().await;
    let all = bench.get("users.list", &[]).await.ok();
    // Five people, one who left, the bot and Slackbot.
    assert_eq!(all["members"].as_array().unwrap().len(), 8);
    let page = bench.get("users.list", &[("limit", "5")]).await.ok();
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    let rest = bench.get("users.list", &[("limit", "5"), ("cursor", cursor)]).await.ok();
    assert_eq!(rest["members"].as_array().unwrap().len(), 3);
    let found = bench.get("users.lookupByEmail", &[("email", "Marketing@demo.example")]).await.ok();
    assert_eq!(found["user"]["profile"]["email"], "marketing@demo.example");
    let info = bench.get("users.info", &[("user", found["user"]["id"].as_str().unwrap())]).await.ok();
    assert_eq!(info["user"], found["user"]);
    for email in ["nobody@demo.example", "former.colleague@demo.example"] {
        assert_eq!(bench.get("users.lookupByEmail", &[("email", email)]).await.error(), "users_not_found");
    }
    assert_eq!(bench.get("users.info", &[("user", "U0000000000")]).await.error(), "user_not_found");
    bench.fits();
}

#[tokio::test]
async fn addresses_need_their_own_scope() {
    let bench = Bench::with("users:read").await;
    let all = bench.get("users.list", &[]).await.ok();
    assert!(all["members"].as_array().unwrap().iter().all(|user| user["profile"].get("email").is_none()));
    let answer = bench.get("users.lookupByEmail", &[("email", "marketing@demo.example")]).await;
    assert_eq!((answer.error(), &answer.body["needed"]), ("missing_scope", &json!("users:read.email")));
    bench.fits();
}

#[tokio::test]
async fn history_is_paged_newest_first() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let mut stamps = Vec::new();
    for number in 0..5 {
        let posting = json!({ "channel": "meetings", "user": "marketing@demo.example", "text": format!("Message {number}") });
        stamps.push(bench.control("messages", posting).await.body["ts"].as_str().unwrap().to_owned());
    }
    let first = bench.get("conversations.history", &[("channel", &channel), ("limit", "3")]).await.ok();
    assert_eq!(names(&first["messages"], "text"), ["Message 4", "Message 3", "Message 2"]);
    assert_eq!(first["has_more"], true);
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let second = bench.form("conversations.history", &[("channel", &channel), ("limit", "3"), ("cursor", cursor)]).await.ok();
    assert_eq!((names(&second["messages"], "text"), &second["has_more"]), (vec!["Message 1".into(), "Message 0".into()], &json!(false)));
    let window = [("channel", channel.as_str()), ("oldest", &stamps[1]), ("latest", &stamps[3])];
    let inside = bench.get("conversations.history", &window).await.ok();
    assert_eq!(names(&inside["messages"], "text"), ["Message 2"]);
    let inside = bench.get("conversations.history", &[&window[..], &[("inclusive", "true")]].concat()).await.ok();
    assert_eq!(inside["messages"].as_array().unwrap().len(), 3);
    assert_eq!(bench.get("conversations.history", &[("channel", &channel), ("cursor", "eDox")]).await.error(), "invalid_cursor");
    bench.fits();
}

#[tokio::test]
async fn threads_are_paged_oldest_first() {
    let bench = Bench::new().await;
    let channel = bench.id("meetings").await;
    let say = async |text: &str, thread: Option<&str>| {
        let posting = json!({ "channel": "meetings", "user": "marketing@demo.example", "text": text, "thread_ts": thread });
        bench.control("messages", posting).await.body["ts"].as_str().unwrap().to_owned()
    };
    let parent = say("Parent", None).await;
    for text in ["One", "Two", "Three"] {
        say(text, Some(&parent)).await;
    }
    let first = bench.get("conversations.replies", &[("channel", &channel), ("ts", &parent), ("limit", "2")]).await.ok();
    assert_eq!(names(&first["messages"], "text"), ["Parent", "One"]);
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let arguments = [("channel", channel.as_str()), ("ts", &parent), ("limit", "2"), ("cursor", cursor)];
    let second = bench.get("conversations.replies", &arguments).await.ok();
    assert_eq!(names(&second["messages"], "text"), ["Two", "Three"]);
    let answer = bench.get("conversations.replies", &[("channel", &channel), ("ts", "1600000000.000001")]).await;
    assert_eq!(answer.error(), "thread_not_found");
    bench.fits();
}
