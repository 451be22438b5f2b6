//! What the demo organisation's HubSpot account holds at first: owners by role, two pipelines, customer companies, people and deals.

use super::{
    hooks::Source,
    kind::Kind,
    links,
    portal::{Owner, Pipeline, Portal, Stage},
    records::Values,
};
use crate::kit::Account;
use crate::people::{Colleague, PEOPLE};

/// The hub id of the account.
pub const PORTAL: &str = "2468101";
pub const APP: u64 = 1_357_913;

/// Company, domain, the contact's mailbox and title, the deal.
const CUSTOMERS: [(&str, &str, &str, &str, &str); 3] = [
    ("Remote Controls", "remote.example", "purchasing", "Purchasing", "Remote control prototype"),
    ("University Lab", "lab.example", "professor.a", "Professor A", "Speech corpus licence"),
    ("Parish Council", "council.example", "clerk", "Clerk", "Meeting records"),
];
const STAGES: [(&str, &str, &str); 7] = [
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
];
const RENEWALS: [(&str, &str, &str); 3] = [("51001", "Renewal due", "0.5"), ("51002", "Renewed", "1.0"), ("51003", "Not renewed", "0.0")];

pub fn accounts() -> Vec<Account> {
    let account = |owner: Owner| Account { id: owner.user_id.to_string(), email: owner.email, name: owner.name, tenant: PORTAL.to_owned() };
    owners().into_iter().map(account).collect()
}

pub fn owners() -> Vec<Owner> {
    let owner = |(number, one): (u64, &Colleague)| Owner {
        id: 41_000_000 + number,
        user_id: 9_100_000 + number,
        email: one.email(),
        name: one.name.to_owned(),
    };
    (1..).zip(&PEOPLE[..4]).map(owner).collect()
}

pub fn pipelines() -> Vec<Pipeline> {
    let pipeline = |id: &str, label: &str, stages: &[(&str, &str, &'static str)]| Pipeline {
        id: id.to_owned(),
        label: label.to_owned(),
        stages: stages
            .iter()
            .map(|(id, label, probability)| Stage { id: (*id).to_owned(), label: (*label).to_owned(), probability })
            .collect(),
    };
    vec![pipeline("default", "Sales Pipeline", &STAGES), pipeline("51000", "Renewals", &RENEWALS)]
}

pub fn records(portal: &mut Portal, now_ms: i64) {
    let values = |pairs: &[(&str, &str)]| -> Values { pairs.iter().map(|(name, value)| ((*name).into(), (*value).to_owned())).collect() };
    let owner = portal.owners.first().map(|owner| owner.id.to_string()).unwrap_or_default();
    for (name, domain, mailbox, title, deal) in CUSTOMERS {
        let company = values(&[("name", name), ("domain", domain), ("hubspot_owner_id", &owner)]);
        let email = format!("{mailbox}@{domain}");
        let contact = values(&[("email", &email), ("firstname", title), ("company", name), ("hubspot_owner_id", &owner)]);
        let deal = values(&[("dealname", deal), ("pipeline", "default"), ("dealstage", "qualifiedtobuy"), ("hubspot_owner_id", &owner)]);
        let company = (Kind::Company, portal.create(Kind::Company, company, now_ms, Source::Person));
        let contact = (Kind::Contact, portal.create(Kind::Contact, contact, now_ms, Source::Person));
        let deal = (Kind::Deal, portal.create(Kind::Deal, deal, now_ms, Source::Person));
        for (from, to) in [(contact, company), (deal, company), (deal, contact)] {
            if let Some(id) = links::default_type(from.0, to.0) {
                portal.links.join(from, to, id);
            }
        }
    }
}
