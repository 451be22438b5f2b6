//! HubSpot's connector against the emulated HubSpot: everything that needs more than one call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use connector_kit::page::{Cursor, Entry, PullRequest};
use connector_kit::{ActivityLog, AssociationQuery, Connector, ErrorKind, InboundHook, Secret, Sink, Source, TaskBoard, WebhookSource};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::connection::Capability;
use model::record::Kind;
use model::{Activity, Associations, Contact, DealUpdate, MeetingRef, Note, Priority, Progress};
use sandbox::kit::{Fault, Rule};
use sandbox::mailbox::Mailbox;
use serde_json::json;

use super::HubSpot;
use crate::sandboxed::{House, Site, link};

async fn house() -> House {
    let site = Site { base: "", authorize: "/oauth/authorize", token: "/oauth/v1/token", revoke: Some("/oauth/v1/refresh-tokens") };
    House::open(Arc::new(HubSpot), "oauth", site, &[]).await
}

/// Pulls contacts until there are no more.
async fn contacts(house: &House, cursor: &mut Option<Cursor>) -> (Vec<String>, Vec<String>) {
    let (mut present, mut gone) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let now = house.sandbox.kit().clock.now();
        let request = PullRequest { cursor: cursor.as_ref(), destination: None, since: Timestamp::UNIX_EPOCH, now };
        let page = Source::<Contact>::pull(&HubSpot, &house.session, &request).await.unwrap();
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

fn contact(email: &str, phone: &str) -> Contact {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Contact { email: text(email), first_name: text("Professor"), phone: text(phone), ..Contact::default() }
}

fn activity(body: &str, associations: Associations) -> Activity {
    Activity {
        title: "Kick-off".into(),
        start: "2026-01-05T09:00:00Z".parse().unwrap(),
        end: "2026-01-05T09:45:00Z".parse().unwrap(),
        body: body.to_owned(),
        location: Some("Room 1".into()),
        join_url: None,
        cancelled: false,
        owner: Some("Marketing@demo.example".into()),
        associations,
    }
}

#[tokio::test]
async fn the_account_is_known_and_the_sign_in_can_be_taken_back() {
    let house = house().await;
    let account = HubSpot.identify(&house.session).await.unwrap();
    assert_eq!(account.id, "2468101");
    assert!(house.tokens.refresh.is_some() && house.tokens.expires.is_some());
}

#[tokio::test]
async fn f40_contacts_come_once_each_and_then_their_changes_and_their_end() {
    let house = house().await;
    house.control("POST", "/contacts/fill", &json!({ "count": 450 })).await;
    house.advance(SignedDuration::from_mins(1));
    let mut cursor = None;
    let (present, gone) = contacts(&house, &mut cursor).await;
    let all: BTreeSet<&String> = present.iter().collect();
    assert!(all.len() >= 450 && gone.is_empty(), "{} {}", all.len(), gone.len());

    let id = present[7].clone();
    house.control("PATCH", &format!("/objects/contacts/{id}"), &json!({ "properties": { "phone": "+49 30 7" } })).await;
    house.advance(SignedDuration::from_mins(1));
    assert_eq!(contacts(&house, &mut cursor).await, (vec![id.clone()], vec![]));
    assert_eq!(contacts(&house, &mut cursor).await, (vec![], vec![]), "nothing is told twice");

    house.control("DELETE", &format!("/objects/contacts/{id}"), &json!(null)).await;
    house.advance(SignedDuration::from_mins(1));
    assert_eq!(contacts(&house, &mut cursor).await, (vec![], vec![id]));
    assert_eq!(contacts(&house, &mut cursor).await, (vec![], vec![]));
}

#[tokio::test]
async fn f40_hundreds_of_contacts_changed_in_one_instant_are_all_found() {
    let house = house().await;
    let mut cursor = None;
    contacts(&house, &mut cursor).await;
    house.advance(SignedDuration::from_mins(20));
    let before = house.control("GET", "/counts", &json!(null)).await["contacts"].as_u64().unwrap();
    house.control("POST", "/contacts/fill", &json!({ "count": 900 })).await;
    let after = house.control("GET", "/counts", &json!(null)).await["contacts"].as_u64().unwrap();
    house.advance(SignedDuration::from_mins(1));
    let (present, _) = contacts(&house, &mut cursor).await;
    let all: BTreeSet<&String> = present.iter().collect();
    assert_eq!((all.len() as u64, present.len()), (after - before, all.len()));
}

#[tokio::test]
async fn a_batch_of_contacts_gives_each_its_own_result_and_twice_is_once() {
    let house = house().await;
    let items = vec![
        house.outbound(Kind::Contact, contact("A@lab.example", "1")),
        house.outbound(Kind::Contact, contact("not an address", "2")),
        house.outbound(Kind::Contact, contact("", "3")),
        house.outbound(Kind::Contact, contact("a@lab.example", "4")),
    ];
    let first = Sink::<Contact>::push(&HubSpot, &house.session, &items).await;
    let ids: Vec<Option<String>> = first.iter().map(|result| result.as_ref().ok().map(|receipt| receipt.id.clone())).collect();
    assert!(ids[0].is_some() && ids[2].is_some() && ids[0] == ids[3], "{first:?}");
    let error = first[1].as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains("`email`"), "{error}");
    assert_eq!(first[0].as_ref().unwrap().seen.as_ref().unwrap().get("email"), "a@lab.example");

    let again = Sink::<Contact>::push(&HubSpot, &house.session, &items).await;
    assert_eq!(again[2].as_ref().unwrap().id, *ids[2].as_ref().unwrap());
    assert_eq!(house.effects("contact.create"), 2);
    assert_eq!(house.effects("property.create"), 1);

    let found = Sink::<Contact>::find(&HubSpot, &house.session, &items[2]).await.unwrap();
    assert_eq!(found.map(|receipt| receipt.id), ids[2]);
    let other = house.outbound(Kind::Contact, contact("nobody@lab.example", ""));
    assert_eq!(Sink::<Contact>::find(&HubSpot, &house.session, &other).await.unwrap(), None);
}

#[tokio::test]
async fn a_contact_that_is_gone_says_so_and_deleting_it_again_is_fine() {
    let house = house().await;
    let mut item = house.outbound(Kind::Contact, contact("b@lab.example", "1"));
    let receipt = Sink::<Contact>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    item.link = Some(link(&receipt.id));
    item.item.phone = Some("2".into());
    let updated = Sink::<Contact>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((updated.id, house.effects("contact.update")), (receipt.id.clone(), 1));
    for _ in 0..2 {
        Sink::<Contact>::delete(&HubSpot, &house.session, &receipt.id).await.unwrap();
    }
    let error = Sink::<Contact>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

/// The seeded customer: one contact, one company and one open deal, which belong together.
async fn customer(house: &House) -> Associations {
    let query = AssociationQuery {
        emails: vec!["Professor.A@lab.example".into(), "stranger@nowhere.example".into()],
        domains: vec!["lab.example".into(), "nowhere.example".into()],
        at: house.sandbox.kit().clock.now(),
    };
    house.advance(SignedDuration::from_mins(1));
    HubSpot.associations(&house.session, &query).await.unwrap()
}

#[tokio::test]
async fn a_meetings_people_companies_and_deals_are_found() {
    let house = house().await;
    let found = customer(&house).await;
    assert_eq!(found.contacts.keys().collect::<Vec<_>>(), ["professor.a@lab.example"]);
    assert_eq!(found.companies.keys().collect::<Vec<_>>(), ["lab.example"]);
    assert_eq!(found.deals.iter().map(|deal| deal.name.as_str()).collect::<Vec<_>>(), ["Speech corpus licence"]);
    assert_eq!(found.deals[0].owner.as_deref(), Some("project.manager@demo.example"));
}

#[tokio::test]
async fn a_meeting_is_logged_once_with_its_associations_and_all_of_a_long_text() {
    let house = house().await;
    let known = customer(&house).await;
    let long = "A sentence about <things> & more. ".repeat(4_000);
    let mut item = house.outbound(Kind::Meeting, activity(&long, known.clone()));
    let receipt = Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    let again = Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!(again.id, receipt.id);
    assert_eq!(house.effects("meeting.create"), 1);
    let notes = house.effects("note.create");
    assert!(notes >= 2, "{notes}");

    let shown = house.control("GET", &format!("/objects/meetings/{}", receipt.id), &json!(null)).await;
    let deal = json!([known.deals[0].id]);
    assert_eq!(shown["associations"]["deals"], deal);
    assert_eq!(shown["associations"]["contacts"].as_array().unwrap().len(), 1);
    assert_eq!(shown["associations"]["companies"].as_array().unwrap().len(), 1);
    assert_eq!(shown["properties"]["hs_meeting_outcome"], "COMPLETED");
    assert_eq!(shown["properties"]["hubspot_owner_id"], "41000002");

    item.link = Some(link(&receipt.id));
    item.item = activity("Short", known);
    let updated = Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((updated.id.as_str(), house.effects("note.archive")), (receipt.id.as_str(), notes));
    let found = Sink::<Activity>::find(&HubSpot, &house.session, &item).await.unwrap().unwrap();
    assert_eq!(found.id, receipt.id);
    for _ in 0..2 {
        Sink::<Activity>::delete(&HubSpot, &house.session, &receipt.id).await.unwrap();
    }
    assert_eq!(Sink::<Activity>::find(&HubSpot, &house.session, &item).await.unwrap(), None);
}

#[tokio::test]
async fn f03_a_meeting_whose_answer_was_lost_is_found() {
    let house = house().await;
    let item = house.outbound(Kind::Meeting, activity("Text", Associations::default()));
    assert_eq!(Sink::<Activity>::find(&HubSpot, &house.session, &item).await.unwrap(), None);
    Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    let lost = house.outbound(Kind::Meeting, activity("Text", Associations::default()));
    let path = Some("batch/upsert".to_owned());
    house.sandbox.kit().chaos.add(Rule { tool: "hubspot".into(), method: None, path, fault: Fault::Lost, times: Some(9) });
    let error = Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&lost)).await.remove(0).unwrap_err();
    assert!(error.kind == ErrorKind::Unavailable && error.may_have_happened, "{error:?}");
    house.sandbox.kit().chaos.clear();
    assert!(Sink::<Activity>::find(&HubSpot, &house.session, &lost).await.unwrap().is_some());
    Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&lost)).await.remove(0).unwrap();
    assert_eq!(house.effects("meeting.create"), 2);
}

#[tokio::test]
async fn a_note_goes_where_its_meeting_went() {
    let house = house().await;
    let known = customer(&house).await;
    let meeting = house.outbound(Kind::Meeting, activity("Text", known));
    let note =
        Note { meeting: Some(meeting.record.clone()), title: Some("Decisions".into()), body: "* Remote is *green*".into(), author: None };
    let mut item = house.outbound(Kind::Note, note);
    let early = Sink::<Note>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&meeting)).await.remove(0).unwrap();
    item.link = Some(link(&early.id));
    let late = Sink::<Note>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((late.id.as_str(), house.effects("note.create")), (early.id.as_str(), 1));
    let shown = house.control("GET", &format!("/objects/notes/{}", late.id), &json!(null)).await;
    for kind in ["contacts", "companies", "deals"] {
        assert_eq!(shown["associations"][kind].as_array().unwrap().len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn f59_a_task_comes_back_as_it_was_written_and_then_as_a_person_changed_it() {
    let house = house().await;
    let known = customer(&house).await;
    let meeting = house.outbound(Kind::Meeting, activity("Text", known));
    Sink::<Activity>::push(&HubSpot, &house.session, std::slice::from_ref(&meeting)).await.remove(0).unwrap();
    let members = HubSpot.members(&house.session).await.unwrap();
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
    let item = house.outbound(Kind::ActionItem, task);
    let receipt = Sink::<Task>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    let again = Sink::<Task>::push(&HubSpot, &house.session, std::slice::from_ref(&item)).await.remove(0).unwrap();
    assert_eq!((again.id.as_str(), house.effects("task.create")), (receipt.id.as_str(), 1));
    let seen = receipt.seen.unwrap();
    assert_eq!((seen.get("due"), seen.get("priority"), seen.get("progress")), (&json!("2026-03-29"), &json!("high"), &json!("started")));
    let shown = house.control("GET", &format!("/objects/tasks/{}", receipt.id), &json!(null)).await;
    assert_eq!(shown["associations"]["contacts"].as_array().unwrap().len(), 1);

    let body = json!({ "properties": { "hs_task_status": "COMPLETED" } });
    house.control("PATCH", &format!("/objects/tasks/{}", receipt.id), &body).await;
    house.advance(SignedDuration::from_mins(1));
    let now = house.sandbox.kit().clock.now();
    let request = PullRequest { cursor: None, destination: None, since: Timestamp::UNIX_EPOCH, now };
    let page = Source::<Task>::pull(&HubSpot, &house.session, &request).await.unwrap();
    let [Entry::Present(remote)] = page.entries.as_slice() else { panic!("{:?}", page.entries) };
    assert_eq!((remote.item.progress, remote.item.due), (Progress::Done, item.item.due));
    assert_eq!(remote.item.owner.as_ref().and_then(|owner| owner.email.as_deref()), Some("marketing@demo.example"));
    let found = Sink::<Task>::find(&HubSpot, &house.session, &item).await.unwrap();
    assert_eq!(found.map(|receipt| receipt.id), Some(receipt.id));
}

#[tokio::test]
async fn f50_f51_a_delivered_webhook_is_proven_and_a_changed_one_is_not() {
    let house = house().await;
    let mailbox = Mailbox::open().await.unwrap();
    let hook = json!({ "target_url": mailbox.address("/hooks/hubspot/con_1"), "subscriptions": [{ "event_type": "contact.creation" }] });
    house.control("PUT", "/webhooks", &hook).await;
    house.control("POST", "/objects/contacts", &json!({ "properties": { "email": "new@lab.example" } })).await;
    let letter = mailbox.wait_for(1).await.remove(0);
    let secret = Secret::from("sandbox-secret-hubspot");
    let now = house.sandbox.kit().clock.now();
    let of = |body: &[u8], now, secret: &Secret| {
        HubSpot.receive(&InboundHook {
            method: &letter.method,
            url: &letter.url,
            headers: &letter.headers,
            body,
            now,
            app_secret: Some(secret),
            subscription_secret: None,
        })
    };
    let hints = of(&letter.body, now, &secret).unwrap();
    assert_eq!((hints.wake, hints.account.as_deref()), (vec![Capability::Contacts], Some("2468101")));
    let late = now + SignedDuration::from_mins(6);
    for wrong in [of(b"[]", now, &secret), of(&letter.body, late, &secret), of(&letter.body, now, &"other".into())] {
        assert_eq!(wrong.unwrap_err().kind, ErrorKind::Unauthorized);
    }
}

#[tokio::test]
async fn f61_a_mapped_property_that_is_gone_is_named_and_the_other_deals_are_written() {
    let house = house().await;
    let known = customer(&house).await;
    let update = |name: &str, text: &str| DealUpdate {
        deal: known.deals[0].id.clone(),
        properties: BTreeMap::from([(name.to_owned(), text.to_owned())]),
    };
    let items = [
        house.outbound(Kind::Meeting, update("next_step", "Call")),
        house.outbound(Kind::Meeting, update("description", "Met in January")),
    ];
    let results = Sink::<DealUpdate>::push(&HubSpot, &house.session, &items).await;
    let error = results[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Invalid, "HubSpot has no property `next_step`"));
    assert!(results[1].is_ok());
    assert!(Sink::<DealUpdate>::find(&HubSpot, &house.session, &items[1]).await.unwrap().is_some());
    assert!(Sink::<DealUpdate>::find(&HubSpot, &house.session, &items[0]).await.unwrap().is_none());
}

#[tokio::test]
async fn f24_f34_faults_of_every_kind_are_told_apart() {
    let house = house().await;
    let status = |status: u16| Fault::Status { status, retry_after: None, body: None };
    for (fault, kind) in [
        (status(401), ErrorKind::Unauthorized),
        (status(403), ErrorKind::Forbidden),
        (status(500), ErrorKind::Unavailable),
        (Fault::Cut, ErrorKind::Unavailable),
        (Fault::Garbage, ErrorKind::Protocol),
        (Fault::Empty, ErrorKind::Protocol),
        // Last, because the whole account rests after it.
        (status(429), ErrorKind::RateLimited),
    ] {
        house.sandbox.kit().chaos.add(Rule { tool: "hubspot".into(), method: None, path: None, fault: fault.clone(), times: None });
        let now = house.sandbox.kit().clock.now();
        let request = PullRequest { cursor: None, destination: None, since: now, now };
        let error = Source::<Contact>::pull(&HubSpot, &house.session, &request).await.unwrap_err();
        assert_eq!(error.kind, kind, "{fault:?}: {error}");
        house.sandbox.kit().chaos.clear();
    }
}
