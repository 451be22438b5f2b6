//! Series: occurrences in views, masters in changes, exceptions and deletions.

use serde_json::json;

use super::{CALENDAR, add, all_fit, call, changes, code, found, get, harness, messages, sync, view};
use crate::kit::xml::Element;

fn texts<'a>(items: &'a [Element], name: &str) -> Vec<&'a str> {
    items.iter().map(|item| item.text_of(name).unwrap_or_default()).collect()
}

fn id(item: &Element) -> &str {
    item.child("ItemId").unwrap().attribute("Id").unwrap()
}

#[tokio::test]
async fn a_view_has_occurrences_and_changes_have_the_master() {
    let harness = harness();
    // Across the end of summer time in London: noon stays noon there.
    let rule = json!({"weekly": {"interval": 1, "days": ["Saturday", "Monday"]}, "count": 4});
    let master = add(&harness, json!({"subject": "Weekly", "start": "2026-10-24T11:00:00.75Z", "recurrence": rule})).await;
    let all = view("2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let occurrences = found(&call(&harness, &all).await);
    let starts = ["2026-10-24T11:00:00Z", "2026-10-26T12:00:00Z", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z"];
    assert_eq!(texts(&occurrences, "Start"), starts);
    assert!(texts(&occurrences, "CalendarItemType").iter().all(|kind| *kind == "Occurrence"));
    let (lines, state, _) = changes(&call(&harness, &sync(CALENDAR, "", 512)).await);
    assert_eq!(lines, [("Create".to_owned(), master.clone())]);

    let moved =
        json!({"original": starts[1], "edit": {"start": "2026-10-26T15:00:00Z", "end": "2026-10-26T16:00:00Z", "subject": "Moved"}});
    harness.control("PATCH", &format!("/items/{master}/occurrences"), moved).await.good();
    harness.control("POST", &format!("/items/{master}/cancel-occurrence"), json!({"original": starts[2]})).await.good();
    assert_eq!(changes(&call(&harness, &sync(CALENDAR, &state, 512)).await).0, [("Update".to_owned(), master.clone())]);
    let left = found(&call(&harness, &all).await);
    assert_eq!(texts(&left, "Start"), [starts[0], "2026-10-26T15:00:00Z", starts[3]]);
    assert_eq!(texts(&left, "CalendarItemType"), ["Occurrence", "Exception", "Occurrence"]);

    let lost = id(&occurrences[2]);
    let answer = call(&harness, &get(&format!(r#"<t:ItemId Id="{lost}"/><t:RecurringMasterItemId OccurrenceId="{}"/><t:OccurrenceItemId RecurringMasterId="{master}" InstanceIndex="2"/><t:OccurrenceItemId RecurringMasterId="{master}" InstanceIndex="9"/>"#, id(&left[0])))).await;
    let codes: Vec<_> = messages(&answer).iter().map(|one| one.text_of("ResponseCode").unwrap()).collect();
    assert_eq!(
        codes,
        ["ErrorCalendarOccurrenceIsDeletedFromRecurrence", "NoError", "NoError", "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"]
    );
    let whole = &messages(&answer)[1].child("Items").unwrap().children[0];
    assert_eq!((id(whole), whole.text_of("CalendarItemType")), (master.as_str(), Some("RecurringMaster")));
    assert_eq!(texts(&whole.child("DeletedOccurrences").unwrap().children, "Start"), [starts[2]]);
    let modified = &whole.child("ModifiedOccurrences").unwrap().children;
    assert_eq!((id(&modified[0]), texts(modified, "OriginalStart")), (id(&left[1]), vec![starts[1]]));
    let exception = &messages(&answer)[2].child("Items").unwrap().children[0];
    assert_eq!((exception.text_of("Subject"), exception.text_of("OriginalStart")), (Some("Moved"), Some(starts[1])));
    all_fit(&harness);
}

#[tokio::test]
async fn every_pattern_falls_on_its_days_and_is_told_as_the_schema_wants() {
    let harness = harness();
    for (rule, days) in [
        (json!({"daily": {"interval": 10}, "until": "2026-01-25"}), &["01-01", "01-11", "01-21"][..]),
        (json!({"weekly": {"interval": 2, "days": ["Thursday", "Sunday"]}, "count": 4}), &["01-01", "01-11", "01-15", "01-25"]),
        (json!({"monthly": {"interval": 1, "day": 31}, "count": 3}), &["01-31", "02-28", "03-31"]),
        (json!({"relative_monthly": {"interval": 1, "day": "Weekday", "index": "Last"}, "count": 2}), &["01-30", "02-27"]),
        (json!({"relative_monthly": {"interval": 2, "day": "Tuesday", "index": "Second"}, "count": 2}), &["01-13", "03-10"]),
        (json!({"yearly": {"month": 2, "day": 29}, "count": 1}), &["02-28"]),
        (json!({"relative_yearly": {"month": 3, "day": "Day", "index": "First"}, "count": 1}), &["03-01"]),
    ] {
        let id = add(&harness, json!({"start": "2026-01-01T12:00:00Z", "recurrence": rule})).await;
        let found = found(&call(&harness, &view("2025-12-01T00:00:00Z", "2026-12-01T00:00:00Z")).await);
        let starts: Vec<String> = texts(&found, "Start").iter().map(|start| start[5..10].to_owned()).collect();
        assert_eq!(starts, days, "{rule}");
        assert_eq!(code(&call(&harness, &get(&format!(r#"<t:ItemId Id="{id}"/>"#))).await), "NoError");
        harness.control("DELETE", &format!("/items/{id}"), json!({})).await.good();
    }
    all_fit(&harness);
}
