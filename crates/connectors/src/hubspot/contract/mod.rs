//! HubSpot against its emulator: its stand for the contract that every connector keeps. What is HubSpot's own: `stories`.

mod stories;

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{
    Announces, Arrangement, Bench, Delivery, Editor, Leaves, Proof, Reading, Secrets, SignIn, Stand, Writes, Writing,
};
use connector_kit::{ActivityLog, AssociationQuery, Session, async_trait};
use jiff::SignedDuration;
use model::action_item::Task;
use model::connection::Capability;
use model::record::Kind;
use model::{Activity, Associations, Contact, DealUpdate, Note, Progress};
use sandbox::mailbox::Mailbox;
use serde_json::{Value, json};

use super::HubSpot;
use crate::emulator::{Addresses, Emulator, delivery, outbound};

const ADDRESSES: Addresses =
    Addresses { base: "", authorize: "/oauth/authorize", token: "/oauth/v1/token", revoke: Some("/oauth/v1/refresh-tokens") };

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("hubspot", ADDRESSES).await;
    // The real limits are of the clock, and these tests are faster than people.
    emulator.put("/limits", json!({ "calls": 100_000, "searches": 100_000 })).await;
    let bench = emulator.sign_in(HubSpot, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// HubSpot on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let reading = |object, values| Box::new(Colleague { emulator: Arc::clone(&emulator), object, values });
    let contacts: Reading<Contact> = Reading {
        capability: Capability::Contacts,
        source: &HubSpot,
        destination: None,
        path: "/crm/v3/objects/contacts",
        editor: reading("contacts", |n| json!({ "email": format!("person{n}@lab.example"), "phone": format!("{n}") })),
        more_than_a_page: 120,
    };
    let tasks: Reading<Task> = Reading {
        capability: Capability::Tasks,
        source: &HubSpot,
        destination: None,
        path: "/crm/v3/objects/tasks",
        editor: reading("tasks", |n| json!({ "hs_timestamp": "2026-03-01T12:00:00Z", "hs_task_subject": format!("Task {n}") })),
        more_than_a_page: 120,
    };
    Stand {
        bench,
        identify: "/account-info",
        token_life: SignedDuration::from_mins(30),
        fewest: Some(&["oauth"]),
        reads: vec![Box::new(contacts), Box::new(tasks)],
        writes: writes(known),
        announces: Some(Box::new(App(emulator))),
    }
}

fn writes(known: Associations) -> Vec<Box<dyn Writes>> {
    let deal = known.deals[0].id.clone();
    vec![
        Box::new(Writing {
            capability: Capability::Activities,
            sink: &HubSpot,
            leaves: Leaves::Object { create: "meeting.create", delete: "meeting.archive" },
            path: "/meetings/batch/upsert",
            item: Box::new(move |n| outbound(Kind::Meeting, n, activity(&format!("Text {n}"), known.clone()))),
            edit: |activity| Activity { title: "Renamed".into(), ..activity.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Contacts,
            sink: &HubSpot,
            leaves: Leaves::Object { create: "contact.create", delete: "contact.archive" },
            path: "/contacts/batch/upsert",
            item: Box::new(|n| outbound(Kind::Contact, n, contact(&format!("New{n}@Lab.example"), "1"))),
            edit: |contact| Contact { phone: Some("2".into()), ..contact.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Deals,
            sink: &HubSpot,
            leaves: Leaves::Values { update: "deal.update" },
            path: "/deals/batch/update",
            item: Box::new(move |n| {
                let properties = BTreeMap::from([("description".to_owned(), format!("Met {n} times"))]);
                outbound(Kind::Meeting, n, DealUpdate { deal: deal.clone(), properties })
            }),
            edit: |update| DealUpdate { properties: BTreeMap::from([("description".into(), "Met again".into())]), ..update.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Tasks,
            sink: &HubSpot,
            leaves: Leaves::Object { create: "task.create", delete: "task.archive" },
            path: "/tasks/batch/upsert",
            item: Box::new(|n| outbound(Kind::ActionItem, n, Task { text: format!("Task {n}"), ..Task::default() })),
            edit: |task| Task { progress: Progress::Done, ..task.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Notes,
            sink: &HubSpot,
            leaves: Leaves::Object { create: "note.create", delete: "note.archive" },
            path: "/notes/batch/upsert",
            item: Box::new(|n| {
                let note = Note { meeting: None, title: Some("Decisions".into()), body: format!("Note {n}"), author: None };
                outbound(Kind::Note, n, note)
            }),
            edit: |note| Note { body: "Edited".into(), ..note.clone() },
        }),
    ]
}

/// Somebody who works in HubSpot.
struct Colleague {
    emulator: Arc<Emulator>,
    object: &'static str,
    /// The properties of the n-th object.
    values: fn(usize) -> Value,
}

impl Colleague {
    /// HubSpot's search sees what changed a little later.
    fn wait_for_the_index(&self) {
        self.emulator.advance(SignedDuration::from_mins(1));
    }
}

#[async_trait]
impl Editor for Colleague {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for n in 0..count {
            let made = self.emulator.post(&format!("/objects/{}", self.object), json!({ "properties": (self.values)(n) })).await;
            ids.push(made["id"].as_str().unwrap().to_owned());
        }
        self.wait_for_the_index();
        ids
    }

    async fn change(&self, id: &str) -> bool {
        let values = json!({ "properties": (self.values)(7_000) });
        self.emulator.patch(&format!("/objects/{}/{id}", self.object), values).await;
        self.wait_for_the_index();
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.emulator.delete(&format!("/objects/{}/{id}", self.object)).await;
        self.wait_for_the_index();
        true
    }
}

/// The app's settings at HubSpot.
struct App(Arc<Emulator>);

#[async_trait]
impl Announces for App {
    fn proof(&self) -> Proof {
        Proof::Signature { header: "x-hubspot-signature-v3", time: Some("x-hubspot-request-timestamp") }
    }

    fn wakes(&self) -> &'static [Capability] {
        &[Capability::Contacts]
    }

    async fn deliver(&self, bench: &Bench) -> Delivery {
        let mailbox = Mailbox::open().await.unwrap();
        let hook =
            json!({ "target_url": mailbox.address("/hooks/hubspot/con_1"), "subscriptions": [{ "event_type": "contact.creation" }] });
        self.0.put("/webhooks", hook).await;
        self.0.post("/objects/contacts", json!({ "properties": { "email": "new@lab.example" } })).await;
        let app = bench.arrangement.client().client_secret;
        delivery(&mailbox.wait_for(1).await[0], Secrets { app, subscription: None })
    }
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

/// The seeded customer: one contact, one company and one open deal, which belong together.
async fn customer(emulator: &Emulator, session: &Session) -> Associations {
    let query = AssociationQuery {
        emails: vec!["Professor.A@lab.example".into(), "stranger@nowhere.example".into()],
        domains: vec!["lab.example".into(), "nowhere.example".into()],
        at: emulator.now(),
    };
    emulator.advance(SignedDuration::from_mins(1));
    HubSpot.associations(session, &query).await.unwrap()
}
