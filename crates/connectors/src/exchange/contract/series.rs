//! Series and windows against the emulator.

use connector_kit::contract::Arrangement;
use connector_kit::{ErrorKind, Source};
use jiff::Timestamp;
use serde_json::json;

use super::{Exchange, add, at, drain, gone, item, present, pull, pull_at, start, titles};
use crate::emulator::Emulator;

/// A weekly series of four that begins so many days from now, and its starts.
async fn series(emulator: &Emulator, days: i64) -> (String, Vec<Timestamp>) {
    let first = at(emulator.now(), days);
    let day = format!("{:?}", first.to_zoned(jiff::tz::TimeZone::UTC).weekday());
    let rule = json!({"weekly": {"interval": 1, "days": [day]}, "count": 4});
    let id = add(emulator, days, json!({"subject": "Weekly", "zone": "UTC", "recurrence": rule})).await;
    (id, (0..4).map(|week| at(first, 7 * week)).collect())
}

#[tokio::test]
async fn a_series_comes_as_occurrences_and_each_is_known_by_its_first_place() {
    let (bench, emulator) = start().await;
    let session = bench.session();
    let (master, starts) = series(&emulator, 1).await;
    let (entries, cursor) = drain(&bench, None).await;
    let ids: Vec<String> = starts.iter().map(|start| format!("{master}|{start}")).collect();
    let occurrences = present(&entries);
    assert_eq!(occurrences.keys().copied().collect::<Vec<_>>(), ids.iter().map(String::as_str).collect::<Vec<_>>());
    let named: Vec<_> = occurrences.values().map(|one| (one.identity.ical_uid.clone(), one.identity.recurrence_id.clone())).collect();
    assert!(named.iter().all(|(uid, _)| uid.is_some() && *uid == named[0].0));
    assert_eq!(named[1].1, Some(starts[1].to_string()));

    let later = at(starts[1], 1);
    emulator
        .patch(
            &format!("{}/occurrences", item(&master)),
            json!({"original": starts[1], "edit": {"start": later, "end": later, "subject": "Moved"}}),
        )
        .await;
    emulator.post(&format!("{}/cancel-occurrence", item(&master)), json!({"original": starts[2]})).await;
    let (changes, cursor) = drain(&bench, Some(&cursor)).await;
    assert_eq!(gone(&changes), [ids[2].as_str()]);
    let moved = present(&changes)[ids[1].as_str()];
    assert_eq!(
        (moved.title.as_str(), moved.when.start(), moved.identity.recurrence_id.clone()),
        ("Moved", later, Some(starts[1].to_string()))
    );
    let (again, _) = drain(&bench, None).await;
    assert_eq!(present(&again), present(&changes), "our own rules say the same as Exchange");

    for (id, is_gone) in ids.iter().zip([false, false, true, false]) {
        assert_eq!(Exchange.is_gone(&session, id, None).await, Ok(is_gone), "{id}");
    }
    let never = format!("{master}|{}", at(starts[0], 1));
    assert_eq!(Exchange.is_gone(&session, &never, None).await, Ok(true), "no occurrence has this place");

    emulator.delete(&item(&master)).await;
    assert_eq!(pull(&session, Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired, "a series ends by one id");
    assert_eq!(drain(&bench, None).await.0, []);
    assert_eq!(Exchange.is_gone(&session, &ids[0], None).await, Ok(true));
    bench.close();
}

#[tokio::test]
async fn a_series_with_another_pattern_is_read_anew() {
    let (bench, emulator) = start().await;
    let (master, starts) = series(&emulator, 1).await;
    let (_, cursor) = drain(&bench, None).await;
    emulator.patch(&item(&master), json!({"subject": "Renamed"})).await;
    let (changes, cursor) = drain(&bench, Some(&cursor)).await;
    assert_eq!(titles(&changes), ["Renamed"; 4], "another name is no other pattern");
    emulator.patch(&item(&master), json!({"recurrence": {"daily": {"interval": 1}, "count": 2}})).await;
    assert_eq!(pull(&bench.session(), Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(present(&drain(&bench, None).await.0).len(), 2);
    assert_eq!(Exchange.is_gone(&bench.session(), &format!("{master}|{}", starts[3]), None).await, Ok(true));
    bench.close();
}

#[tokio::test]
async fn a_server_that_gives_masters_is_read_as_one_that_gives_occurrences() {
    let (bench, emulator) = start().await;
    let weekday = |days| format!("{:?}", at(emulator.now(), days).to_zoned(jiff::tz::TimeZone::UTC).weekday());
    // Over both ends of summer time, east and west of Greenwich, and with a shift of half an hour.
    for (zone, rule) in [
        ("W. Europe Standard Time", json!({"daily": {"interval": 3}})),
        ("Eastern Standard Time", json!({"weekly": {"interval": 2, "days": [weekday(-80), "Friday"]}, "count": 30})),
        ("Lord Howe Standard Time", json!({"monthly": {"interval": 1, "day": 31}})),
        ("India Standard Time", json!({"relative_monthly": {"interval": 1, "day": "Weekday", "index": "Last"}})),
        (
            "UTC",
            json!({"relative_monthly": {"interval": 2, "day": "Tuesday", "index": "Second"}, "until": at(emulator.now(), 100).to_zoned(jiff::tz::TimeZone::UTC).date()}),
        ),
        ("GMT Standard Time", json!({"yearly": {"month": 2, "day": 29}})),
        ("GMT Standard Time", json!({"relative_yearly": {"month": 3, "day": "WeekendDay", "index": "First"}})),
    ] {
        add(&emulator, -80, json!({"subject": format!("{rule}"), "zone": zone, "recurrence": rule})).await;
    }
    let (theirs, _) = drain(&bench, None).await;
    emulator.put("/masters", json!({"on": true})).await;
    let (ours, _) = drain(&bench, None).await;
    assert!(present(&theirs).len() > 100);
    assert_eq!(present(&ours).keys().collect::<Vec<_>>(), present(&theirs).keys().collect::<Vec<_>>());
    for (id, meeting) in present(&theirs) {
        assert_eq!(present(&ours)[id].when, meeting.when, "{id}");
    }
    bench.close();
}

#[tokio::test]
async fn a_zone_that_is_not_known_leaves_the_expansion_to_exchange() {
    let (bench, emulator) = start().await;
    let rule = json!({"daily": {"interval": 1}, "count": 3});
    let more = json!({"subject": "Odd", "custom_zone": "Europe/Berlin", "recurrence": rule});
    let (_, cursor) = drain(&bench, None).await;
    add(&emulator, 1, more).await;
    assert_eq!(pull(&bench.session(), Some(&cursor)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    assert_eq!(titles(&drain(&bench, None).await.0), ["Odd"; 3]);
    add(&emulator, 1, json!({"subject": "Even"})).await;
    emulator.put("/masters", json!({"on": true})).await;
    assert_eq!(titles(&drain(&bench, None).await.0), ["Even"], "where Exchange expands nothing, it is left out");
    bench.close();
}

#[tokio::test]
async fn a_crowded_view_is_read_in_parts() {
    let (bench, emulator) = start().await;
    for minute in 0..110 {
        let start = Timestamp::from_second(at(emulator.now(), 1).as_second() + minute * 3_600).unwrap();
        add(&emulator, 0, json!({"start": start})).await;
    }
    assert_eq!(present(&drain(&bench, None).await.0).len(), 110);
    let same = at(emulator.now(), 20);
    for _ in 0..101 {
        add(&emulator, 0, json!({"start": same})).await;
    }
    let mut outcome = pull(&bench.session(), None).await;
    while let Ok(page) = &outcome
        && page.more
    {
        outcome = pull(&bench.session(), Some(&page.cursor)).await;
    }
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Protocol, "a hundred meetings in a minute are nobody's");
    bench.close();
}

#[tokio::test]
async fn the_window_grows_after_the_last_change() {
    let (bench, emulator) = start().await;
    let session = bench.session();
    add(&emulator, 1, json!({"subject": "Near"})).await;
    add(&emulator, 200, json!({"subject": "Far"})).await;
    let (entries, cursor) = drain(&bench, None).await;
    assert_eq!(titles(&entries), ["Near"]);
    let later = at(session.now(), 31);
    let changes = pull_at(&session, Some(&cursor), later).await.unwrap();
    assert!(changes.entries.is_empty() && changes.more, "first what changed, then the new part of the window");
    let mut page = pull_at(&session, Some(&changes.cursor), later).await.unwrap();
    let mut entries = page.entries;
    while page.more {
        page = pull_at(&session, Some(&page.cursor), later).await.unwrap();
        entries.extend(page.entries);
    }
    assert_eq!(titles(&entries), ["Far"], "what was read is not read again");
    assert!(!pull_at(&session, Some(&page.cursor), later).await.unwrap().more);
    bench.close();
}
