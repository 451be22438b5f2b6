//! Views, changes and single items.

use serde_json::json;

use super::{CALENDAR, MANAGER, add, all_fit, call, changes, code, found, get, harness, messages, noon, sync, view};

#[tokio::test]
async fn changes_come_in_pages_once_each_and_a_state_of_another_time_is_refused() {
    let harness = harness();
    let first = add(&harness, json!({"subject": "One", "start": noon(1)})).await;
    let second = add(&harness, json!({"subject": "Two", "start": noon(2)})).await;
    let (lines, state, is_last) = changes(&call(&harness, &sync(CALENDAR, "", 1)).await);
    assert_eq!((lines, is_last), (vec![("Create".to_owned(), first.clone())], false));
    let (lines, state, is_last) = changes(&call(&harness, &sync(CALENDAR, &state, 1)).await);
    assert_eq!((lines, is_last), (vec![("Create".to_owned(), second.clone())], true));
    assert_eq!(changes(&call(&harness, &sync(CALENDAR, &state, 512)).await).0, []);

    harness.control("PATCH", &format!("/items/{first}"), json!({"subject": "Renamed"})).await.good();
    harness.control("DELETE", &format!("/items/{second}"), json!({})).await.good();
    let third = add(&harness, json!({"start": noon(3)})).await;
    harness.control("DELETE", &format!("/items/{third}"), json!({})).await.good();
    let (lines, state, _) = changes(&call(&harness, &sync(CALENDAR, &state, 512)).await);
    let wanted = [("Update", first.as_str()), ("Delete", second.as_str())];
    assert_eq!(lines, wanted.map(|(verb, id)| (verb.to_owned(), id.to_owned())), "what came and went is not told");

    harness.control("POST", "/expire-sync-states", json!({})).await.good();
    for bad in [state.as_str(), "abc", "AAAA"] {
        assert_eq!(code(&call(&harness, &sync(CALENDAR, bad, 512)).await), "ErrorInvalidSyncStateData");
    }
    all_fit(&harness);
}

#[tokio::test]
async fn a_view_holds_what_overlaps_it_in_order_and_gives_no_attendees() {
    let harness = harness();
    let guests = json!([{"email": "marketing@demo.example", "name": "Marketing", "response": "Accept"}]);
    add(&harness, json!({"subject": "Late", "start": noon(20), "required": guests})).await;
    let early = add(&harness, json!({"subject": "Early & \"quoted\" <早>", "start": noon(2), "body": "Text", "required": guests})).await;
    add(&harness, json!({"subject": "Outside", "start": noon(25)})).await;
    let entries = found(&call(&harness, &view("2026-11-02T12:10:00Z", "2026-11-20T12:00:01Z")).await);
    let subjects: Vec<_> = entries.iter().map(|item| item.text_of("Subject").unwrap()).collect();
    assert_eq!(subjects, ["Early & \"quoted\" <早>", "Late"]);
    assert!(entries[0].child("RequiredAttendees").is_none() && entries[0].child("Body").is_none());

    let answer = call(&harness, &get(&format!(r#"<t:ItemId Id="{early}"/><t:ItemId Id="none"/>"#))).await;
    let item = &messages(&answer)[0].child("Items").unwrap().children[0];
    assert!(item.child("RequiredAttendees").is_some() && item.text_of("Body") == Some("Text"));
    assert_eq!(messages(&answer)[1].text_of("ResponseCode"), Some("ErrorItemNotFound"));

    let bounds = |from: &str, until: &str| view(from, until);
    let backwards = call(&harness, &bounds("2026-11-20T00:00:00Z", "2026-11-02T00:00:00Z")).await;
    assert_eq!(code(&backwards), "ErrorCalendarEndDateIsEarlierThanStartDate");
    assert_eq!(code(&call(&harness, &bounds("2026-11-20T00:00:00Z", "2029-01-01T00:00:00Z")).await), "ErrorCalendarViewRangeTooBig");
    let short =
        view("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z").replace("<m:CalendarView", r#"<m:CalendarView MaxEntriesReturned="1""#);
    let answer = call(&harness, &short).await;
    assert_eq!(found(&answer).len(), 1);
    assert_eq!(messages(&answer)[0].child("RootFolder").unwrap().attribute("IncludesLastItemInRange"), Some("false"));
    all_fit(&harness);
}

#[tokio::test]
async fn folders_are_listed_in_pages() {
    let harness = harness();
    let find = |from: u32| {
        format!(
            r#"<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:IndexedPageFolderView MaxEntriesReturned="1" Offset="{from}" BasePoint="Beginning"/><m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"><t:Mailbox><t:EmailAddress>{MANAGER}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:ParentFolderIds></m:FindFolder>"#
        )
    };
    for (from, name, last) in [(0, "Calendar", "false"), (1, "Projects", "true")] {
        let answer = call(&harness, &find(from)).await;
        let root = messages(&answer)[0].child("RootFolder").unwrap();
        assert_eq!(root.child("Folders").unwrap().children[0].text_of("DisplayName"), Some(name));
        assert_eq!(root.attribute("IncludesLastItemInRange"), Some(last));
    }
    all_fit(&harness);
}
