//! HubSpot's own: what needs more than one call, and is asked of no other tool.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::contract::Arrangement;
use connector_kit::page::{Cursor, Entry, PullRequest};
use connector_kit::{ErrorKind, Session, Sink, Source, TaskBoard};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::record::Kind;
use model::{Activity, Contact, DealUpdate, MeetingRef, Note, Priority, Progress};
use serde_json::json;

use super::super::HubSpot;
use super::{activity, contact, customer, start};
use crate::emulator::{Emulator, link, outbound};

/// Pulls contacts until there are no more.
async fn contacts(emulator: &Emulator, session: &Session, cursor: &mut Option<Cursor>) -> (Vec<String>, Vec<String>) {
    let (mut present, mut gone) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let now = emulator.now();
        let request = PullRequest { cursor: cursor.as_ref(), destination: None, since: Timestamp::UNIX_EPOCH, now };
        let page = Source::<Contact>::pull(&HubSpot, session, &request).await.unwrap();
        for entry in page.entries {
            match entry {
                Entry::Present(remote) => present.push(remote.id),
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

#[tokio::test]
async fn f40_hundreds_of_contacts_changed_in_one_instant_are_all_found() {
    let (bench, emulator, session) = start().await;
    let mut cursor = None;
    contacts(&emulator, &session, &mut cursor).await;
    emulator.advance(SignedDuration::from_mins(20));
    let before = emulator.get("/counts").await["contacts"].as_u64().unwrap();
    emulator.post("/contacts/fill", json!({ "count": 900 })).await;
    let after = emulator.get("/counts").await["contacts"].as_u64().unwrap();
    emulator.advance(SignedDuration::from_mins(1));
    let (present, _) = contacts(&emulator, &session, &mut cursor).await;
    let all: BTreeSet<&String> = present.iter().collect();
    assert_eq!((all.len() as u64, present.len()), (after - before, all.len()));
    bench.close();
}

#[tokio::test]
async fn a_batch_of_contacts_gives_each_its_own_result_and_twice_is_once() {
    let (bench, emulator, session) = start().await;
    let items = vec![
        outbound(Kind::Contact, 1, contact("A@lab.example", "1")),
        outbound(Kind::Contact, 2, contact("not an address", "2")),
        outbound(Kind::Contact, 3, contact("", "3")),
        outbound(Kind::Contact, 4, contact("a@lab.example", "4")),
    ];
    let first = Sink::<Contact>::push(&HubSpot, &session, &items).await;
    let ids: Vec<Option<String>> = first.iter().map(|result| result.as_ref().ok().map(|receipt| receipt.id.clone())).collect();
    assert!(ids[0].is_some() && ids[2].is_some() && ids[0] == ids[3], "{first:?}");
    let error = first[1].as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains("`email`"), "{error}");
    assert_eq!(first[0].as_ref().unwrap().seen.as_ref().unwrap().get("email"), "a@lab.example");

    let again = Sink::<Contact>::push(&HubSpot, &session, &items).await;
    assert_eq!(again[2].as_ref().unwrap().id, *ids[2].as_ref().unwrap());
    assert_eq!(emulator.count("contact.create"), 2);
    assert_eq!(emulator.count("property.create"), 1);

    let found = Sink::<Contact>::find(&HubSpot, &session, &items[2]).await.unwrap();
    assert_eq!(found.map(|receipt| receipt.id), ids[2]);
    let other = outbound(Kind::Contact, 5, contact("nobody@lab.example", ""));
    assert_eq!(Sink::<Contact>::find(&HubSpot, &session, &other).await.unwrap(), None);
    bench.close();
}

#[tokio::test]
async fn a_contact_that_is_gone_says_so_and_deleting_it_again_is_fine() {
    let (bench, emulator, session) = start().await;
    let mut item = outbound(Kind::Contact, 1, contact("b@lab.example", "1"));
    let receipt = Sink::<Contact>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    item.link = Some(link(&receipt.id));
    item.item.phone = Some("2".into());
    let updated = Sink::<Contact>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((updated.id, emulator.count("contact.update")), (receipt.id.clone(), 1));
    for _ in 0..2 {
        Sink::<Contact>::delete(&HubSpot, &session, &receipt.id).await.unwrap();
    }
    let error = Sink::<Contact>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    bench.close();
}

#[tokio::test]
async fn a_meetings_people_companies_and_deals_are_found() {
    let (bench, emulator, session) = start().await;
    let found = customer(&emulator, &session).await;
    assert_eq!(found.contacts.keys().collect::<Vec<_>>(), ["professor.a@lab.example"]);
    assert_eq!(found.companies.keys().collect::<Vec<_>>(), ["lab.example"]);
    assert_eq!(found.deals.iter().map(|deal| deal.name.as_str()).collect::<Vec<_>>(), ["Speech corpus licence"]);
    assert_eq!(found.deals[0].owner.as_deref(), Some("project.manager@demo.example"));
    bench.close();
}

#[tokio::test]
async fn a_meeting_is_logged_once_with_its_associations_and_all_of_a_long_text() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let long = "A sentence about <things> & more. ".repeat(4_000);
    let mut item = outbound(Kind::Meeting, 1, activity(&long, known.clone()));
    let receipt = Sink::<Activity>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    let again = Sink::<Activity>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!(again.id, receipt.id);
    assert_eq!(emulator.count("meeting.create"), 1);
    let notes = emulator.count("note.create");
    assert!(notes >= 2, "{notes}");

    let shown = emulator.get(&format!("/objects/meetings/{}", receipt.id)).await;
    let deal = json!([known.deals[0].id]);
    assert_eq!(shown["associations"]["deals"], deal);
    assert_eq!(shown["associations"]["contacts"].as_array().unwrap().len(), 1);
    assert_eq!(shown["associations"]["companies"].as_array().unwrap().len(), 1);
    assert_eq!(shown["properties"]["hs_meeting_outcome"], "COMPLETED");
    assert_eq!(shown["properties"]["hubspot_owner_id"], "41000002");

    item.link = Some(link(&receipt.id));
    item.item = activity("Short", known);
    let updated = Sink::<Activity>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((updated.id.as_str(), emulator.count("note.archive")), (receipt.id.as_str(), notes));
    let found = Sink::<Activity>::find(&HubSpot, &session, &item).await.unwrap().unwrap();
    assert_eq!(found.id, receipt.id);
    for _ in 0..2 {
        Sink::<Activity>::delete(&HubSpot, &session, &receipt.id).await.unwrap();
    }
    assert_eq!(Sink::<Activity>::find(&HubSpot, &session, &item).await.unwrap(), None);
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
    let early = Sink::<Note>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    Sink::<Activity>::push(&HubSpot, &session, std::slice::from_ref(&meeting)).await.remove(0).unwrap();
    item.link = Some(link(&early.id));
    let late = Sink::<Note>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((late.id.as_str(), emulator.count("note.create")), (early.id.as_str(), 1));
    let shown = emulator.get(&format!("/objects/notes/{}", late.id)).await;
    for kind in ["contacts", "companies", "deals"] {
        assert_eq!(shown["associations"][kind].as_array().unwrap().len(), 1, "{kind}");
    }
    bench.close();
}

#[tokio::test]
async fn f59_a_task_comes_back_as_it_was_written_and_then_as_a_person_changed_it() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let meeting = outbound(Kind::Meeting, 1, activity("Text", known));
    Sink::<Activity>::push(&HubSpot, &session, std::slice::from_ref(&meeting)).await.remove(0).unwrap();
    let members = HubSpot.members(&session).await.unwrap();
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
    let item = outbound(Kind::ActionItem, 2, task);
    let receipt = Sink::<Task>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    let again = Sink::<Task>::push(&HubSpot, &session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((again.id.as_str(), emulator.count("task.create")), (receipt.id.as_str(), 1));
    let seen = receipt.seen.unwrap();
    assert_eq!((seen.get("due"), seen.get("priority"), seen.get("progress")), (&json!("2026-03-29"), &json!("high"), &json!("started")));
    let shown = emulator.get(&format!("/objects/tasks/{}", receipt.id)).await;
    assert_eq!(shown["associations"]["contacts"].as_array().unwrap().len(), 1);

    let body = json!({ "properties": { "hs_task_status": "COMPLETED" } });
    emulator.patch(&format!("/objects/tasks/{}", receipt.id), body).await;
    emulator.advance(SignedDuration::from_mins(1));
    let now = emulator.now();
    let request = PullRequest { cursor: None, destination: None, since: Timestamp::UNIX_EPOCH, now };
    let page = Source::<Task>::pull(&HubSpot, &session, &request).await.unwrap();
    let [Entry::Present(remote)] = page.entries.as_slice() else { panic!("{:?}", page.entries) };
    assert_eq!((remote.item.progress, remote.item.due), (Progress::Done, item.item.due));
    assert_eq!(remote.item.owner.as_ref().and_then(|owner| owner.email.as_deref()), Some("marketing@demo.example"));
    let found = Sink::<Task>::find(&HubSpot, &session, &item).await.unwrap();
    assert_eq!(found.map(|receipt| receipt.id), Some(receipt.id));
    bench.close();
}

#[tokio::test]
async fn f61_a_mapped_property_that_is_gone_is_named_and_the_other_deals_are_written() {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let update = |name: &str, text: &str| DealUpdate {
        deal: known.deals[0].id.clone(),
        properties: BTreeMap::from([(name.to_owned(), text.to_owned())]),
    };
    let items =
        [outbound(Kind::Meeting, 1, update("next_step", "Call")), outbound(Kind::Meeting, 2, update("description", "Met in January"))];
    let results = Sink::<DealUpdate>::push(&HubSpot, &session, &items).await;
    let error = results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Invalid, "HubSpot has no property `next_step`"));
    assert!(results[1].is_ok());
    assert!(Sink::<DealUpdate>::find(&HubSpot, &session, &items[1]).await.unwrap().is_some());
    assert!(Sink::<DealUpdate>::find(&HubSpot, &session, &items[0]).await.unwrap().is_none());
    bench.close();
}
