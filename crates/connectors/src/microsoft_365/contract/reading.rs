//! Reading the calendar: windows, series, removals, ids, links that expire.

use connector_kit::{CalendarSource, ErrorKind, Source};
use model::meeting::{MeetingState, ParticipantKind, When};

use super::*;

fn weekly(count: u64) -> Value {
    json!({"pattern": {"type": "weekly", "interval": 1,
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]},
        "range": {"type": "numbered", "startDate": "2026-01-01", "numberOfOccurrences": count}})
}

#[tokio::test]
async fn a_calendar_is_read_in_full_and_then_only_what_changed() {
    let (bench, emulator, _session) = start().await;
    let mut ids = Vec::new();
    for days in [-100, -10, 1, 170, 200] {
        ids.push(add(&emulator, days, json!({})).await);
    }
    add(&emulator, 1, json!({"showAs": "oof", "subject": "Time off"})).await;
    let guests = json!({"teams": true, "attendees": [
        {"emailAddress": {"address": "marketing@demo.example", "name": "Marketing"}, "type": "required", "status": {"response": "accepted"}},
        {"emailAddress": {"address": "room.a@demo.example", "name": "Room A"}, "type": "resource", "status": {"response": "accepted"}},
        {"emailAddress": {"address": "chair@committee.example"}, "type": "optional", "status": {"response": "declined"}},
    ]});
    let guest = add(&emulator, 2, guests).await;
    emulator.put("/paging", json!({"most": 2, "empty_first": true})).await;

    let (entries, cursor) = drain(&bench, None, None).await;
    let all = present(&entries);
    let mut wanted: Vec<&str> = ids[1..4].iter().map(String::as_str).chain([guest.as_str()]).collect();
    wanted.sort_unstable();
    assert_eq!(all.keys().copied().collect::<Vec<_>>(), wanted, "the window holds, and nobody's time off");
    let meeting = all[guest.as_str()];
    assert!(meeting.identity.conference_id.as_ref().unwrap().starts_with("19:meeting_"));
    let people: Vec<(Option<&str>, ParticipantKind)> =
        meeting.participants.iter().map(|one| (one.person.email.as_deref(), one.kind)).collect();
    let person = |email| (Some(email), ParticipantKind::Person);
    assert_eq!(people, [person(WHO), person("marketing@demo.example"), (Some("room.a@demo.example"), ParticipantKind::Room)]);

    let (nothing, cursor) = drain(&bench, None, Some(&cursor)).await;
    assert_eq!(nothing, []);
    emulator.patch(&event(&ids[2]), json!({"subject": "Renamed", "isCancelled": true})).await;
    emulator.delete(&event(&ids[1])).await;
    let (changes, _) = drain(&bench, None, Some(&cursor)).await;
    let renamed = present(&changes)[ids[2].as_str()];
    assert_eq!((renamed.title.as_str(), renamed.state), ("Renamed", MeetingState::Cancelled));
    assert_eq!(gone(&changes), [ids[1].as_str()]);
    bench.close();
}

#[tokio::test]
async fn a_series_comes_as_instances_each_with_what_the_series_says_and_known_by_its_first_place() {
    for masters in [false, true] {
        let (bench, emulator, _session) = start().await;
        emulator.put("/paging", json!({"masters": masters, "most": 2})).await;
        let more = json!({"recurrence": weekly(3), "subject": "Stand-up", "uid": "series@calendar.example",
            "attendees": [{"emailAddress": {"address": "marketing@demo.example"}}]});
        let series = add(&emulator, 1, more).await;
        let (entries, cursor) = drain(&bench, None, None).await;
        let instances = present(&entries);
        assert_eq!(instances.len(), 3, "instances, and not the series");
        assert!(instances.values().all(|meeting| meeting.title == "Stand-up" && meeting.participants.len() == 2));
        let names: Vec<_> = instances.values().map(|one| (one.identity.ical_uid.as_deref(), one.identity.recurrence_id.clone())).collect();
        assert!(names.iter().all(|(uid, name)| *uid == Some("series@calendar.example") && name.is_some()), "{names:?}");
        assert!(names[0].1 != names[1].1 && names[1].1 != names[2].1);

        let ids: Vec<String> = instances.keys().map(|id| (*id).to_owned()).collect();
        emulator.delete(&event(&ids[0])).await;
        let moved = times(&emulator, 9, "Pacific Standard Time");
        emulator.patch(&event(&ids[1]), moved).await;
        let (changes, cursor) = drain(&bench, None, Some(&cursor)).await;
        assert_eq!(gone(&changes), [ids[0].as_str()]);
        let changed = present(&changes);
        let exception = changed[ids[1].as_str()];
        assert!(exception.when.start() > instances[ids[1].as_str()].when.start());
        assert!(matches!(&exception.when, When::Timed { zone: Some(zone), .. } if zone == "America/Los_Angeles"), "{:?}", exception.when);
        assert_eq!(exception.identity, instances[ids[1].as_str()].identity, "it is the same instance in another place");

        emulator.patch(&event(&series), json!({"subject": "Renamed"})).await;
        let (changes, cursor) = drain(&bench, None, Some(&cursor)).await;
        assert_eq!(present(&changes)[ids[2].as_str()].title, "Renamed", "a change of the series reaches its instances");
        emulator.delete(&event(&series)).await;
        let (changes, _) = drain(&bench, None, Some(&cursor)).await;
        let mut ends = gone(&changes);
        ends.sort_unstable();
        assert_eq!(ends, [ids[1].as_str(), ids[2].as_str()]);
        bench.close();
    }
}

#[tokio::test]
async fn f49_removed_is_believed_only_of_what_its_id_no_longer_finds() {
    let (bench, emulator, _session) = start().await;
    let [moved, away, old] =
        [add(&emulator, 1, json!({})).await, add(&emulator, 2, json!({})).await, add(&emulator, -300, json!({})).await];
    let (entries, cursor) = drain(&bench, None, None).await;
    assert_eq!(present(&entries).len(), 2);
    emulator.patch(&event(&moved), times(&emulator, 300, "GMT Standard Time")).await;
    emulator.patch(&event(&old), json!({"subject": "An old one, tidied up"})).await;
    let team = Microsoft365.calendars(&bench.session()).await.unwrap().remove(1);
    emulator.post(&format!("{}/move", event(&away)), json!({"calendar": team.id})).await;
    let (changes, cursor) = drain(&bench, None, Some(&cursor)).await;
    let told = present(&changes);
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), [moved.as_str()], "out of the window and still there; the old one is not wanted");
    assert!(told[moved.as_str()].when.start() > bench.now() + SignedDuration::from_hours(290 * 24));
    assert_eq!(gone(&changes), [away.as_str()], "it is no longer in this calendar");
    assert_eq!(drain(&bench, None, Some(&cursor)).await.0, []);

    let (entries, _) = drain(&bench, Some(&team), None).await;
    assert!(present(&entries).contains_key(away.as_str()), "in the other calendar it has the same id");
    let gone = async |destination| Microsoft365.is_gone(&bench.session(), &away, destination).await.unwrap();
    assert!(gone(None).await && !gone(Some(&team)).await);
    bench.close();
}

#[tokio::test]
async fn f39_an_expired_link_and_another_calendar_start_anew() {
    let (bench, emulator, session) = start().await;
    add(&emulator, 1, json!({})).await;
    let (_, cursor) = drain(&bench, None, None).await;
    let team = Microsoft365.calendars(&session).await.unwrap().remove(1);
    let now = session.now();
    let other = PullRequest { cursor: Some(&cursor), destination: Some(&team), since: now, now };
    assert_eq!(Microsoft365.pull(&session, &other).await.unwrap_err().kind, ErrorKind::CursorExpired);
    let tampered = Cursor(cursor.0.replace("deltatoken=", "deltatoken=x"));
    assert_eq!(pull(&session, Some(&tampered)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    emulator.post("/expire-sync-states", json!({})).await;
    let error = pull(&session, Some(&cursor)).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::CursorExpired, Some("SyncStateNotFound")));
    assert_eq!(present(&drain(&bench, None, None).await.0).len(), 1);
    let shape = Cursor(r#"{"of":"an older version"}"#.to_owned());
    assert_eq!(pull(&session, Some(&shape)).await.unwrap_err().kind, ErrorKind::CursorExpired);
    bench.close();
}

#[tokio::test]
async fn the_frozen_window_rolls_on_after_the_last_change() {
    let (bench, emulator, session) = start().await;
    let near = add(&emulator, 1, json!({})).await;
    let far = add(&emulator, 200, json!({})).await;
    let (entries, cursor) = drain(&bench, None, None).await;
    assert_eq!(present(&entries).len(), 1);
    let later = session.now() + SignedDuration::from_hours(31 * 24);
    let changes = pull_at(&session, Some(&cursor), later).await.unwrap();
    assert!(changes.entries.is_empty() && changes.more, "first what changed, then a new window");
    let window = pull_at(&session, Some(&changes.cursor), later).await.unwrap();
    let mut both = [near.as_str(), far.as_str()];
    both.sort_unstable();
    assert_eq!(present(&window.entries).keys().copied().collect::<Vec<_>>(), both);
    assert!(!window.more && !pull_at(&session, Some(&window.cursor), later).await.unwrap().more);
    bench.close();
}

#[tokio::test]
async fn a_long_backfill_is_cut_to_what_exchange_expands() {
    let (bench, emulator, session) = start().await;
    let id = add(&emulator, -1_500, json!({})).await;
    let since = session.now() - SignedDuration::from_hours(3_650 * 24);
    let page = Microsoft365.pull(&session, &PullRequest { cursor: None, destination: None, since, now: session.now() }).await.unwrap();
    assert_eq!(present(&page.entries).keys().copied().collect::<Vec<_>>(), [id.as_str()]);
    bench.close();
}

#[tokio::test]
async fn f42_whole_days_and_zones_are_the_planners() {
    let (bench, emulator, _session) = start().await;
    let date = (bench.now() + SignedDuration::from_hours(48)).to_zoned(jiff::tz::TimeZone::UTC).date();
    let midnight = |date: jiff::civil::Date| json!({"dateTime": format!("{date}T00:00:00"), "timeZone": "Pacific SA Standard Time"});
    let next = date.tomorrow().unwrap();
    let day = add(&emulator, 2, json!({"isAllDay": true, "start": midnight(date), "end": midnight(next)})).await;
    let timed = times(&emulator, 3, "Lord Howe Standard Time");
    let hour = add(&emulator, 3, timed).await;
    let (entries, _) = drain(&bench, None, None).await;
    let all = present(&entries);
    assert_eq!(all[day.as_str()].when, When::AllDay { first: date, last: date });
    assert!(matches!(&all[hour.as_str()].when, When::Timed { zone: Some(zone), .. } if zone == "Australia/Lord_Howe"));
    let start = all[hour.as_str()].when.start();
    assert!(start.duration_since(bench.now() + SignedDuration::from_hours(72)).abs() < SignedDuration::from_secs(2), "{start}");
    bench.close();
}

#[tokio::test]
async fn f25_a_spent_quota_says_how_long_to_wait() {
    let (bench, emulator, session) = start().await;
    pull(&session, None).await.unwrap();
    emulator.put("/quota", json!({"burst": 1})).await;
    let error = pull(&session, None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert!(matches!(error.retry, connector_kit::Retry::After(wait) if wait > SignedDuration::ZERO), "{error:?}");
    bench.close();
}
