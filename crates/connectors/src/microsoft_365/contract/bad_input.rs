//! Answers that no description promises: each ends in the right kind of error or in meetings, and no cursor is moved by an error.

use connector_kit::{ErrorKind, Result};
use model::meeting::When;

use super::*;

/// The next page that is read is this one.
async fn read(bench: &Bench, emulator: &Emulator, body: &str) -> Result<Page<Meeting>> {
    emulator.answer_once("/calendarView/delta", body);
    pull(&bench.session(), None).await
}

/// A last page with these events.
fn page(events: &Value) -> String {
    json!({"value": events, "@odata.deltaLink": "https://graph.microsoft.com/v1.0/me/calendarView/delta?$deltatoken=x"}).to_string()
}

#[tokio::test]
async fn f34_answers_of_another_shape_are_errors_and_move_no_cursor() {
    let (bench, emulator, session) = start().await;
    add(&emulator, 1, json!({})).await;
    let (_, cursor) = drain(&bench, None, None).await;
    let event = |name: &str, value: Value| {
        let mut one = json!({"id": "a", "start": {"dateTime": "2026-03-01T09:00:00"}});
        one[name] = value;
        page(&json!([one]))
    };
    let bodies = [
        json!({"value": null}).to_string(),
        json!({"value": {}}).to_string(),
        json!({"value": [null]}).to_string(),
        json!({"value": [{"subject": "no id"}]}).to_string(),
        json!({"value": []}).to_string(),
        json!({"error": {"code": "ErrorInternalServerError", "message": "with status 200"}}).to_string(),
        event("id", json!(7)),
        event("attendees", json!("nobody")),
        event("start", json!("2026-03-01")),
        event("isAllDay", json!("yes")),
        format!("\u{feff}{}", page(&json!([]))),
        "<!doctype html><title>Sign in</title>".to_owned(),
        "{\"value\": [".to_owned(),
        "NaN".to_owned(),
        "[".repeat(10_000),
    ];
    for body in bodies {
        emulator.answer_once("/calendarView/delta", body.clone());
        let error = pull(&session, Some(&cursor)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{}", body.chars().take(80).collect::<String>());
        assert!(!error.message.contains("nobody"), "what is in an answer is not in the words: {error}");
    }
    assert_eq!(drain(&bench, None, Some(&cursor)).await.0, [], "the place is as good as before");
    bench.close();
}

#[tokio::test]
async fn f35_an_oversized_answer_is_cut() {
    let (bench, emulator, _session) = start().await;
    let long = page(&json!([{"id": "a", "subject": "x".repeat(33 << 20)}]));
    assert_eq!(read(&bench, &emulator, &long).await.unwrap_err().kind, ErrorKind::Protocol);
    bench.close();
}

#[tokio::test]
async fn b18_what_is_missing_unknown_or_too_much_leaves_a_meeting() {
    let (bench, emulator, _session) = start().await;
    let start = json!({"dateTime": "2026-03-01T09:00:00.0000000", "timeZone": "UTC"});
    let names = ["Ångström", "山田 太郎", "محمد", "Ελένη", "O'Brien", "\u{202e}evil", "👩🏽‍🚀", "   ", "NULL"];
    let attendees: Vec<Value> =
        names.iter().map(|name| json!({"emailAddress": {"name": name, "address": null}, "type": "future"})).collect();
    let events = json!([
        {"id": "bare", "start": start},
        {"id": "nulls", "start": start, "end": null, "subject": null, "attendees": null, "organizer": null, "location": null,
            "body": null, "onlineMeeting": null, "type": null, "showAs": null, "seriesMasterId": null, "iCalUId": null},
        {"id": "future", "start": start, "type": "somethingNew", "showAs": "somewhere", "colour": {"of": ["the", "future"]}},
        {"id": "people", "start": start, "attendees": attendees},
        {"id": "backwards", "start": start, "end": {"dateTime": "2026-02-01T00:00:00", "timeZone": "UTC"}},
    ]);
    let read = read(&bench, &emulator, &page(&events)).await.unwrap();
    let all = present(&read.entries);
    assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["backwards", "bare", "future", "nulls", "people"]);
    assert_eq!((all["nulls"].title.as_str(), all["nulls"].participants.len()), ("(no title)", 0));
    let people: Vec<&str> = all["people"].participants.iter().filter_map(|one| one.person.name.as_deref()).collect();
    assert_eq!(
        people,
        ["Ångström", "山田 太郎", "محمد", "Ελένη", "O'Brien", "\u{202e}evil", "👩🏽‍🚀", "NULL"],
        "as given, and nobody of blanks alone"
    );
    assert_eq!(all["backwards"].when.start(), all["backwards"].when.end());
    bench.close();
}

#[tokio::test]
async fn b16_dates_of_1582_and_9999_are_placed_or_left_out() {
    let (bench, emulator, _session) = start().await;
    let at = |id: &str, text: &str, zone: &str| json!({"id": id, "start": {"dateTime": text, "timeZone": zone}});
    let events = json!([
        at("gregory", "1582-10-15T00:00:00.0000000", "UTC"),
        at("never", "0001-01-01T00:00:00.0000000", "UTC"),
        at("last", "9999-12-31T23:59:59.9999999", "UTC"),
        at("leap", "2024-02-29T12:00:00", "UTC"),
        at("no-leap", "2026-02-29T12:00:00", "UTC"),
        at("midnight-24", "2026-03-01T24:00:00", "UTC"),
        at("offset", "2026-03-01T09:00:00+14:00", "UTC"),
        at("gap", "2026-03-29T02:30:00", "W. Europe Standard Time"),
        at("nowhere", "2026-03-01T09:00:00", "Customized Time Zone"),
        at("words", "tomorrow", "UTC"),
        {"id": "no-start"},
        {"id": "whole", "isAllDay": true, "start": {"dateTime": "9999-12-31T00:00:00", "timeZone": "UTC"}},
    ]);
    let read = read(&bench, &emulator, &page(&events)).await.unwrap();
    let all = present(&read.entries);
    let placed: Vec<&str> = all.keys().copied().collect();
    assert_eq!(placed, ["gap", "gregory", "leap", "never", "offset", "whole"], "the others cannot be placed");
    assert_eq!(all["gregory"].when.start().to_string(), "1582-10-15T00:00:00Z");
    assert_eq!(all["gap"].when.start().to_string(), "2026-03-29T01:30:00Z", "what daylight saving skips is later");
    assert!(matches!(all["whole"].when, When::AllDay { first, last } if first == last));
    bench.close();
}

#[tokio::test]
async fn f38_links_that_lead_nowhere_end_in_an_error() {
    let (bench, emulator, session) = start().await;
    for days in 1..4 {
        add(&emulator, days, json!({})).await;
    }
    emulator.put("/paging", json!({"most": 3, "wedged": true})).await;
    let mut cursor = None;
    let mut pages = 0;
    let error = loop {
        match pull(&session, cursor.as_ref()).await {
            Ok(page) => (cursor, pages) = (Some(page.cursor), pages + 1),
            Err(error) => break error,
        }
        assert!(pages < 10, "the same page for ever, each time by another link");
    };
    assert_eq!((error.kind, pages), (ErrorKind::Protocol, 3));
    emulator.put("/paging", json!({"most": 2})).await;
    let first = pull(&session, None).await.unwrap();
    let place: Value = serde_json::from_str(&first.cursor.0).unwrap();
    emulator.answer_once("/calendarView/delta", json!({"value": [], "@odata.nextLink": place["link"]}).to_string());
    assert_eq!(pull(&session, Some(&first.cursor)).await.unwrap_err().kind, ErrorKind::Protocol, "a page that leads to itself");
    emulator.answer_once("/calendarView/delta", json!({"value": [], "@odata.nextLink": "https://evil.example/v1.0/me"}).to_string());
    let astray = pull(&session, None).await.unwrap();
    let error = pull(&session, Some(&astray.cursor)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "the token goes to no other host: {error}");
    bench.close();
}

#[tokio::test]
async fn an_occurrence_whose_series_is_gone_is_left_out_and_a_failure_is_none() {
    let (bench, emulator, session) = start().await;
    let one = json!({"id": "a", "type": "occurrence", "seriesMasterId": "AAkAeA==", "start": {"dateTime": "2026-03-01T09:00:00"}});
    let orphan = page(&json!([one]));
    assert!(read(&bench, &emulator, &orphan).await.unwrap().entries.is_empty());
    let unavailable = contract::Fault::Status { status: 503, retry_after: None };
    bench.arrangement.strike("/calendar/events/", unavailable.clone(), Some(1));
    assert_eq!(read(&bench, &emulator, &orphan).await.unwrap_err().kind, ErrorKind::Unavailable);
    let removed = page(&json!([{"id": "AAkAeA==", "@removed": {"reason": "changed"}}]));
    assert_eq!(gone(&read(&bench, &emulator, &removed).await.unwrap().entries), ["AAkAeA=="]);
    bench.arrangement.strike("/calendar/events/", unavailable, Some(1));
    emulator.answer_once("/calendarView/delta", removed);
    assert_eq!(pull(&session, None).await.unwrap_err().kind, ErrorKind::Unavailable, "nothing is gone because a question failed");
    bench.close();
}
