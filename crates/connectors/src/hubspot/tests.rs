//! HubSpot's maps, errors and signature, from hand-made fixtures in the form of the official description.

use std::collections::BTreeMap;

use connector_kit::outbound::Edit;
use connector_kit::{Connector, ErrorKind, InboundHook, Link, Outbound, Reply, Retry, Secret, WebhookSource};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use model::action_item::Task;
use model::connection::Capability;
use model::{Activity, Associations, Contact, Fields, Priority, Progress};
use serde_json::json;

use super::wire::{HookEvent, Owner, Record, Records};
use super::{HubSpot, map};

fn reply(status: u16, body: &serde_json::Value) -> Reply {
    Reply { status, headers: BTreeMap::new(), body: serde_json::to_vec(body).unwrap().into() }
}

fn records(text: &str) -> Vec<Record> {
    serde_json::from_str::<Records>(text).unwrap().results
}

#[test]
fn contacts_are_read_with_empty_and_unknown_properties() {
    let contacts: Vec<Contact> = records(include_str!("fixtures/contacts.json")).iter().map(map::contact).collect();
    insta::assert_json_snapshot!(contacts);
}

#[test]
fn a_cleared_field_is_cleared_there_and_an_unknown_one_is_left_alone() {
    let contact = Contact { email: Some(" Professor.A@Demo.example".into()), job_title: Some("Professor".into()), ..Contact::default() };
    let base: Fields = [("phone".to_owned(), json!("+49 30 1"))].into_iter().collect();
    let properties = map::contact_properties(&update(contact, base));
    let expected = [("email", "professor.a@demo.example"), ("jobtitle", "Professor"), ("phone", "")];
    assert_eq!(properties, expected.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
}

#[test]
fn f58_what_is_as_agreed_is_not_sent_again_over_an_edit_there() {
    let contact = Contact { phone: Some("+49 30 1".into()), job_title: Some("Professor".into()), ..Contact::default() };
    let base: Fields = [("phone".to_owned(), json!("+49 30 1"))].into_iter().collect();
    assert_eq!(map::contact_properties(&update(contact, base)), BTreeMap::from([("jobtitle".to_owned(), "Professor".to_owned())]));
}

fn update(contact: Contact, base: Fields) -> Outbound<Contact> {
    Outbound {
        key: uuid::Uuid::nil(),
        record: "ctc_0198c5f0000070008000000000000001".parse().unwrap(),
        item: contact,
        link: Some(Link { id: "1".into(), version: None, url: None, base }),
        edit: Edit::InPlace,
        destination: None,
        properties: BTreeMap::new(),
    }
}

#[test]
fn f59_the_receipt_tells_hubspots_own_form() {
    let sent = Contact { email: Some("Professor.A@demo.example".into()), company: Some("Demo".into()), ..Contact::default() };
    let answer: Record =
        serde_json::from_value(json!({"id": "7", "properties": {"email": "professor.a@demo.example", "phone": null}})).unwrap();
    let seen = map::contact_seen(&sent, &answer);
    assert_eq!(
        seen,
        [("email".to_owned(), json!("professor.a@demo.example")), ("company".to_owned(), json!("Demo"))].into_iter().collect()
    );
}

#[test]
fn a_meeting_becomes_properties() {
    let activity = Activity {
        title: "Kick-off".into(),
        start: "2026-01-05T09:00:00Z".parse().unwrap(),
        end: "2026-01-05T09:45:00Z".parse().unwrap(),
        body: "Agenda".into(),
        location: None,
        join_url: Some("https://meet.demo.example/1".into()),
        cancelled: false,
        owner: None,
        associations: Associations::default(),
    };
    let properties = map::meeting_properties(&activity, "Agenda", Some(&"42".to_owned()), "2026-01-05T10:00:00Z".parse().unwrap());
    insta::assert_json_snapshot!(properties);
}

#[test]
fn tasks_are_read_in_the_accounts_zone() {
    let owners: Vec<Owner> = serde_json::from_value(
        json!([{"id": "42", "email": "Project.Manager@demo.example", "firstName": "Project", "lastName": "Manager"}]),
    )
    .unwrap();
    let zone = TimeZone::get("Pacific/Auckland").unwrap();
    let tasks: Vec<_> =
        records(include_str!("fixtures/tasks.json")).iter().map(|record| Fields::of(&map::task(record, &owners, &zone))).collect();
    insta::assert_json_snapshot!(tasks);
}

#[test]
fn f42_a_due_date_comes_back_as_the_same_day_in_every_zone() {
    for name in ["Pacific/Kiritimati", "Pacific/Niue", "America/Santiago", "Australia/Lord_Howe", "UTC"] {
        let zone = TimeZone::get(name).unwrap();
        for due in [Some(jiff::civil::date(2026, 3, 29)), Some(jiff::civil::date(2024, 2, 29)), None] {
            let sent =
                Task { text: "Send the minutes".into(), due, priority: Priority::Medium, progress: Progress::Started, ..Task::default() };
            let properties = map::task_properties(&sent, &zone, false);
            let answer: Record = serde_json::from_value(json!({"id": "1", "properties": properties})).unwrap();
            let read = map::task(&answer, &[], &zone);
            assert_eq!((read.due, read.priority, read.progress), (due, sent.priority, sent.progress), "{name}");
        }
    }
}

#[test]
fn deals_count_when_open_then_or_within_two_weeks() {
    let at = "2026-02-01T12:00:00Z".parse().unwrap();
    let deals = records(include_str!("fixtures/deals.json"));
    let counted: Vec<&str> = deals.iter().filter(|deal| map::is_of_that_time(deal, at)).map(|deal| deal.id.as_str()).collect();
    assert_eq!(counted, ["open", "closed-soon-after", "closed-long-after", "opened-soon-after"]);
}

#[test]
fn people_are_found_by_their_further_addresses_and_companies_by_age() {
    let people: Vec<Record> = serde_json::from_value(json!([
        {"id": "5", "properties": {"email": "a@demo.example", "hs_additional_emails": "old.a@demo.example;a2@demo.example"}},
    ]))
    .unwrap();
    let wanted = ["old.a@demo.example".to_owned(), "nobody@demo.example".to_owned()];
    assert_eq!(map::contacts_by_email(&people, &wanted), BTreeMap::from([("old.a@demo.example".to_owned(), "5".to_owned())]));
    let companies: Vec<Record> = serde_json::from_value(json!([
        {"id": "1000", "properties": {"domain": "demo.example"}}, {"id": "999", "properties": {"domain": "Demo.example"}},
    ]))
    .unwrap();
    assert_eq!(map::companies_by_domain(&companies, &["demo.example".to_owned()])["demo.example"], "999");
}

#[test]
fn errors_are_told_apart() {
    let of = |status, body: serde_json::Value| HubSpot.classify(&reply(status, &body)).unwrap();
    assert!(HubSpot.classify(&reply(207, &json!({"results": [], "errors": [{"message": "x"}]}))).is_none());

    let error = of(
        403,
        json!({"status": "error", "category": "MISSING_SCOPES", "message": "…",
        "errors": [{"message": "…", "context": {"requiredGranularScopes": ["crm.objects.deals.read"]}}]}),
    );
    assert_eq!(error.kind, ErrorKind::Forbidden);
    assert!(error.message.contains("crm.objects.deals.read"), "{error}");

    let error = of(429, json!({"category": "RATE_LIMITS", "policyName": "TEN_SECONDLY_ROLLING", "message": "…"}));
    assert_eq!((error.kind, error.retry), (ErrorKind::RateLimited, Retry::After(SignedDuration::from_secs(10))));
    assert_eq!(error.code.as_deref(), Some("TEN_SECONDLY_ROLLING"));

    let error = of(409, json!({"category": "CONFLICT", "message": "Contact already exists. Existing ID: 1715"}));
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Conflict, "HubSpot has this already, as 1715"));

    assert_eq!(of(423, json!({})).retry, Retry::After(SignedDuration::from_secs(2)));
    assert_eq!(of(477, json!({})).kind, ErrorKind::Unavailable);
    for status in [500, 502, 503, 504, 524] {
        let error = of(status, json!({}));
        assert!(error.kind == ErrorKind::Unavailable && error.may_have_happened, "{status}");
    }
    assert_eq!(of(401, json!({"category": "EXPIRED_AUTHENTICATION"})).kind, ErrorKind::Unauthorized);
    assert_eq!(of(404, json!({"category": "OBJECT_NOT_FOUND"})).kind, ErrorKind::NotFound);
}

#[test]
fn f61_a_misfit_names_the_property_and_never_the_value() {
    let list = json!([{"isValid": false, "message": "canary was not one of the options", "error": "INVALID_OPTION", "name": "lead_state"}]);
    let error = HubSpot
        .classify(&reply(400, &json!({"category": "VALIDATION_ERROR", "message": format!("Property values were not valid: {list}")})))
        .unwrap();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Invalid, Some("INVALID_OPTION")));
    assert_eq!(error.message, "HubSpot refuses the value of `lead_state`");
    let body = json!({"category": "VALIDATION_ERROR", "message": "canary", "errors": [
        {"message": "canary", "code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["gone"]}}]});
    let error = HubSpot.classify(&reply(400, &body)).unwrap();
    assert_eq!(error.to_string(), "HubSpot has no property `gone` (PROPERTY_DOESNT_EXIST)");
}

/// HubSpot's own vector (hubspot-api-python, `tests/spec/utils/test_signature.py`; also in the vectors of the descriptions).
const VECTOR: (&str, &str, &str, &str, &str) = (
    "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
    "https://www.example.com/webhook_uri",
    "{'example_field':'example_value'}",
    "1693657560000",
    "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
);

fn verdict(url: &str, body: &str, signature: &str, age: SignedDuration) -> ErrorKind {
    let (secret, _, _, stamp, _) = VECTOR;
    let headers = BTreeMap::from([
        ("x-hubspot-signature-v3".to_owned(), signature.to_owned()),
        ("x-hubspot-request-timestamp".to_owned(), stamp.to_owned()),
    ]);
    let secret = Secret::from(secret);
    let sent: jiff::Timestamp = jiff::Timestamp::from_millisecond(stamp.parse().unwrap()).unwrap();
    let hook = InboundHook {
        method: "POST",
        url,
        headers: &headers,
        body: body.as_bytes(),
        now: sent + age,
        app_secret: Some(&secret),
        subscription_secret: None,
    };
    HubSpot.receive(&hook).unwrap_err().kind
}

#[test]
fn f50_f51_only_a_fresh_webhook_with_the_right_signature_is_proven() {
    let (_, url, body, _, signature) = VECTOR;
    let minute = SignedDuration::from_mins(1);
    // The vector's body is no list of events: it is proven, and then found unreadable.
    assert_eq!(verdict(url, body, signature, minute), ErrorKind::Invalid);
    assert_eq!(verdict(&format!("{url}#x"), body, signature, minute), ErrorKind::Invalid);
    assert_eq!(verdict("https://www.example.com%2Fwebhook_uri", body, signature, minute), ErrorKind::Invalid);
    assert_eq!(verdict(url, body, signature, minute * 6), ErrorKind::Unauthorized);
    assert_eq!(verdict(url, body, "", minute), ErrorKind::Unauthorized);
    assert_eq!(verdict(url, "[]", signature, minute), ErrorKind::Unauthorized);
    assert_eq!(verdict("https://www.example.com/other", body, signature, minute), ErrorKind::Unauthorized);
}

#[test]
fn events_wake_the_streams_they_are_about() {
    let events: Vec<HookEvent> = serde_json::from_value(json!([
        {"subscriptionType": "contact.propertyChange", "portalId": 62515, "objectId": 1, "propertyName": "phone"},
        {"subscriptionType": "object.deletion", "objectTypeId": "0-1", "objectId": 2},
        {"subscriptionType": "object.propertyChange", "objectTypeId": "0-27", "objectId": 3},
        {"subscriptionType": "ticket.creation", "objectId": 4},
    ]))
    .unwrap();
    let hints = map::hints(&events);
    assert_eq!((hints.wake, hints.account.as_deref()), (vec![Capability::Contacts, Capability::Tasks], Some("62515")));
}

#[test]
fn a_record_knows_when_it_was_made() {
    let record = "nte_019b8c1f2a007000800000000000abcd".parse().unwrap();
    assert_eq!(map::made(&record).as_millisecond(), 0x019b_8c1f_2a00);
}
