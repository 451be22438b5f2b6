//! Action items as rows: what is written, what is read, and edits on both sides.

use std::sync::Arc;

use connector_kit::contract::{self, Editor, Fault, SignIn};
use connector_kit::{Connector, Entry, ErrorKind, PullRequest, Source, TaskBoard};
use jiff::SignedDuration;
use model::action_item::Task;
use model::{Person, Priority, Progress};
use serde_json::{Value, json};

use super::{ADDRESSES, Colleague, Emulator, Notion, bench, database, item, linked, new_row, push, task, there};

const BACKFILL: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn a_row_says_all_that_the_action_item_says() {
    let (bench, emulator) = bench().await;
    let place = database(&bench, "Tasks").await;
    let members = Notion.members(&bench.session()).await.unwrap();
    let designer = members.iter().find(|member| member.name == "Industrial Designer").unwrap();
    let new = item(1, &place, task(bench.now(), "  Choose a\ncase material "));
    let receipt = push(&bench, &new).await.unwrap();
    let first = there(&emulator, &receipt.id).await;
    let value = |page: &Value, name: &str| page["properties"][name].clone();
    assert_eq!((value(&first, "Name"), value(&first, "Harmony ID")), (json!("Choose a case material"), json!(new.key.to_string())));
    assert_eq!(
        (value(&first, "Status"), value(&first, "Priority"), value(&first, "Assignee")),
        (json!("Not started"), json!("High"), json!([]))
    );
    assert_eq!(
        (&first["blocks"][0]["text"], &first["blocks"][1]["content"]["rich_text"][0]["href"]),
        (&json!("We said <so>."), &json!("http://127.0.0.1:8080/meetings/1"))
    );
    assert!(first["blocks"][1]["text"].as_str().unwrap().starts_with("From meeting: Kick-off, "));
    let seen = receipt.seen.clone().unwrap();
    assert_eq!((seen.get("text").as_str(), seen.get("priority").as_str()), (Some("Choose a case material"), Some("high")));

    let owner = Person { name: Some("Industrial Designer".into()), email: designer.email.clone(), phone: None };
    let edited = Task {
        owner: Some(owner),
        assignee: Some(designer.id.clone()),
        due: Some(jiff::civil::date(2026, 2, 1)),
        progress: Progress::Dropped,
        priority: Priority::Urgent,
        ..new.item.clone()
    };
    let second = linked(&new, &receipt, edited.clone());
    let receipt = push(&bench, &second).await.unwrap();
    let page = there(&emulator, &receipt.id).await;
    assert_eq!((value(&page, "Assignee"), value(&page, "Due")), (json!(["Industrial Designer"]), json!("2026-02-01")));
    assert_eq!((value(&page, "Status"), value(&page, "Priority")), (json!("Cancelled"), json!("High")), "the most urgent that there is");
    assert_eq!(receipt.seen.clone().unwrap().get("priority"), "high", "and that is agreed");

    let cleared = Task { owner: None, assignee: None, due: None, progress: Progress::Started, priority: Priority::None, ..edited };
    push(&bench, &linked(&second, &receipt, cleared)).await.unwrap();
    let page = there(&emulator, &receipt.id).await;
    assert_eq!((value(&page, "Assignee"), value(&page, "Due")), (json!([]), Value::Null));
    assert_eq!((value(&page, "Status"), value(&page, "Priority")), (json!("In progress"), Value::Null));
    bench.close();
}

#[tokio::test]
async fn f58_only_what_changed_here_is_written_and_an_edit_made_there_meanwhile_stays() {
    let (bench, emulator) = bench().await;
    let new = item(1, &database(&bench, "Tasks").await, task(bench.now(), "Ours"));
    let receipt = push(&bench, &new).await.unwrap();
    let edit = json!({ "Due": { "date": { "start": "2026-03-01" } }, "Status": { "status": { "name": "Done" } } });
    emulator.patch(&format!("/pages/{}", receipt.id), edit).await;
    let renamed = linked(&new, &receipt, Task { text: "Ours, renamed".into(), ..new.item.clone() });
    let receipt = push(&bench, &renamed).await.unwrap();
    let page = there(&emulator, &receipt.id).await["properties"].clone();
    assert_eq!((&page["Name"], &page["Due"], &page["Status"]), (&json!("Ours, renamed"), &json!("2026-03-01"), &json!("Done")));
    let updates = emulator.count("page.update");
    push(&bench, &linked(&renamed, &receipt, renamed.item.clone())).await.unwrap();
    assert_eq!(emulator.count("page.update"), updates, "nothing is sent where nothing changed here");
    bench.close();
}

#[tokio::test]
async fn a_database_with_other_columns_carries_what_it_can() {
    let (bench, emulator) = bench().await;
    emulator
        .post(
            "/sources",
            json!({ "title": "Ticked", "properties": { "Done": { "checkbox": {} }, "One": { "date": {} }, "Two": { "date": {} } } }),
        )
        .await;
    let choice =
        json!({ "select": { "options": [{ "name": "Doing" }, { "name": "Finished" }, { "name": "To do" }, { "name": "Mañana" }] } });
    emulator.post("/sources", json!({ "title": "Chosen", "properties": { "Status": choice, "When": { "date": {} } } })).await;
    let whole = Task { due: Some(jiff::civil::date(2026, 2, 1)), progress: Progress::Dropped, ..task(bench.now(), "Whole") };
    let ticked = push(&bench, &item(1, &database(&bench, "Ticked").await, whole.clone())).await.unwrap();
    let page = there(&emulator, &ticked.id).await["properties"].clone();
    assert_eq!(
        (&page["Done"], &page["One"], &page["Two"]),
        (&json!(true), &Value::Null, &Value::Null),
        "of two dates without a known name neither"
    );
    let seen = ticked.seen.unwrap();
    assert_eq!(
        (seen.get("progress"), seen.get("due"), seen.get("priority")),
        (&json!("done"), &Value::Null, &json!("none")),
        "what cannot be said is not agreed"
    );
    let chosen = database(&bench, "Chosen").await;
    let receipt = push(&bench, &item(2, &chosen, whole)).await.unwrap();
    let page = there(&emulator, &receipt.id).await["properties"].clone();
    assert_eq!((&page["Status"], &page["When"]), (&json!("Finished"), &json!("2026-02-01")), "the only date is the due one");
    let edit = json!({ "Status": { "select": { "name": "Mañana" } } });
    emulator.patch(&format!("/pages/{}", receipt.id), edit).await;
    let walk = contract::reads_from(&bench, &Notion, Some(&chosen), bench.now() - BACKFILL, None).await;
    let [Entry::Present(remote)] = walk.entries.as_slice() else { panic!("{walk:?}") };
    assert_eq!((remote.item.progress, remote.item.due), (Progress::Open, Some(jiff::civil::date(2026, 2, 1))), "an unknown word is open");
    bench.close();
}

#[tokio::test]
async fn only_the_chosen_databases_rows_are_read_and_an_edit_comes_in_our_words() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let id = new_row(&emulator, "Tasks", "Of the database").await;
    new_row(&emulator, "Meetings", "Of another one").await;
    let since = bench.now() - BACKFILL;
    let walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, None).await;
    assert_eq!(walk.present().into_iter().collect::<Vec<_>>(), [id.as_str()]);
    Colleague(Arc::clone(&emulator)).change(&id).await;
    let marketing = emulator.get("/workspace").await["users"][1]["id"].clone();
    emulator.patch(&format!("/pages/{id}"), json!({ "Assignee": { "people": [{ "id": marketing }] } })).await;
    let news = contract::reads_from(&bench, &Notion, Some(&tasks), since, Some(walk.end())).await;
    let [Entry::Present(remote)] = news.entries.as_slice() else { panic!("{news:?}") };
    assert_eq!((remote.item.text.as_str(), remote.item.progress, remote.item.priority), ("Renamed", Progress::Done, Priority::Medium));
    let owner = remote.item.owner.clone().unwrap();
    assert_eq!((owner.name.as_deref(), owner.email.as_deref()), (Some("Marketing"), Some("marketing@demo.example")));
    bench.close();
}

#[tokio::test]
async fn f40_edits_within_one_minute_are_told_each_also_one_that_was_taken_back() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let since = bench.now() - BACKFILL;
    let (id, other) = (new_row(&emulator, "Tasks", "First").await, new_row(&emulator, "Tasks", "Untouched").await);
    let mut walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, None).await;
    assert_eq!(walk.entries.len(), 2);
    for name in ["Second", "First", "Third"] {
        emulator.patch(&format!("/pages/{id}"), json!({ "Name": { "title": [{ "text": { "content": name } }] } })).await;
        walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, Some(walk.end())).await;
        let [Entry::Present(remote)] = walk.entries.as_slice() else { panic!("{walk:?}") };
        assert_eq!(remote.item.text, name);
    }
    bench.arrangement.advance(SignedDuration::from_mins(30));
    emulator.post(&format!("/pages/{other}/blocks"), json!({ "text": "Words on the page are no change of ours" })).await;
    walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, Some(walk.end())).await;
    assert!(walk.entries.len() <= 1, "told again at most once: {walk:?}");
    walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, Some(walk.end())).await;
    assert!(walk.entries.is_empty(), "{walk:?}");
    bench.close();
}

#[tokio::test]
async fn a_row_that_is_moved_away_is_not_gone_and_one_in_the_trash_is_told_once() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let (moved, trashed) = (new_row(&emulator, "Tasks", "Moved").await, new_row(&emulator, "Tasks", "Trashed").await);
    let since = bench.now() - BACKFILL;
    let walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, None).await;
    emulator.post(&format!("/pages/{moved}/move"), json!({ "source": "Meetings" })).await;
    emulator.delete(&format!("/pages/{trashed}")).await;
    let news = contract::reads_from(&bench, &Notion, Some(&tasks), since, Some(walk.end())).await;
    assert_eq!(news.entries, [Entry::Gone { id: trashed.clone() }]);
    let gone = async |id: &str| Notion.is_gone(&bench.session(), id, Some(&tasks)).await;
    assert_eq!((gone(&moved).await, gone(&trashed).await), (Ok(false), Ok(true)));
    emulator.post(&format!("/pages/{trashed}/restore"), json!({})).await;
    emulator.patch(&format!("/pages/{trashed}"), json!({ "Name": { "title": [{ "text": { "content": "Back" } }] } })).await;
    let back = contract::reads_from(&bench, &Notion, Some(&tasks), since, Some(news.end())).await;
    assert!(back.present().contains(trashed.as_str()), "{back:?}");
    bench.close();
}

#[tokio::test]
async fn f45_what_is_no_longer_shared_is_a_missing_right_and_nothing_is_gone() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let id = new_row(&emulator, "Tasks", "There").await;
    let since = bench.now() - BACKFILL;
    let walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, None).await;
    emulator.patch("/sources/Tasks", json!({ "shared": false })).await;
    let request = PullRequest { cursor: Some(walk.end()), destination: Some(&tasks), since, now: bench.now() };
    let error = Notion.pull(&bench.session(), &request).await.unwrap_err();
    assert!(error.kind == ErrorKind::Forbidden && error.message.contains("Connections"), "{error:?}");
    assert_eq!(Notion.is_gone(&bench.session(), &id, Some(&tasks)).await.unwrap_err().kind, ErrorKind::Forbidden);
    bench.close();
}

#[tokio::test]
async fn f39_a_place_in_a_list_that_notion_lost_is_an_expired_cursor() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    Colleague(Arc::clone(&emulator)).make(120).await;
    let since = bench.now() - BACKFILL;
    let walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, None).await;
    bench.arrangement.advance(SignedDuration::from_hours(2));
    let request = PullRequest { cursor: Some(&walk.edges[0]), destination: Some(&tasks), since, now: bench.now() };
    assert_eq!(Notion.pull(&bench.session(), &request).await.unwrap_err().kind, ErrorKind::CursorExpired);
    let request = PullRequest { cursor: Some(walk.end()), ..request };
    assert!(Notion.pull(&bench.session(), &request).await.is_ok(), "between two readings no place in a list is kept");
    bench.close();
}

#[tokio::test]
async fn f38_a_query_that_notion_cuts_off_goes_on_from_its_last_row() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    emulator.put("/limits", json!({ "results": 3 })).await;
    let mut ids = Vec::new();
    for number in 0..8 {
        ids.push(new_row(&emulator, "Tasks", &format!("Task {number}")).await);
        bench.arrangement.advance(SignedDuration::from_mins(1));
    }
    let since = bench.now() - BACKFILL;
    let walk = contract::reads_from(&bench, &Notion, Some(&tasks), since, None).await;
    assert_eq!(walk.present().len(), 8, "{walk:?}");
    emulator.put("/limits", json!({ "results": 1 })).await;
    for _ in 0..2 {
        new_row(&emulator, "Tasks", "In one minute").await;
    }
    let request = PullRequest { cursor: Some(walk.end()), destination: Some(&tasks), since, now: bench.now() };
    let mut outcome = Notion.pull(&bench.session(), &request).await;
    for _ in 0..10 {
        let Ok(page) = &outcome else { break };
        let cursor = page.cursor.clone();
        outcome = Notion.pull(&bench.session(), &PullRequest { cursor: Some(&cursor), ..request.clone() }).await;
    }
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Protocol, "no loop without end");
    bench.close();
}

#[tokio::test]
async fn what_notion_cannot_take_is_said_before_it_is_sent() {
    let (bench, emulator) = bench().await;
    let tasks = database(&bench, "Tasks").await;
    let mut items =
        [item(4, &tasks, task(bench.now(), " \n ")), item(5, &tasks, task(bench.now(), "x")), item(6, &tasks, task(bench.now(), "x"))];
    items[1].destination = None;
    items[2].properties.insert("colour".into(), "red".into());
    for one in &items {
        assert_eq!(push(&bench, one).await.unwrap_err().kind, ErrorKind::Invalid);
    }
    let stranger = Task { assignee: Some("00000000-0000-4000-8000-000000000000".into()), ..task(bench.now(), "For nobody") };
    let error = push(&bench, &item(7, &tasks, stranger)).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (ErrorKind::Invalid, false), "{error:?}");
    bench.arrangement.strike("/v1/pages", Fault::Status { status: 409, retry_after: None }, Some(1));
    assert_eq!(push(&bench, &item(8, &tasks, task(bench.now(), "x"))).await.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(emulator.count("page.create"), 0);
    bench.close();
}

#[tokio::test]
async fn f25_a_spent_minute_says_how_long_to_wait() {
    let emulator = Emulator::start("notion", ADDRESSES).await;
    let bench = emulator.sign_in(Notion, SignIn::CODE).await;
    emulator.put("/limits", json!({ "calls": 1 })).await;
    let session = bench.session();
    let mut last = Notion.identify(&session).await;
    for _ in 0..3 {
        last = Notion.identify(&session).await;
    }
    let error = last.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert!(matches!(error.retry, connector_kit::Retry::After(wait) if wait > SignedDuration::ZERO), "{error:?}");
    bench.close();
}
