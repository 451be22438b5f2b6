//! Salesforce against its emulator: its stand for the contract that every connector keeps. What is Salesforce's own: `stories`, `odd`.

mod odd;
mod sign_in;
mod stories;

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::contract::{Arrangement, Bench, Editor, Leaves, Reading, SignIn, Stand, Writes, Writing};
use connector_kit::{ActivityLog, AssociationQuery, Session, async_trait};
use jiff::SignedDuration;
use model::action_item::Task;
use model::connection::Capability;
use model::record::Kind;
use model::{Activity, Associations, Contact, DealUpdate, Note, Progress};
use serde_json::{Value, json};

use super::Salesforce;
use crate::emulator::{Addresses, Emulator, outbound};

/// The sign-in alone: where the data are, the token's answer says.
const ADDRESSES: Addresses = Addresses {
    base: "",
    authorize: "/services/oauth2/authorize",
    token: "/services/oauth2/token",
    revoke: Some("/services/oauth2/revoke"),
};

async fn start() -> (Bench, Arc<Emulator>, Session) {
    let emulator = Emulator::start("salesforce", ADDRESSES).await;
    emulator.put("/usage", json!({ "used": 0, "most": 100_000_000 })).await;
    let bench = emulator.sign_in(Salesforce, SignIn::CODE).await;
    let session = bench.session();
    (bench, emulator, session)
}

/// Salesforce on its bench.
pub(crate) async fn stand() -> Stand {
    let (bench, emulator, session) = start().await;
    let known = customer(&emulator, &session).await;
    let reading = |object, values| Box::new(Colleague { emulator: Arc::clone(&emulator), object, values });
    let contacts: Reading<Contact> = Reading {
        capability: Capability::Contacts,
        source: &Salesforce,
        destination: None,
        path: "/queryAll",
        editor: reading("Contact", |n| json!({ "LastName": format!("Person {n}"), "Email": format!("person{n}@lab.example") })),
        more_than_a_page: 220,
    };
    let tasks: Reading<Task> = Reading {
        capability: Capability::Tasks,
        source: &Salesforce,
        destination: None,
        path: "/queryAll",
        editor: reading("Task", |n| json!({ "Subject": format!("Task {n}"), "ActivityDate": "2026-12-24" })),
        more_than_a_page: 220,
    };
    Stand {
        bench,
        identify: "/query",
        token_life: SignedDuration::from_hours(2),
        // One scope opens the API; what a user may do there is in the user's profile.
        fewest: None,
        reads: vec![Box::new(contacts), Box::new(tasks)],
        writes: writes(known),
        announces: None,
    }
}

fn writes(known: Associations) -> Vec<Box<dyn Writes>> {
    let deal = known.deals[0].id.clone();
    vec![
        Box::new(Writing {
            capability: Capability::Activities,
            sink: &Salesforce,
            leaves: Leaves::Object { create: "event.create", delete: "event.delete" },
            path: "/composite/sobjects/Event",
            item: Box::new(move |n| outbound(Kind::Meeting, n, activity(&format!("Text {n}"), known.clone()))),
            edit: |activity| Activity { title: "Renamed".into(), ..activity.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Contacts,
            sink: &Salesforce,
            leaves: Leaves::Object { create: "contact.create", delete: "contact.delete" },
            path: "/composite/sobjects",
            item: Box::new(|n| outbound(Kind::Contact, n, contact(&format!("New{n}@Lab.example"), "1"))),
            edit: |contact| Contact { phone: Some("2".into()), ..contact.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Deals,
            sink: &Salesforce,
            leaves: Leaves::Values { update: "opportunity.update" },
            path: "/composite/sobjects",
            item: Box::new(move |n| {
                let properties = BTreeMap::from([("NextStep".to_owned(), format!("Met {n} times"))]);
                outbound(Kind::Meeting, n, DealUpdate { deal: deal.clone(), properties })
            }),
            edit: |update| DealUpdate { properties: BTreeMap::from([("NextStep".into(), "Met again".into())]), ..update.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Tasks,
            sink: &Salesforce,
            leaves: Leaves::Object { create: "task.create", delete: "task.delete" },
            path: "/composite/sobjects/Task",
            item: Box::new(|n| outbound(Kind::ActionItem, n, Task { text: format!("Task {n}"), ..Task::default() })),
            edit: |task| Task { progress: Progress::Done, ..task.clone() },
        }),
        Box::new(Writing {
            capability: Capability::Notes,
            sink: &Salesforce,
            leaves: Leaves::Object { create: "content_note.create", delete: "content_note.delete" },
            path: "/composite/sobjects",
            item: Box::new(|n| {
                let note = Note { meeting: None, title: Some(format!("Note {n}")), body: "Agreed.".into(), author: None };
                outbound(Kind::Note, n, note)
            }),
            edit: |note| Note { body: "Agreed, and written down.".into(), ..note.clone() },
        }),
    ]
}

/// Somebody who works in Salesforce's own pages.
struct Colleague {
    emulator: Arc<Emulator>,
    object: &'static str,
    values: fn(usize) -> Value,
}

#[async_trait]
impl Editor for Colleague {
    async fn make(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for n in 0..count {
            let made = self.emulator.post(&format!("/objects/{}", self.object), (self.values)(n)).await;
            ids.push(made["id"].as_str().unwrap().to_owned());
        }
        ids
    }

    async fn change(&self, id: &str) -> bool {
        self.emulator.patch(&format!("/objects/{}/{id}", self.object), (self.values)(7_000)).await;
        true
    }

    async fn remove(&self, id: &str) -> bool {
        self.emulator.delete(&format!("/objects/{}/{id}", self.object)).await;
        true
    }
}

fn contact(email: &str, phone: &str) -> Contact {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Contact { email: text(email), last_name: text("Professor"), phone: text(phone), ..Contact::default() }
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

/// The seeded customer: one contact, one account and one open opportunity, which belong together.
async fn customer(emulator: &Emulator, session: &Session) -> Associations {
    let query = AssociationQuery {
        emails: vec!["Professor.A@lab.example".into(), "stranger@nowhere.example".into()],
        domains: vec!["lab.example".into(), "nowhere.example".into()],
        at: emulator.now(),
    };
    Salesforce.associations(session, &query).await.unwrap()
}
