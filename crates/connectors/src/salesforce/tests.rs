//! Salesforce's maps and errors, from hand-made fixtures in the form of the official description.

use std::collections::BTreeMap;

use connector_kit::outbound::Edit;
use connector_kit::{Connector, ErrorKind, Link, Outbound, Reply, Retry};
use jiff::SignedDuration;
use model::action_item::Task;
use model::{Activity, Associations, Contact, Deal, Fields, Priority, Progress};
use serde_json::{Value, json};

use super::choices::Choices;
use super::wire::{AccountRecord, Opportunity, PersonRecord, Records, TaskRecord};
use super::{Salesforce, error, map};

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: BTreeMap::new(), body: serde_json::to_vec(body).unwrap().into() }
}

fn choices() -> Choices {
    let status = |name: &str, closed: bool, usual: bool| json!({ "ApiName": name, "IsClosed": closed, "IsDefault": usual });
    let statuses = json!([
        status("Not Started", false, true),
        status("In Progress", false, false),
        status("Completed", true, false),
        status("Waiting on someone else", false, false),
        status("Deferred", false, false),
    ]);
    let priorities = json!([
        { "ApiName": "High", "IsHighPriority": true }, { "ApiName": "Normal", "IsDefault": true }, { "ApiName": "Low" },
    ]);
    Choices::new(serde_json::from_value(statuses).unwrap(), serde_json::from_value(priorities).unwrap())
}

fn outbound<T>(item: T, base: Option<Fields>) -> Outbound<T> {
    Outbound {
        key: uuid::Uuid::nil(),
        record: "ctc_0198c5f0000070008000000000000001".parse().unwrap(),
        item,
        link: base.map(|base| Link { id: "003Hx0000000001AAA".into(), version: None, url: None, base }),
        edit: Edit::InPlace,
        destination: None,
        properties: BTreeMap::new(),
    }
}

#[test]
fn contacts_and_leads_become_ours() {
    let records: Records<PersonRecord> = serde_json::from_str(include_str!("fixtures/people.json")).unwrap();
    let people: Vec<Contact> = records.records.iter().map(map::person).collect();
    insta::assert_json_snapshot!(people);
}

#[test]
fn tasks_become_ours() {
    let records: Records<TaskRecord> = serde_json::from_str(include_str!("fixtures/tasks.json")).unwrap();
    let tasks: Vec<Fields> = records.records.iter().map(|record| Fields::of(&map::task(record, &choices(), &[]))).collect();
    insta::assert_json_snapshot!(tasks);
}

fn meeting() -> Activity {
    Activity {
        title: "Kick-off".into(),
        start: "2026-01-05T09:00:00Z".parse().unwrap(),
        end: "2026-01-05T09:45:00Z".parse().unwrap(),
        body: "Agenda".into(),
        location: None,
        join_url: Some("https://meet.demo.example/1".into()),
        cancelled: false,
        owner: None,
        associations: Associations::default(),
    }
}

#[test]
fn a_meeting_becomes_an_event_or_a_task() {
    let related = map::Related { who: Some("003Hx0000000001AAA".into()), what: Some("006Hx0000000002AAA".into()), others: Vec::new() };
    let owner = "005Hx0000000003AAA".to_owned();
    let event = map::event(&meeting(), "Agenda", &related, Some(&owner));
    let task = map::logged_task(&Activity { cancelled: true, ..meeting() }, "Agenda", &map::Related::default(), None, "Completed");
    insta::assert_json_snapshot!([event, task]);
}

#[test]
fn whom_and_what_an_activity_is_about_follows_salesforces_rules() {
    let deal = |id: &str| Deal { id: id.into(), name: id.into(), owner: None, opened: None, closes: None, modified: None, closed: false };
    let associations = |people: &[&str], accounts: &[&str], deals: &[&str]| Associations {
        contacts: people.iter().map(|id| (format!("{id}@demo.example"), (*id).to_owned())).collect(),
        companies: accounts.iter().map(|id| (format!("{id}.example"), (*id).to_owned())).collect(),
        deals: deals.iter().map(|id| deal(id)).collect(),
    };
    let related = |people: &[&str], accounts: &[&str], deals: &[&str]| {
        let map::Related { who, what, others } = map::related(&associations(people, accounts, deals));
        (who.unwrap_or_default(), what.unwrap_or_default(), others.join(","))
    };
    let expected = |who: &str, what: &str, others: &str| (who.to_owned(), what.to_owned(), others.to_owned());
    assert_eq!(related(&["00Qa", "003b", "003a"], &["001a"], &["006a"]), expected("003a", "006a", "003b,00Qa"));
    assert_eq!(related(&["003a"], &["001a"], &[]), expected("003a", "001a", ""));
    assert_eq!(related(&["00Qb", "00Qa"], &["001a"], &["006a"]), expected("00Qa", "", "00Qb"), "a lead excludes what");
    assert_eq!(related(&[], &["001a"], &[]), expected("", "001a", ""));
}

#[test]
fn a_cleared_field_is_cleared_there_but_never_what_salesforce_asks_for() {
    let contact = Contact { email: Some(" Professor.A@Demo.example".into()), ..Contact::default() };
    let base: Fields = [("phone", "1"), ("last_name", "Professor"), ("company", "Lab")]
        .map(|(name, text)| (name.to_owned(), json!(text)))
        .into_iter()
        .collect();
    let item = outbound(contact, Some(base));
    assert_eq!(Value::Object(map::person_fields(&item, "Lead")), json!({ "Email": "professor.a@demo.example", "Phone": null }));
    let new = outbound(Contact { company: Some("Lab".into()), ..Contact::default() }, None);
    assert_eq!(Value::Object(map::person_fields(&new, "Lead")), json!({ "Company": "Lab" }));
    assert_eq!(Value::Object(map::person_fields(&new, "Contact")), json!({}), "a contact's company is its account's name");
}

#[test]
fn a_task_is_updated_field_by_field() {
    let task = Task { text: "Send".into(), due: None, priority: Priority::Low, progress: Progress::Dropped, ..Task::default() };
    let base = Fields::of(&Task { text: "Send".into(), due: Some(jiff::civil::date(2026, 3, 1)), ..Task::default() });
    let fields = map::task_fields(&outbound(task, Some(base)), &choices(), &map::Related::default()).unwrap();
    assert_eq!(Value::Object(fields), json!({ "ActivityDate": null, "Priority": "Low", "Status": "Completed" }));
}

#[test]
fn states_and_priorities_follow_the_organisations_own_lists() {
    let own: Choices = Choices::new(
        serde_json::from_value(json!([
            { "ApiName": "Offen", "IsDefault": true }, { "ApiName": "In Arbeit" }, { "ApiName": "Erledigt", "IsClosed": true },
        ]))
        .unwrap(),
        serde_json::from_value(json!([{ "ApiName": "Hoch", "IsHighPriority": true }, { "ApiName": "Normal", "IsDefault": true }])).unwrap(),
    );
    for (progress, status) in [(Progress::Open, "Offen"), (Progress::Started, "In Arbeit"), (Progress::Done, "Erledigt")] {
        assert_eq!(own.status(progress).unwrap(), status);
        assert_eq!(own.progress(Some(status), status == "Erledigt"), progress);
    }
    assert_eq!((own.priority(Priority::Urgent).unwrap(), own.priority(Priority::Low).unwrap()), ("Hoch", "Normal"));
    assert_eq!(choices().progress(Some("Waiting on someone else"), false), Progress::Started);
    let none = Choices::new(Vec::new(), Vec::new());
    assert_eq!(none.status(Progress::Open).unwrap_err().kind, ErrorKind::Invalid);
}

#[test]
fn opportunities_count_when_open_then_or_within_two_weeks() {
    let at = "2026-02-01T12:00:00Z".parse().unwrap();
    let deals: Vec<Opportunity> = serde_json::from_value(json!([
        { "Id": "open", "CreatedDate": "2025-01-01T00:00:00.000+0000", "CloseDate": "2026-01-02", "IsClosed": false },
        { "Id": "closed-long-before", "CloseDate": "2026-01-02", "IsClosed": true },
        { "Id": "closed-before", "CloseDate": "2026-01-20", "IsClosed": true },
        { "Id": "made-after", "CreatedDate": "2026-02-10T00:00:00.000+0000", "IsClosed": false },
        { "Id": "made-long-after", "CreatedDate": "2026-03-10T00:00:00.000+0000", "IsClosed": false },
    ]))
    .unwrap();
    let counted: Vec<&str> = deals.iter().filter(|deal| map::is_of_that_time(deal, at)).map(|deal| deal.id.as_str()).collect();
    assert_eq!(counted, ["open", "closed-before", "made-after"]);
}

#[test]
fn accounts_are_known_by_their_website_however_it_is_typed() {
    let accounts: Vec<AccountRecord> = serde_json::from_value(json!([
        { "Id": "4", "Website": "https://www.Lab.example/about?x" }, { "Id": "3", "Website": "lab.example:443" },
        { "Id": "1", "Website": "notlab.example" }, { "Id": "2", "Website": null }, { "Id": "0", "Website": "https://lab.example.evil.example" },
    ]))
    .unwrap();
    let found = map::accounts_by_domain(&accounts, &["lab.example".to_owned(), "none.example".to_owned()]);
    assert_eq!(found, BTreeMap::from([("lab.example".to_owned(), "3".to_owned())]));
}

#[test]
fn errors_are_told_apart() {
    let of = |status, code: &str, message: &str| {
        Salesforce.classify(&reply(status, &json!([{ "errorCode": code, "message": message, "fields": ["Phone"] }])))
    };
    let kind = |status, code| of(status, code, "…").map(|error| error.kind);
    assert_eq!(kind(401, "INVALID_SESSION_ID"), Some(ErrorKind::Unauthorized));
    assert_eq!(kind(403, "API_DISABLED_FOR_ORG"), Some(ErrorKind::Forbidden));
    assert_eq!(kind(403, "INSUFFICIENT_ACCESS"), Some(ErrorKind::Forbidden));
    assert_eq!(kind(404, "NOT_FOUND"), Some(ErrorKind::NotFound));
    assert_eq!(kind(400, "UNABLE_TO_LOCK_ROW"), Some(ErrorKind::Unavailable));
    assert_eq!(kind(400, "DUPLICATES_DETECTED"), Some(ErrorKind::Conflict));
    assert_eq!(kind(400, "MALFORMED_QUERY"), Some(ErrorKind::Invalid));
    assert_eq!(kind(503, "SERVER_UNAVAILABLE"), None, "the common reading knows that a write may have happened");
    assert_eq!(Salesforce.classify(&reply(200, &json!([]))), None);
    assert_eq!(of(403, "REQUEST_LIMIT_EXCEEDED", "…").unwrap().retry, Retry::After(SignedDuration::from_mins(30)));
    let missing = of(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Harmony_Id__c").unwrap();
    assert!(super::mark::is_missing(&missing), "{missing}");
    let html = Reply { status: 404, headers: BTreeMap::new(), body: "<html>".into() };
    assert_eq!(Salesforce.classify(&html), None, "the common reading holds");
}

#[test]
fn f61_a_misfit_names_the_field_and_never_the_value() {
    let refused = json!({ "statusCode": "STRING_TOO_LONG", "message": "Phone: data value too large: canary", "fields": ["Phone"] });
    let error = error::read(&serde_json::from_value(refused).unwrap(), 200);
    assert_eq!(error.to_string(), "Salesforce has no room for the value of `Phone` (STRING_TOO_LONG)");
    let refused = json!([{ "errorCode": "INVALID_FIELD", "message": "No such column 'Colour__c' on sobject of type Event: canary" }]);
    let error = Salesforce.classify(&reply(400, &refused)).unwrap();
    assert_eq!(error.to_string(), "Salesforce has no field `Colour__c`, or the user may not see it (INVALID_FIELD)");
    let refused = json!([{ "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "canary" }]);
    assert!(!Salesforce.classify(&reply(400, &refused)).unwrap().to_string().contains("canary"));
}

#[test]
fn the_last_calls_of_the_day_are_left_to_others() {
    let pause = |text: &str| {
        let headers = BTreeMap::from([("sforce-limit-info".to_owned(), text.to_owned())]);
        Salesforce.respite(&Reply { status: 200, headers, body: "".into() }).is_some()
    };
    assert!(!pause("api-usage=14249/15000") && pause("api-usage=14250/15000"));
    assert!(pause("api-usage=25/5; per-app-api-usage=17/250(appName=sample-app)"));
    for odd in ["", "api-usage=", "api-usage=1/0", "api-usage=-3/5", "api-usage=many/few", "18446744073709551615/1"] {
        assert!(!pause(odd), "{odd}");
    }
}
