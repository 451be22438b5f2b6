//! Whom and what a meeting belongs to: contacts and leads by address, accounts by website, opportunities of both.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{AssociationQuery, Result, Session};
use model::person::normal_email;
use model::{Associations, Deal};

use super::wire::{AccountRecord, Found, Opportunity, PersonRecord, Role};
use super::{map, mark, people, soql};

const OPPORTUNITY: &str = "SELECT Id, Name, CreatedDate, CloseDate, SystemModstamp, IsClosed, Owner.Email FROM Opportunity WHERE";

/// Looks them up.
pub(super) async fn find(session: &Session, query: &AssociationQuery) -> Result<Associations> {
    let emails: Vec<String> = query.emails.iter().map(|email| normal_email(email)).collect();
    let people = people::by_email(session, &emails).await?;
    let companies = accounts(session, &query.domains).await?;
    let contacts: BTreeMap<String, String> = people.into_iter().map(|(email, record)| (email, record.id)).collect();
    let deals = deals(session, &contacts, &companies, query).await?;
    Ok(Associations { contacts, companies, deals })
}

async fn accounts(session: &Session, domains: &[String]) -> Result<BTreeMap<String, String>> {
    let mut records: Vec<AccountRecord> = Vec::new();
    for domain in domains {
        let query = format!("SELECT Id, Website FROM Account WHERE Website LIKE {}", soql::contains(domain));
        records.extend(soql::all(session, &query).await?);
    }
    Ok(map::accounts_by_domain(&records, domains))
}

/// The opportunities in which one of the contacts has a role, and those of the accounts. A sub-select may not stand beside OR, so
/// the roles are asked for first.
async fn deals(
    session: &Session,
    people: &BTreeMap<String, String>,
    companies: &BTreeMap<String, String>,
    query: &AssociationQuery,
) -> Result<Vec<Deal>> {
    let contacts: Vec<String> = people.values().filter(|id| map::object_of(id) == "Contact").cloned().collect();
    let roles: Vec<Role> = soql::all_in(session, "SELECT OpportunityId FROM OpportunityContactRole WHERE ContactId IN", &contacts).await?;
    let with_role: BTreeSet<String> = roles.into_iter().map(|role| role.opportunity_id).collect();
    let of_contacts: Vec<PersonRecord> =
        soql::all_in(session, &format!("SELECT {} FROM Contact WHERE Id IN", map::CONTACT_FIELDS), &contacts).await?;
    let accounts: BTreeSet<String> =
        of_contacts.into_iter().filter_map(|contact| contact.account_id).chain(companies.values().cloned()).collect();
    let (with_role, accounts): (Vec<String>, Vec<String>) = (with_role.into_iter().collect(), accounts.into_iter().collect());
    let mut records: Vec<Opportunity> = soql::all_in(session, &format!("{OPPORTUNITY} Id IN"), &with_role).await?;
    records.extend(soql::all_in::<Opportunity>(session, &format!("{OPPORTUNITY} AccountId IN"), &accounts).await?);
    records.sort_by(|one, other| one.id.cmp(&other.id));
    records.dedup_by(|one, other| one.id == other.id);
    Ok(records.iter().filter(|record| map::is_of_that_time(record, query.at)).map(map::deal).collect())
}

/// An activity that was logged for a meeting.
#[derive(Debug, Clone)]
pub(super) struct Logged {
    pub id: String,
    pub related: map::Related,
}

/// For each meeting record: the activity that was logged for it. None while it is not there, or not to be found for want of the field.
pub(super) async fn logged(session: &Session, records: &[Option<String>]) -> Result<Vec<Option<Logged>>> {
    let wanted: BTreeSet<String> = records.iter().flatten().cloned().collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let mut found: BTreeMap<String, Logged> = BTreeMap::new();
    for object in ["Event", "Task"] {
        let query = format!("SELECT Id, {}, WhoId, WhatId FROM {object} WHERE {} IN", mark::MARK, mark::MARK);
        let activities: Vec<Found> = match soql::all_in(session, &query, &wanted).await {
            Err(error) if mark::is_missing(&error) => by_line(session, object, &wanted).await?,
            activities => activities?,
        };
        for activity in activities {
            let related = map::Related { who: activity.who_id, what: activity.what_id, others: Vec::new() };
            let (id, mark) = (activity.id, activity.mark);
            if let Some(mark) = mark {
                found.entry(mark).or_insert(Logged { id, related });
            }
        }
    }
    Ok(records.iter().map(|record| record.as_ref().and_then(|record| found.get(record)).cloned()).collect())
}

async fn by_line(session: &Session, object: &str, records: &[String]) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for record in records {
        let Ok(id) = record.parse() else { continue };
        let one = mark::find_by_line(session, object, &id).await?;
        found.extend(one.map(|one| Found { mark: Some(record.clone()), ..one }));
    }
    Ok(found)
}
