//! A page for each meeting: its columns, its box, and a person's words around it.

use connector_kit::contract::Fault;
use connector_kit::{ActivityLog, Error, ErrorKind, Sink};
use model::Activity;
use serde_json::{Value, json};

use super::{Notion, about, bench, database, linked, meeting, push, there};

/// The texts of a list of blocks, each with its kind.
fn outline(blocks: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    blocks.as_array().unwrap().iter().map(|block| (text(&block["kind"]), text(&block["text"]))).collect()
}

fn pair(kind: &str, text: &str) -> (String, String) {
    (kind.to_owned(), text.to_owned())
}

#[tokio::test]
async fn a_meeting_becomes_a_page_with_its_time_its_columns_and_a_box() {
    let (bench, emulator) = bench().await;
    let place = database(&bench, "Meetings").await;
    let body = "# Summary\n\nWe **agreed**, see [the plan](https://plan.example/x).\nNext line\n\n- [x] send it\n- [ ] read it\n  - twice\n\n> said\n\n```\ncode\n```\n---";
    let mut new = about(1, &place, meeting(bench.now(), " Kick\noff ", body));
    for (name, text) in [
        ("Participants", "Marketing, Guest, Marketing"),
        ("Organizer", "project.manager@demo.example, guest@elsewhere.example"),
        ("Link", "https://meet.example/1"),
    ] {
        new.properties.insert(name.into(), text.into());
    }
    let receipt = push(&bench, &new).await.unwrap();
    let page = there(&emulator, &receipt.id).await;
    let value = |name: &str| page["properties"][name].clone();
    assert_eq!((value("Name"), value("Harmony ID")), (json!("Kick off"), json!(new.key.to_string())));
    assert_eq!((value("Participants"), value("Organizer")), (json!(["Marketing", "Guest"]), json!(["Project Manager"])));
    assert_eq!((value("Date"), value("Link")), (json!(new.item.start.to_string()), json!("https://meet.example/1")));
    let own = &page["blocks"][0];
    assert_eq!((&own["kind"], page["blocks"].as_array().unwrap().len()), (&json!("callout"), 1));
    assert!(own["text"].as_str().unwrap().ends_with(&new.key.to_string()), "{own}");
    let expected = [
        pair("heading_1", "Summary"),
        pair("paragraph", "We agreed, see the plan.\nNext line"),
        pair("to_do", "send it"),
        pair("to_do", "read it"),
        pair("quote", "said"),
        pair("code", "code"),
        pair("divider", ""),
    ];
    assert_eq!(outline(&own["blocks"]), expected);
    assert_eq!(
        (&own["blocks"][2]["content"]["checked"], outline(&own["blocks"][3]["blocks"])),
        (&json!(true), vec![pair("bulleted_list_item", "twice")])
    );
    let rich = &own["blocks"][1]["content"]["rich_text"];
    assert_eq!((&rich[1]["annotations"]["bold"], &rich[3]["href"]), (&json!(true), &json!("https://plan.example/x")));
    assert!(receipt.url.unwrap().starts_with("https://www.notion.so/"));

    let read = Notion.properties(&bench.session(), &receipt.id, &["Participants", "Name", "Age", "Colour"]).await.unwrap();
    let read: Vec<(&str, &str)> = read.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(read, [("Name", "Kick off"), ("Participants", "Marketing, Guest")]);
    bench.close();
}

#[tokio::test]
async fn the_box_is_written_anew_where_it_stands_and_a_persons_words_stay() {
    let (bench, emulator) = bench().await;
    let place = database(&bench, "Meetings").await;
    let new = about(1, &place, meeting(bench.now(), "Kick-off", "First."));
    let receipt = push(&bench, &new).await.unwrap();
    let path = format!("/pages/{}", receipt.id);
    let below = emulator.post(&format!("{path}/blocks"), json!({ "text": "Below, by hand" })).await;
    emulator.post(&format!("{path}/blocks"), json!({ "text": "Last, by hand" })).await;
    emulator.patch(&path, json!({ "Link": { "url": "https://by.hand.example/" } })).await;

    let edited = Activity { body: "Second.".into(), ..new.item.clone() };
    let again = linked(&new, &receipt, edited.clone());
    let receipt = push(&bench, &again).await.unwrap();
    let page = there(&emulator, &receipt.id).await;
    let texts: Vec<String> = outline(&page["blocks"]).into_iter().map(|(_, text)| text).collect();
    assert!(texts[0].ends_with(&new.key.to_string()) && texts[1..] == ["Below, by hand", "Last, by hand"], "{texts:?}");
    assert_eq!(outline(&page["blocks"][0]["blocks"]), [pair("paragraph", "Second.")]);
    assert_eq!((&page["blocks"][1]["id"], &page["properties"]["Link"]), (&below["id"], &json!("https://by.hand.example/")));

    emulator.delete(&format!("/blocks/{}", page["blocks"][0]["id"].as_str().unwrap())).await;
    let third = linked(&again, &receipt, Activity { cancelled: true, title: "Called off".into(), ..edited });
    push(&bench, &third).await.unwrap();
    let page = there(&emulator, &receipt.id).await;
    assert_eq!(page["properties"]["Name"], "Called off");
    let cancelled = [pair("paragraph", "This meeting was cancelled."), pair("paragraph", "Second.")];
    assert_eq!(
        (outline(&page["blocks"])[0].1.as_str(), outline(&page["blocks"][2]["blocks"])),
        ("Below, by hand", cancelled.to_vec()),
        "a box that was thrown away comes back at the end"
    );
    bench.close();
}

#[tokio::test]
async fn f58_only_what_changed_is_written_and_a_title_changed_by_hand_stays() {
    let (bench, emulator) = bench().await;
    let new = about(1, &database(&bench, "Meetings").await, meeting(bench.now(), "Kick-off", "First."));
    let receipt = push(&bench, &new).await.unwrap();
    let path = format!("/pages/{}", receipt.id);
    emulator.patch(&path, json!({ "Name": { "title": [{ "text": { "content": "My own title" } }] } })).await;
    let before = emulator.count("block.append");
    let mut same_body = linked(&new, &receipt, Activity { end: new.item.end + jiff::SignedDuration::from_mins(5), ..new.item.clone() });
    push(&bench, &same_body).await.unwrap();
    assert_eq!(
        (there(&emulator, &receipt.id).await["properties"]["Name"].clone(), emulator.count("block.append")),
        (json!("My own title"), before)
    );
    same_body.properties.insert("Participants".into(), "Guest".into());
    push(&bench, &same_body).await.unwrap();
    assert_eq!(there(&emulator, &receipt.id).await["properties"]["Participants"], json!(["Guest"]));
    bench.close();
}

#[tokio::test]
async fn a_long_transcript_is_written_whole_within_all_limits() {
    let (bench, emulator) = bench().await;
    let lines: Vec<String> = (0..9_000).map(|n| format!("Speaker {n}: {}", "wörds 😀 ".repeat(8))).collect();
    let list: Vec<String> = (0..150).map(|n| format!("  - point {n}\n    - deeper {n}")).collect();
    let body = format!("{}\n\n- all points\n{}\n\n{}", lines.join("\n"), list.join("\n"), "長".repeat(250_000));
    let new = about(1, &database(&bench, "Meetings").await, meeting(bench.now(), "Long", &body));
    let receipt = push(&bench, &new).await.unwrap();
    let page = there(&emulator, &receipt.id).await;
    let own = page["blocks"][0]["blocks"].as_array().unwrap();
    let mut all = String::new();
    collect(&page["blocks"][0]["blocks"], &mut all);
    for line in lines.iter().step_by(1_000).chain([&"point 149".to_owned(), &"– deeper 149".to_owned()]) {
        assert!(all.contains(line.trim_end()), "{line}");
    }
    assert_eq!(all.matches('長').count(), 250_000, "nothing is cut away");
    assert!(own.len() > 300 && emulator.count("block.append") >= 3, "{} blocks by {} requests", own.len(), emulator.count("block.append"));
    let shorter = linked(&new, &receipt, Activity { body: "Short.".into(), ..new.item.clone() });
    push(&bench, &shorter).await.unwrap();
    assert_eq!(outline(&there(&emulator, &receipt.id).await["blocks"][0]["blocks"]), [pair("paragraph", "Short.")]);
    bench.close();
}

fn collect(blocks: &Value, out: &mut String) {
    for block in blocks.as_array().unwrap() {
        out.push_str(block["text"].as_str().unwrap());
        out.push('\n');
        collect(&block["blocks"], out);
    }
}

#[tokio::test]
async fn f03_a_page_that_was_cut_off_in_the_middle_is_found_and_finished() {
    let (bench, emulator) = bench().await;
    let body = vec!["A paragraph.\n"; 150].join("\n");
    let new = about(1, &database(&bench, "Meetings").await, meeting(bench.now(), "Long", &body));
    bench.arrangement.strike("/children", Fault::Lost, Some(1));
    let error = push(&bench, &new).await.unwrap_err();
    assert!(error.may_have_happened, "{error:?}");
    bench.arrangement.calm();
    let found = Notion.find(&bench.session(), &new).await.unwrap().unwrap();
    let page = there(&emulator, &found.id).await;
    assert_eq!((page["blocks"].as_array().unwrap().len(), page["blocks"][0]["blocks"].as_array().unwrap().len()), (1, 150));
    assert_eq!(emulator.count("page.create"), 1);

    let edited = linked(&new, &found, Activity { body: body.replace("A ", "Another "), ..new.item.clone() });
    bench.arrangement.strike("/children", Fault::Lost, Some(2));
    push(&bench, &edited).await.unwrap_err();
    bench.arrangement.calm();
    push(&bench, &edited).await.unwrap();
    let page = there(&emulator, &found.id).await;
    assert_eq!(
        (page["blocks"].as_array().unwrap().len(), &page["blocks"][0]["blocks"][149]["text"]),
        (1, &json!("Another paragraph.")),
        "one box, and whole"
    );
    bench.close();
}

async fn refusal(bench: &connector_kit::contract::Bench, item: &connector_kit::Outbound<Activity>) -> Error {
    push(bench, item).await.unwrap_err()
}

#[tokio::test]
async fn f61_what_does_not_fit_its_column_is_said_before_it_is_sent() {
    let (bench, emulator) = bench().await;
    let place = database(&bench, "Meetings").await;
    let columns = json!({ "Size": { "number": {} }, "Stage": { "status": {} }, "Open": { "checkbox": {} }, "Mail": { "email": {} } });
    emulator.patch("/sources/Meetings", json!({ "properties": columns })).await;
    for (name, text, part) in [
        ("Colour", "red", "no column `Colour`"),
        ("Age", "3", "is a formula"),
        ("Size", "many", "`Size` takes numbers"),
        ("Date", "soon", "`Date` takes dates"),
        ("Stage", "Never heard", "no such status"),
        ("Open", "perhaps", "`true` or `false`"),
        ("Link", "javascript:alert(1)", "addresses of the web"),
        ("Mail", "nobody", "e-mail"),
    ] {
        let mut item = about(1, &place, meeting(bench.now(), "x", ""));
        item.properties.insert(name.into(), text.into());
        let error = refusal(&bench, &item).await;
        assert!(error.kind == ErrorKind::Invalid && error.message.contains(part), "{name}: {error}");
    }
    let mut fitting = about(2, &place, meeting(bench.now(), "x", ""));
    for (name, text) in
        [("Size", "2.5"), ("Stage", "done"), ("Open", "yes"), ("Mail", "a@b.example"), ("Date", "2026-02-01"), ("Organizer", "Nobody")]
    {
        fitting.properties.insert(name.into(), text.into());
    }
    let receipt = push(&bench, &fitting).await.unwrap();
    let page = there(&emulator, &receipt.id).await["properties"].clone();
    assert_eq!(
        (&page["Size"], &page["Stage"], &page["Open"], &page["Date"]),
        (&json!(2.5), &json!("Done"), &json!(true), &json!("2026-02-01"))
    );
    assert_eq!((&page["Mail"], &page["Organizer"]), (&json!("a@b.example"), &Value::Null), "who is no member stays out");
    let nowhere = connector_kit::Outbound { destination: None, ..about(3, &place, meeting(bench.now(), "x", "")) };
    assert_eq!(refusal(&bench, &nowhere).await.kind, ErrorKind::Invalid);
    assert_eq!(emulator.count("page.create"), 1);
    bench.close();
}

#[tokio::test]
async fn f29_what_is_not_shared_or_not_allowed_is_explained_and_is_no_end() {
    let (bench, emulator) = bench().await;
    let place = database(&bench, "Meetings").await;
    let new = about(1, &place, meeting(bench.now(), "Kick-off", "First."));
    let receipt = push(&bench, &new).await.unwrap();
    let edited = linked(&new, &receipt, Activity { title: "Renamed".into(), ..new.item.clone() });
    emulator.patch("/sources/Meetings", json!({ "shared": false })).await;
    for item in [&edited, &about(2, &place, new.item.clone())] {
        let error = refusal(&bench, item).await;
        assert!(error.kind == ErrorKind::Forbidden && error.message.contains("Connections"), "{error:?}");
    }
    emulator.patch("/sources/Meetings", json!({ "shared": true, "properties": { "Harmony ID": null } })).await;
    emulator.put("/capabilities", json!({ "has": ["read_content", "insert_content", "read_users"] })).await;
    let error = refusal(&bench, &about(3, &place, new.item.clone())).await;
    assert!(error.kind == ErrorKind::Forbidden && error.message.contains("`Harmony ID`"), "{error:?}");
    emulator.put("/capabilities", json!({ "has": ["read_content", "insert_content", "update_content"] })).await;
    let mut with_people = about(4, &place, new.item.clone());
    with_people.properties.insert("Organizer".into(), "Marketing".into());
    let error = refusal(&bench, &with_people).await;
    assert!(error.kind == ErrorKind::Forbidden && error.message.contains("people"), "{error:?}");
    emulator.delete(&format!("/pages/{}", receipt.id)).await;
    assert_eq!(refusal(&bench, &edited).await.kind, ErrorKind::NotFound, "in the trash it is gone");
    assert_eq!(Notion.properties(&bench.session(), &receipt.id, &["Name"]).await, Ok(std::collections::BTreeMap::new()));
    bench.close();
}

#[tokio::test]
async fn a_column_of_our_name_that_is_no_text_is_left_alone() {
    let (bench, emulator) = bench().await;
    let place = database(&bench, "Meetings").await;
    emulator.patch("/sources/Meetings", json!({ "properties": { "Harmony ID": { "number": {} } } })).await;
    let error = refusal(&bench, &about(1, &place, meeting(bench.now(), "x", ""))).await;
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("rename it"), "{error:?}");
    bench.close();
}

#[tokio::test]
async fn f27_meetings_that_are_written_at_once_share_the_new_column() {
    let (bench, emulator) = bench().await;
    let place = database(&bench, "Meetings").await;
    let items: Vec<_> = (1..=8).map(|n| about(n, &place, meeting(bench.now(), &format!("Meeting {n}"), "Said."))).collect();
    let receipts = futures::future::join_all(items.iter().map(|item| push(&bench, item))).await;
    let pages: std::collections::BTreeSet<String> = receipts.into_iter().map(|receipt| receipt.unwrap().id).collect();
    assert_eq!((pages.len(), emulator.count("page.create")), (8, 8));
    bench.close();
}
