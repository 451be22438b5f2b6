//! What the demo organisation's Salesforce holds at first: users by role, customer accounts, people, opportunities, one lead.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::org::{Author, Org, id};
use super::rules::{TASK_PRIORITIES, TASK_STATUSES};
use super::schema::object_of;
use crate::kit::Account;
use crate::people::PEOPLE;

/// Account, domain, the contact's mailbox and last name, the opportunity.
const CUSTOMERS: [(&str, &str, &str, &str, &str); 3] = [
    ("Remote Controls", "remote.example", "purchasing", "Purchasing", "Remote control prototype"),
    ("University Lab", "lab.example", "professor.a", "Professor A", "Speech corpus licence"),
    ("Parish Council", "council.example", "clerk", "Clerk", "Meeting records"),
];

/// The id of the n-th user of the organisation, from 0.
fn user_id(number: u64) -> String {
    id("005", number + 1)
}

fn organisation_id() -> String {
    id("00D", 1)
}

/// Who can sign in.
pub(super) fn accounts() -> Vec<Account> {
    let people = (0_u64..).zip(&PEOPLE[..4]);
    people
        .map(|(number, one)| Account { id: user_id(number), email: one.email(), name: one.name.to_owned(), tenant: organisation_id() })
        .collect()
}

/// Fills the organisation.
pub(super) fn fill(org: &mut Org, now: Timestamp) {
    let admin = user_id(0);
    let author = Author { user: &admin, now };
    for (number, one) in (0_u64..).zip(&PEOPLE[..4]) {
        let values = json!({
            "Username": one.email(), "Email": one.email(), "Name": one.name, "LastName": one.name, "IsActive": true,
            "TimeZoneSidKey": "Europe/Berlin",
        });
        setup(org, "User", &user_id(number), &values, &author);
    }
    let values = json!({ "Name": "Demo organisation", "IsSandbox": false, "OrganizationType": "Enterprise Edition", "TimeZoneSidKey": "Europe/Berlin" });
    setup(org, "Organization", &organisation_id(), &values, &author);
    for (number, (label, closed, usual)) in (1_u64..).zip(TASK_STATUSES) {
        let values = json!({ "MasterLabel": label, "ApiName": label, "IsClosed": closed, "IsDefault": usual, "SortOrder": number });
        setup(org, "TaskStatus", &id("01T", number), &values, &author);
    }
    for (number, (label, high, usual)) in (1_u64..).zip(TASK_PRIORITIES) {
        let values = json!({ "MasterLabel": label, "ApiName": label, "IsHighPriority": high, "IsDefault": usual, "SortOrder": number });
        setup(org, "TaskPriority", &id("01U", number), &values, &author);
    }
    let day = |days: i64| (now + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d").to_string();
    for (name, domain, mailbox, last_name, deal) in CUSTOMERS {
        let account = make(org, "Account", &json!({ "Name": name, "Website": format!("https://www.{domain}/") }), &author);
        let person = json!({ "LastName": last_name, "Email": format!("{mailbox}@{domain}"), "AccountId": account });
        let contact = make(org, "Contact", &person, &author);
        let deal = json!({ "Name": deal, "AccountId": account, "StageName": "Qualification", "CloseDate": day(60) });
        let opportunity = make(org, "Opportunity", &deal, &author);
        make(org, "OpportunityContactRole", &json!({ "OpportunityId": opportunity, "ContactId": contact, "IsPrimary": true }), &author);
    }
    make(org, "Lead", &json!({ "LastName": "Visitor", "Company": "Museum", "Email": "visitor@museum.example" }), &author);
}

/// A record that people make in the organisation's pages; the seed's values are good.
fn make(org: &mut Org, object: &str, values: &Value, author: &Author<'_>) -> String {
    let made = object_of(object).zip(values.as_object()).map(|(object, values)| org.create(object, values, author));
    made.and_then(Result::ok).unwrap_or_default()
}

/// A record of the organisation's set-up, under an id of its own.
fn setup(org: &mut Org, object: &str, id: &str, values: &Value, author: &Author<'_>) {
    if let Some((object, values)) = object_of(object).zip(values.as_object()) {
        org.install(object, id, values, author);
    }
}
