//! Salesforce's own: what needs more than one call, and is asked of no other tool.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::contract::Arrangement;
use connector_kit::page::{Cursor, Entry, PullRequest};
use connector_kit::{Connector, ErrorKind, Outbound, Session, Sink, Source, TaskBoard};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::record::Kind;
use model::settings::Destination;
use model::{Activity, Associations, Contact, DealUpdate, Fields, MeetingRef, Note, Priority, Progress};
use serde_json::json;

use super::super::Salesforce;
use super::{activity, contact, customer, start};
use crate::emulator::{Emulator, link, outbound};

async fn push<T>(session: &Session, item: &Outbound<T>) -> connector_kit::Result<connector_kit::Receipt>
where
    T: Clone + Send + Sync + 'static,
    Salesforce: Sink<T>,
{
    Sink::<T>::push(&Salesforce, session, std::slice::from_ref(item)).await.remove(0)
}

/// Pulls contacts and leads until there are no more: who is there, and who is gone.
async fn people(emulator: &Emulator, session: &Session, cursor: &mut Option<Cursor>) -> (Vec<Contact>, Vec<String>) {
    let (mut present, mut gone) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let request = PullRequest { cursor: cursor.as_ref(), destination: None, since: Timestamp::UNIX_EPOCH, now: emulator.now() };
        let page = Source::<Contact>::pull(&Salesforce, session, &request).await.unwrap();
        for entry in page.entries {
            match entry {
                Entry::Present(remote) => present.push(remote.item),
                Entry::Gone { id } => gone.push(id),
            }
        }
        *cursor = Some(page.cursor);
        if !page.more {
            return (present, gone);
        }
    }
    panic!("the pages do not end");
}

async fn lead(emulator: &Emulator, name: &str) -> String {
    let values = json!({ "LastName": name, "Company": "Museum", "Email": format!("{name}@museum.example") });
    emulator.post("/objects/Lead", values).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_meeting_is_an_event_of_its_people_with_the_opportunity() {
    let (bench, emulator, session) = start().await;
    let mut known = customer(&emulator, &session).await;
    assert_eq!(known.contacts.keys().collect::<Vec<_>>(), ["professor.a@lab.example"]);
    assert_eq!(known.companies.keys().collect::<Vec<_>>(), ["lab.example"]);
    assert_eq!(known.deals.iter().map(|deal| deal.name.as_str()).collect::<Vec<_>>(), ["Speech corpus licence"]);
    assert_eq!(known.deals[0].owner.as_deref(), Some("project.manager@demo.example"));
    let (professor, lead) = (known.contacts["professor.a@lab.example"].clone(), lead(&emulator, "guide").await);
    let second = emulator.post("/objects/Contact", json!({ "LastName": "Postdoc" })).await["id"].as_str().unwrap().to_owned();
    known.contacts.insert("guide@museum.example".into(), lead.clone());
    known.contacts.insert("postdoc@lab.example".into(), second.clone());
    let mut item = outbound(Kind::Meeting, 1, activity("Text", known.clone()));
    let receipt = push(&session, &item).await.unwrap();
    assert!(receipt.url.as_deref().is_some_and(|url| url.ends_with(&format!("/instance/{}", receipt.id))), "{receipt:?}");
    let shown = emulator.get(&format!("/objects/Event/{}", receipt.id)).await;
    assert_eq!((&shown["WhoId"], &shown["WhatId"]), (&json!(professor), &json!(known.deals[0].id)));
    assert_eq!((&shown["Subject"], &shown["DurationInMinutes"]), (&json!("Kick-off"), &json!(45)));
    let owner = Salesforce.members(&session).await.unwrap().into_iter().find(|member| member.name == "Marketing").unwrap();
    assert_eq!(shown["OwnerId"], json!(owner.id));
    assert_eq!(shown["Harmony_Id__c"], json!(item.record.to_string()));
    assert_eq!(emulator.count("event_relation.create"), 2, "the further contact and the lead take part");

    item.link = Some(link(&receipt.id));
    item.item.title = "Kick-off, moved".into();
    assert_eq!(push(&session, &item).await.unwrap().id, receipt.id);
    assert_eq!((emulator.count("event.create"), emulator.count("event_relation.create")), (1, 2));
    bench.close();
}

#[tokio::test]
async fn an_activity_about_a_lead_is_related_to_nothing_else() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let lead = lead(&emulator, "guide").await;
    let contacts = BTreeMap::from([("guide@museum.example".to_owned(), lead.clone())]);
    let item = outbound(Kind::Meeting, 1, activity("Text", Associations { contacts, ..known }));
    let receipt = push(&session, &item).await.unwrap();
    let shown = emulator.get(&format!("/objects/Event/{}", receipt.id)).await;
    assert_eq!((&shown["WhoId"], &shown["WhatId"]), (&json!(lead), &serde_json::Value::Null));
    bench.close();
}

#[tokio::test]
async fn a_meeting_can_be_a_task_instead_and_stays_one() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let kinds = Sink::<Activity>::destinations(&Salesforce, &session).await.unwrap();
    assert_eq!(kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>(), ["Events", "Tasks"]);
    let mut item = outbound(Kind::Meeting, 1, activity("Text", known));
    item.destination = Some(kinds[1].clone());
    let receipt = push(&session, &item).await.unwrap();
    let shown = emulator.get(&format!("/objects/Task/{}", receipt.id)).await;
    assert_eq!((&shown["Status"], &shown["ActivityDate"]), (&json!("Completed"), &json!("2026-01-05")));
    item.link = Some(link(&receipt.id));
    item.destination = Some(Destination { id: "Event".into(), name: "Events".into() });
    assert_eq!(push(&session, &item).await.unwrap().id, receipt.id);
    let found = Sink::<Activity>::find(&Salesforce, &session, &item).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(receipt.id));
    assert_eq!((emulator.count("task.create"), emulator.count("event.create")), (1, 0));
    bench.close();
}

#[tokio::test]
async fn a_long_text_is_kept_whole_in_a_note_and_a_short_one_takes_it_away() {
    let (bench, emulator, session) = start().await;
    let long = "A sentence about <things> & more. ".repeat(1_500);
    let mut item = outbound(Kind::Meeting, 1, activity(&long, Associations::default()));
    item.item.title = "T".repeat(300);
    let receipt = push(&session, &item).await.unwrap();
    push(&session, &item).await.unwrap();
    assert_eq!((emulator.count("event.create"), emulator.count("content_note.create")), (1, 1));
    let shown = emulator.get(&format!("/objects/Event/{}", receipt.id)).await;
    assert!(shown["Description"].as_str().unwrap().ends_with("(The whole text is in the note on this activity.)"));
    assert_eq!(shown["Subject"].as_str().unwrap().chars().count(), 255);
    item.link = Some(link(&receipt.id));
    item.item.body = "Short".into();
    push(&session, &item).await.unwrap();
    assert_eq!(emulator.count("content_note.delete"), 1);
    item.item.body = long;
    push(&session, &item).await.unwrap();
    Sink::<Activity>::delete(&Salesforce, &session, &receipt.id).await.unwrap();
    assert_eq!((emulator.count("content_note.delete"), emulator.count("event.delete")), (2, 1));
    bench.close();
}

#[tokio::test]
async fn f03_without_the_external_id_an_activity_is_looked_for_before_it_is_made() {
    let (bench, emulator, session) = start().await;
    emulator.put("/external-ids", json!({ "objects": ["Contact", "Lead"] })).await;
    let kinds = Sink::<Activity>::destinations(&Salesforce, &session).await.unwrap();
    assert!(kinds.iter().all(|kind| kind.name.contains("should first add the field Harmony_Id__c")), "{kinds:?}");
    let items = [1, 2].map(|n| outbound(Kind::Meeting, n, activity(&format!("Text {n}"), Associations::default())));
    let first = Sink::<Activity>::push(&Salesforce, &session, &items).await;
    let again = Sink::<Activity>::push(&Salesforce, &session, &items).await;
    let id = |results: &[connector_kit::Result<connector_kit::Receipt>], n: usize| results[n].as_ref().unwrap().id.clone();
    assert_eq!((id(&first, 0), id(&first, 1)), (id(&again, 0), id(&again, 1)));
    assert_ne!(id(&first, 0), id(&first, 1));
    assert_eq!(emulator.count("event.create"), 2);
    let found = Sink::<Activity>::find(&Salesforce, &session, &items[1]).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(id(&first, 1)));

    let task = outbound(Kind::ActionItem, 3, Task { text: "Send the minutes".into(), ..Task::default() });
    let one = push(&session, &task).await.unwrap();
    assert_eq!(push(&session, &task).await.unwrap().id, one.id);
    assert_eq!(emulator.count("task.create"), 1);
    bench.close();
}

#[tokio::test]
async fn without_the_external_id_people_are_known_by_their_address() {
    let (bench, emulator, session) = start().await;
    emulator.put("/external-ids", json!({ "objects": [] })).await;
    let item = outbound(Kind::Contact, 1, contact("new@lab.example", "1"));
    let first = push(&session, &item).await.unwrap();
    assert_eq!(push(&session, &item).await.unwrap().id, first.id);
    assert_eq!(emulator.count("contact.create"), 1);
    let found = Sink::<Contact>::find(&Salesforce, &session, &item).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(first.id));
    let error = push(&session, &outbound(Kind::Contact, 2, contact("", "2"))).await.unwrap_err();
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("Harmony_Id__c"), "{error}");
    bench.close();
}

#[tokio::test]
async fn somebody_who_is_there_already_is_filled_in_and_not_made_twice() {
    let (bench, emulator, session) = start().await;
    let there = json!({ "LastName": "Lecturer", "Email": "lecturer@lab.example", "Title": "Lecturer" });
    let there = emulator.post("/objects/Contact", there).await["id"].as_str().unwrap().to_owned();
    let lead = lead(&emulator, "guide").await;
    let new = |n: u8, email: &str| {
        let one = Contact { job_title: Some("Dean".into()), ..contact(email, "+49 30 1") };
        outbound(Kind::Contact, n, one)
    };
    let items = [new(1, "Lecturer@lab.example"), new(2, "guide@museum.example"), new(3, "new@lab.example"), new(4, "NEW@lab.example")];
    let results = Sink::<Contact>::push(&Salesforce, &session, &items).await;
    let ids: Vec<&str> = results.iter().map(|result| result.as_ref().unwrap().id.as_str()).collect();
    assert_eq!((ids[0], ids[1]), (there.as_str(), lead.as_str()));
    assert_eq!(ids[2], ids[3], "two new people with one address are one");
    assert_eq!(emulator.count("contact.create"), 1);
    let shown = emulator.get(&format!("/objects/Contact/{there}")).await;
    assert_eq!((&shown["LastName"], &shown["Title"], &shown["Phone"]), (&json!("Lecturer"), &json!("Lecturer"), &json!("+49 30 1")));
    let seen = results[0].as_ref().unwrap().seen.as_ref().unwrap();
    assert_eq!((seen.get("last_name"), seen.get("job_title")), (&json!("Lecturer"), &json!("Lecturer")));
    bench.close();
}

#[tokio::test]
async fn f58_an_update_sends_what_changed_here_and_leaves_an_edit_there_alone() {
    let (bench, emulator, session) = start().await;
    let mut item = outbound(Kind::Contact, 1, contact("editor@lab.example", "1"));
    let receipt = push(&session, &item).await.unwrap();
    emulator.patch(&format!("/objects/Contact/{}", receipt.id), json!({ "Phone": "7" })).await;
    item.item.job_title = Some("Editor".into());
    item.link = Some(connector_kit::Link { base: Fields::of(&contact("editor@lab.example", "1")), ..link(&receipt.id) });
    push(&session, &item).await.unwrap();
    let shown = emulator.get(&format!("/objects/Contact/{}", receipt.id)).await;
    assert_eq!((&shown["Phone"], &shown["Title"]), (&json!("7"), &json!("Editor")));
    bench.close();
}

#[tokio::test]
async fn contacts_and_leads_are_one_book_and_a_converted_lead_goes_on_as_a_contact() {
    let (bench, emulator, session) = start().await;
    let mut cursor = None;
    let (present, _) = people(&emulator, &session, &mut cursor).await;
    let companies: BTreeSet<&str> = present.iter().filter_map(|one| one.company.as_deref()).collect();
    assert!(companies.contains("University Lab") && companies.contains("Museum"), "{companies:?}");
    let lead = lead(&emulator, "guide").await;
    let (present, _) = people(&emulator, &session, &mut cursor).await;
    assert_eq!(present.iter().map(|one| one.email.as_deref()).collect::<Vec<_>>(), [Some("guide@museum.example")]);
    emulator.post(&format!("/leads/{lead}/convert"), json!({})).await;
    let (present, gone) = people(&emulator, &session, &mut cursor).await;
    assert_eq!((present.len(), present[0].company.as_deref(), gone.len()), (1, None, 0), "the contact alone is told");
    let mut item = outbound(Kind::Contact, 1, contact("guide@museum.example", "1"));
    item.link = Some(link(&lead));
    let error = push(&session, &item).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::NotFound, "the lead has become a contact"));
    bench.close();
}

#[tokio::test]
async fn f40_hundreds_of_contacts_changed_in_one_second_are_all_found_however_short_the_pages_are() {
    let (bench, emulator, session) = start().await;
    let mut cursor = None;
    people(&emulator, &session, &mut cursor).await;
    emulator.put("/page", json!({ "records": 70 })).await;
    for n in 0..450 {
        emulator.post("/objects/Contact", json!({ "LastName": format!("Person {n}") })).await;
    }
    let (present, _) = people(&emulator, &session, &mut cursor).await;
    let names: BTreeSet<&str> = present.iter().filter_map(|one| one.last_name.as_deref()).collect();
    assert_eq!((present.len(), names.len()), (450, 450));
    bench.close();
}

#[tokio::test]
async fn f39_after_two_weeks_of_silence_everything_is_read_anew() {
    let (bench, emulator, session) = start().await;
    let mut cursor = None;
    people(&emulator, &session, &mut cursor).await;
    emulator.advance(SignedDuration::from_hours(24 * 15));
    let request = PullRequest { cursor: cursor.as_ref(), destination: None, since: Timestamp::UNIX_EPOCH, now: emulator.now() };
    let error = Source::<Contact>::pull(&Salesforce, &session, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CursorExpired);
    bench.close();
}

#[tokio::test]
async fn a_note_goes_where_its_meeting_went() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let meeting = outbound(Kind::Meeting, 1, activity("Text", known));
    let note =
        Note { meeting: Some(meeting.record.clone()), title: Some("Decisions".into()), body: "* Remote is *green*".into(), author: None };
    let mut item = outbound(Kind::Note, 2, note);
    let early = push(&session, &item).await.unwrap();
    assert_eq!(emulator.count("content_document_link.create"), 0);
    push(&session, &meeting).await.unwrap();
    item.link = Some(link(&early.id));
    let late = push(&session, &item).await.unwrap();
    assert_eq!((late.id.as_str(), emulator.count("content_note.create")), (early.id.as_str(), 1));
    assert_eq!(emulator.count("content_document_link.create"), 3, "the event, the contact, the opportunity");
    push(&session, &item).await.unwrap();
    assert_eq!(emulator.count("content_document_link.create"), 3);
    let shown = emulator.get(&format!("/objects/ContentNote/{}", late.id)).await;
    assert_eq!(shown["TextPreview"], "<p>* Remote is *green*</p>");
    bench.close();
}

#[tokio::test]
async fn f59_a_task_comes_back_as_it_was_written_and_then_as_a_person_changed_it() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let meeting = outbound(Kind::Meeting, 1, activity("Text", known.clone()));
    push(&session, &meeting).await.unwrap();
    let members = Salesforce.members(&session).await.unwrap();
    let owner = members.iter().find(|member| member.name == "Marketing").unwrap();
    let from =
        MeetingRef { id: meeting.record.clone(), title: "Kick-off".into(), start: meeting.item.start, url: "https://hub.example/1".into() };
    let task = Task {
        text: "Send the minutes".into(),
        assignee: Some(owner.id.clone()),
        due: Some(jiff::civil::date(2026, 3, 29)),
        priority: Priority::Urgent,
        progress: Progress::Started,
        from: Some(from),
        context: Some("It was agreed to send <minutes>.".into()),
        ..Task::default()
    };
    let mut item = outbound(Kind::ActionItem, 2, task);
    let receipt = push(&session, &item).await.unwrap();
    let seen = receipt.seen.clone().unwrap();
    assert_eq!((seen.get("due"), seen.get("priority"), seen.get("progress")), (&json!("2026-03-29"), &json!("high"), &json!("started")));
    let shown = emulator.get(&format!("/objects/Task/{}", receipt.id)).await;
    assert_eq!((&shown["WhoId"], &shown["WhatId"]), (&json!(known.contacts["professor.a@lab.example"]), &json!(known.deals[0].id)));
    assert_eq!((&shown["Status"], &shown["Priority"], &shown["OwnerId"]), (&json!("In Progress"), &json!("High"), &json!(owner.id)));

    emulator.patch(&format!("/objects/Task/{}", receipt.id), json!({ "Status": "Completed", "Subject": "Send them" })).await;
    item.link = Some(connector_kit::Link { base: seen, ..link(&receipt.id) });
    item.item.due = Some(jiff::civil::date(2026, 4, 1));
    item.item.priority = Priority::High;
    item.item.owner = Some(model::Person { name: Some(owner.name.clone()), email: owner.email.clone(), phone: None });
    let again = push(&session, &item).await.unwrap().seen.unwrap();
    assert_eq!((again.get("due"), again.get("text"), again.get("progress")), (&json!("2026-04-01"), &json!("Send them"), &json!("done")));
    let request = PullRequest { cursor: None, destination: None, since: Timestamp::UNIX_EPOCH, now: emulator.now() };
    let page = Source::<Task>::pull(&Salesforce, &session, &request).await.unwrap();
    let [Entry::Present(remote)] = page.entries.as_slice() else { panic!("{:?}", page.entries) };
    assert_eq!((remote.item.progress, remote.item.due), (Progress::Done, item.item.due));
    assert_eq!(remote.item.owner.as_ref().and_then(|owner| owner.email.as_deref()), Some("marketing@demo.example"));
    bench.close();
}

#[tokio::test]
async fn f61_a_mapped_field_that_does_not_fit_is_named_and_the_other_opportunities_are_written() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let update = |name: &str, text: &str| DealUpdate {
        deal: known.deals[0].id.clone(),
        properties: BTreeMap::from([(name.to_owned(), text.to_owned())]),
    };
    let items = [
        outbound(Kind::Meeting, 1, update("Next_Move__c", "Call")),
        outbound(Kind::Meeting, 2, update("NextStep", &"x".repeat(256))),
        outbound(Kind::Meeting, 3, update("Amount", "a lot")),
        outbound(Kind::Meeting, 4, update("IsClosed", "true")),
        outbound(Kind::Meeting, 5, update("Amount", "1200.50")),
        outbound(Kind::Meeting, 6, update("CloseDate", "2026-12-24T10:00:00Z")),
    ];
    let results = Sink::<DealUpdate>::push(&Salesforce, &session, &items).await;
    let words: Vec<&str> = results[..4].iter().map(|result| result.as_ref().unwrap_err().message.as_str()).collect();
    assert_eq!(
        words,
        [
            "Salesforce has no field `Next_Move__c`, or the user may not see it",
            "`NextStep` holds 255 characters in Salesforce, and the text is longer",
            "`Amount` takes a double in Salesforce",
            "the Salesforce user may not change `IsClosed`",
        ]
    );
    assert!(results[4].is_ok() && results[5].is_ok(), "{results:?}");
    let shown = emulator.get(&format!("/objects/Opportunity/{}", known.deals[0].id)).await;
    assert_eq!((&shown["Amount"], &shown["CloseDate"]), (&json!(1_200.5), &json!("2026-12-24")));
    for (n, is_there) in [(4, true), (5, true), (0, false)] {
        assert_eq!(Sink::<DealUpdate>::find(&Salesforce, &session, &items[n]).await.unwrap().is_some(), is_there, "{n}");
    }
    let present = Salesforce.deals().unwrap().properties(&session, &known.deals[0].id, &["Amount", "NextStep", "Gone__c"]).await.unwrap();
    assert_eq!(present, BTreeMap::from([("Amount".to_owned(), "1200.5".to_owned())]));
    bench.close();
}

#[tokio::test]
async fn f29_an_object_that_the_user_may_not_see_is_a_missing_right() {
    let (bench, emulator, session) = start().await;
    emulator.put("/withheld", json!({ "objects": ["Contact", "Opportunity", "Task"] })).await;
    let request = PullRequest { cursor: None, destination: None, since: Timestamp::UNIX_EPOCH, now: emulator.now() };
    let error = Source::<Contact>::pull(&Salesforce, &session, &request).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("INSUFFICIENT_ACCESS")));
    let task = outbound(Kind::ActionItem, 1, Task { text: "Send".into(), ..Task::default() });
    assert_eq!(push(&session, &task).await.unwrap_err().kind, ErrorKind::Forbidden);
    bench.close();
}
