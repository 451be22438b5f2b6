//! Answers that Salesforce should not give: each is an error of the right kind or does no harm, and no cursor moves with it.

use connector_kit::contract::Arrangement;
use connector_kit::page::{Cursor, Entry, Page, PullRequest};
use connector_kit::{Error, ErrorKind, Result, Session, Sink, Source};
use jiff::Timestamp;
use model::action_item::Task;
use model::record::Kind;
use model::{Activity, Associations, Contact, Priority, Progress};
use sandbox::steering::Steering;
use serde_json::{Value, json};
use url::Url;

use super::super::Salesforce;
use super::{activity, start};
use crate::emulator::{Emulator, outbound};

/// From now on requests to such paths are answered so, and never reach the tool.
async fn answer(emulator: &Emulator, path: &str, status: u16, body: &str) {
    let base: Url = emulator.overrides().base_url.unwrap().parse().unwrap();
    let rule = json!({ "tool": "salesforce", "path": path, "fault": "status", "status": status, "body": body });
    Steering::of(&base.join("/").unwrap()).post("/chaos", &rule).await.unwrap();
}

async fn pull<T: Send + 'static>(emulator: &Emulator, session: &Session, cursor: Option<&Cursor>) -> Result<Page<T>>
where
    Salesforce: Source<T>,
{
    let request = PullRequest { cursor, destination: None, since: Timestamp::UNIX_EPOCH, now: emulator.now() };
    Source::<T>::pull(&Salesforce, session, &request).await
}

fn person(changes: &Value) -> Value {
    let mut record = json!({
        "attributes": { "type": "Contact", "url": "/services/data/v64.0/sobjects/Contact/003Hx00000000ZZAAX" },
        "Id": "003Hx00000000ZZAAX", "IsDeleted": false, "SystemModstamp": "2026-01-05T09:00:00.000+0000", "FirstName": null,
        "LastName": "Professor", "Email": "professor@lab.example", "Phone": null, "Title": null, "AccountId": null, "Account": null,
    });
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn records(records: &[Value]) -> String {
    json!({ "totalSize": records.len(), "done": true, "records": records }).to_string()
}

#[tokio::test]
async fn f34_answers_of_another_shape_are_refused_and_the_place_stays() {
    let (bench, emulator, session) = start().await;
    for (what, body) in [
        ("a wrong type", records(&[person(&json!({ "Email": 7 }))])),
        ("no list", json!({ "totalSize": 0, "done": true, "records": null }).to_string()),
        ("no end", json!({ "totalSize": 0, "records": [] }).to_string()),
        ("no id", records(&[json!({ "SystemModstamp": "2026-01-05T09:00:00.000+0000" })])),
        ("no time", records(&[person(&json!({ "SystemModstamp": null }))])),
        ("a time that is none", records(&[person(&json!({ "SystemModstamp": "yesterday" }))])),
        ("an error with 200", json!([{ "errorCode": "UNKNOWN_EXCEPTION", "message": "?" }]).to_string()),
        ("a page of the web", "<html>Down for maintenance</html>".to_owned()),
        ("half an answer", records(&[person(&json!({}))])[..90].to_owned()),
    ] {
        answer(&emulator, "/queryAll", 200, &body).await;
        let error = pull::<Contact>(&emulator, &session, None).await.map(drop).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{what}: {error}");
        assert!(!error.message.contains("professor"), "{what}: {error}");
        emulator.calm();
    }
    bench.close();
}

#[tokio::test]
async fn f34_what_is_missing_new_or_far_away_does_no_harm() {
    let (bench, emulator, session) = start().await;
    let names = ["Профессор", "教授", "أستاذ", "प्रोफ़ेसर", "Ὁ Διδάσκαλος", "👩‍🔬", "a\u{202e}b", "Z͑͗͒a͐l͌g͐o"];
    let mut people: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(n, name)| person(&json!({ "Id": format!("003Hx000000000{n}AAA"), "LastName": name, "Email": null })))
        .collect();
    people.push(
        json!({ "Id": "003Hx00000000ZYAAX", "SystemModstamp": "1582-10-15T00:00:00.000+0000", "NewInRelease99": [1, { "a": null }] }),
    );
    people.push(person(&json!({ "Id": "003Hx00000000ZWAAX", "SystemModstamp": "9999-12-30T00:00:00.000+0000", "Email": "" })));
    answer(&emulator, "/queryAll", 200, &records(&people)).await;
    let page = pull::<Contact>(&emulator, &session, None).await.unwrap();
    let read: Vec<Contact> =
        page.entries.into_iter().filter_map(|entry| if let Entry::Present(one) = entry { Some(one.item) } else { None }).collect();
    assert_eq!(read.len(), names.len() + 2);
    for name in names {
        assert!(read.iter().any(|one| one.last_name.as_deref() == Some(name)), "{name}");
    }
    assert!(read.iter().any(|one| *one == Contact::default()), "a record that tells next to nothing");
    emulator.calm();
    pull::<Contact>(&emulator, &session, Some(&page.cursor)).await.unwrap();
    bench.close();
}

#[tokio::test]
async fn f38_pages_that_do_not_move_on_are_stopped() {
    let (bench, emulator, session) = start().await;
    let same: Vec<Value> = (0..200).map(|n| person(&json!({ "Id": format!("003Hx0000000{n:03}AAA") }))).collect();
    answer(&emulator, "/queryAll", 200, &records(&same)).await;
    let first = pull::<Contact>(&emulator, &session, None).await.unwrap();
    assert!(first.more);
    let error = pull::<Contact>(&emulator, &session, Some(&first.cursor)).await.map(drop).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Protocol, "Salesforce's records do not move on"));
    emulator.calm();
    let endless = json!({ "totalSize": 9, "done": false, "records": [], "nextRecordsUrl": "/services/data/v64.0/query/01gHx-0" });
    answer(&emulator, "/query", 200, &endless.to_string()).await;
    let error = connector_kit::Connector::identify(&Salesforce, &session).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Protocol, "a result of Salesforce does not end"));
    bench.close();
}

#[tokio::test]
async fn b17_a_place_named_by_a_next_page_stays_on_salesforces_host() {
    let (bench, emulator, session) = start().await;
    let elsewhere =
        json!({ "totalSize": 9, "done": false, "records": [], "nextRecordsUrl": "https://evil.example/services/data/query/01g" });
    answer(&emulator, "/v64.0/query", 200, &elsewhere.to_string()).await;
    let error = connector_kit::Connector::identify(&Salesforce, &session).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "asked at Salesforce, again and again: {error}");
    bench.close();
}

#[tokio::test]
async fn unknown_states_and_days_of_a_task_are_read_as_well_as_they_can_be() {
    let (bench, emulator, session) = start().await;
    let task = |id: &str, status: Value, day: Value| {
        json!({
            "Id": id, "IsDeleted": false, "SystemModstamp": "2026-01-05T09:00:00.000+0000", "Subject": null, "Status": status,
            "Priority": "Whenever", "IsClosed": false, "IsHighPriority": false, "ActivityDate": day, "OwnerId": "00GHx00000000Q1AAA",
        })
    };
    let tasks = [
        task("00THx0000000001AAA", json!("In Review by Legal"), json!("1582-10-15")),
        task("00THx0000000002AAA", json!("Deferred"), json!("9999-12-31")),
        task("00THx0000000003AAA", json!("Not Started"), json!("31/12/2026")),
        task("00THx0000000004AAA", Value::Null, Value::Null),
    ];
    answer(&emulator, "/queryAll", 200, &records(&tasks)).await;
    let page = pull::<Task>(&emulator, &session, None).await.unwrap();
    let read: Vec<Task> =
        page.entries.into_iter().filter_map(|entry| if let Entry::Present(one) = entry { Some(one.item) } else { None }).collect();
    let states: Vec<Progress> = read.iter().map(|task| task.progress).collect();
    assert_eq!(states, [Progress::Started, Progress::Open, Progress::Open, Progress::Open]);
    let days: Vec<Option<String>> = read.iter().map(|task| task.due.map(|due| due.to_string())).collect();
    assert_eq!(days, [Some("1582-10-15".to_owned()), Some("9999-12-31".to_owned()), None, None]);
    assert!(read.iter().all(|task| task.priority == Priority::Medium && task.owner.is_none()));
    bench.close();
}

#[tokio::test]
async fn a_write_whose_answer_makes_no_sense_leaves_a_doubt() {
    let (bench, emulator, session) = start().await;
    let item = outbound(Kind::Meeting, 1, activity("Text", Associations::default()));
    for body in
        ["[]", r#"[{"success":true}]"#, r#"[{"success":false,"errors":[]}]"#, r#"[{"id":"1","success":true},{"id":"2","success":true}]"#]
    {
        answer(&emulator, "/composite/sobjects", 200, body).await;
        let error: Error = Sink::<Activity>::push(&Salesforce, &session, std::slice::from_ref(&item)).await.remove(0).unwrap_err();
        assert!(error.kind == ErrorKind::Protocol && error.may_have_happened, "{body}: {error:?}");
        emulator.calm();
    }
    bench.close();
}

#[tokio::test]
async fn a_meeting_of_another_age_is_refused_by_its_field_and_the_others_are_logged() {
    let (bench, emulator, session) = start().await;
    let at = |time: &str| {
        let start: Timestamp = time.parse().unwrap();
        Activity { start, end: start, ..activity("Text", Associations::default()) }
    };
    let items = [
        outbound(Kind::Meeting, 1, at("1582-10-15T09:00:00Z")),
        outbound(Kind::Meeting, 2, at("2026-10-15T09:00:00Z")),
        outbound(Kind::Meeting, 3, at("9999-12-30T09:00:00Z")),
    ];
    let results = Sink::<Activity>::push(&Salesforce, &session, &items).await;
    for place in [0, 2] {
        let error = results[place].as_ref().unwrap_err();
        assert!(error.kind == ErrorKind::Invalid && error.message.contains("DateTime`"), "{error}");
    }
    assert!(results[1].is_ok() && emulator.count("event.create") == 1);
    bench.close();
}
