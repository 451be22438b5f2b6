//! What belongs to what: adding associations, reading them, and finding a meeting's contacts, companies and deals.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{AssociationQuery, Result, Session};
use model::person::normal_email;
use model::{Associations, Deal};

use super::manifest::SEARCHES;
use super::wire::{Associated, AssociationInput, BatchAnswer, Filter, FilterGroup, IdInput, Inputs, NothingRead, Record, Records, Search};
use super::{batch, error, map, owners};

/// Most associations made in one call.
const MOST_MADE: usize = 100;
/// Most objects of which one call reads the associations.
const MOST_READ: usize = 100;

/// Ids of contacts, companies and deals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Targets {
    pub contacts: BTreeSet<String>,
    pub companies: BTreeSet<String>,
    pub deals: BTreeSet<String>,
}

impl Targets {
    pub(super) fn of(associations: &Associations) -> Self {
        Self {
            contacts: associations.contacts.values().cloned().collect(),
            companies: associations.companies.values().cloned().collect(),
            deals: associations.deals.iter().map(|deal| deal.id.clone()).collect(),
        }
    }

    const fn by_kind(&self) -> [(&'static str, &BTreeSet<String>); 3] {
        [("contacts", &self.contacts), ("companies", &self.companies), ("deals", &self.deals)]
    }
}

/// Associates each object with its targets, by the kind of association that HubSpot itself makes between the two; making one
/// again changes nothing, and those that a person added stay. The batch upsert takes no associations (its input has no
/// such field), so they are calls of their own.
pub(super) async fn add(session: &Session, object: &str, wanted: &[(String, Targets)]) -> Vec<Result<()>> {
    match add_all(session, object, wanted).await {
        Ok(()) => return wanted.iter().map(|_| Ok(())).collect(),
        Err(error) if wanted.len() == 1 => return vec![Err(error)],
        Err(_) => {}
    }
    // Which of them was refused? Alone, each gets its own verdict.
    let mut results = Vec::with_capacity(wanted.len());
    for one in wanted {
        results.push(add_all(session, object, std::slice::from_ref(one)).await);
    }
    results
}

async fn add_all(session: &Session, object: &str, wanted: &[(String, Targets)]) -> Result<()> {
    for at in 0..3 {
        let pairs: Vec<(&str, &str, &str)> = wanted
            .iter()
            .flat_map(|(from, targets)| {
                let (to, ids) = targets.by_kind()[at];
                ids.iter().map(move |id| (to, from.as_str(), id.as_str()))
            })
            .collect();
        for some in pairs.chunks(MOST_MADE) {
            let Some((to, ..)) = some.first() else { continue };
            let inputs = some.iter().map(|(_, from, to)| AssociationInput { from: IdInput { id: from }, to: IdInput { id: to } }).collect();
            let target = format!("/crm/v4/associations/{object}/{to}/batch/associate/default");
            let answer: BatchAnswer<NothingRead> = session.post(target).json(&Inputs { inputs }).repeatable().fetch().await?;
            if let Some(problem) = answer.errors.first() {
                return Err(error::classify_item(problem));
            }
        }
    }
    Ok(())
}

/// Reads what objects are associated with: id → ids of the other kind.
pub(super) async fn read(session: &Session, from: &str, to: &str, ids: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for some in ids.chunks(MOST_READ) {
        let inputs = some.iter().map(|id| IdInput { id }).collect();
        let target = format!("/crm/v4/associations/{from}/{to}/batch/read");
        let answer: BatchAnswer<Associated> = session.post(target).json(&Inputs { inputs }).repeatable().fetch().await?;
        for associated in answer.results {
            let others = associated.to.iter().map(|other| map::id(&other.to_object_id));
            all.entry(map::id(&associated.from.id)).or_default().extend(others);
        }
    }
    Ok(all)
}

/// For each meeting record: what its meeting in HubSpot is associated with. Empty while the meeting is not there.
pub(super) async fn of_meetings(session: &Session, records: &[Option<String>]) -> Result<Vec<Targets>> {
    let marks: BTreeSet<&String> = records.iter().flatten().collect();
    let marks: Vec<String> = marks.into_iter().cloned().collect();
    let meetings = batch::read_marked(session, "meetings", &marks).await?;
    let ids: Vec<String> = meetings.iter().map(|meeting| meeting.id.clone()).collect();
    let contacts = read(session, "meetings", "contacts", &ids).await?;
    let companies = read(session, "meetings", "companies", &ids).await?;
    let deals = read(session, "meetings", "deals", &ids).await?;
    let targets = |record: &Option<String>| {
        let own = |meeting: &&Record| record.is_some() && map::value(meeting, super::property::MARK) == record.as_deref();
        let Some(meeting) = meetings.iter().find(own) else { return Targets::default() };
        let of = |all: &BTreeMap<String, BTreeSet<String>>| all.get(&meeting.id).cloned().unwrap_or_default();
        Targets { contacts: of(&contacts), companies: of(&companies), deals: of(&deals) }
    };
    Ok(records.iter().map(targets).collect())
}

/// Whom and what a meeting belongs to.
pub(super) async fn find(session: &Session, query: &AssociationQuery) -> Result<Associations> {
    let emails: Vec<String> = query.emails.iter().map(|email| normal_email(email)).collect();
    let people = batch::read(session, "contacts", Some("email"), &emails, &["email", "hs_additional_emails"]).await?;
    let contacts = map::contacts_by_email(&people, &emails);
    let companies = companies(session, &query.domains).await?;
    let mut deals = BTreeSet::new();
    for (object, ids) in [("contacts", &contacts), ("companies", &companies)] {
        let ids: Vec<String> = ids.values().cloned().collect();
        deals.extend(read(session, object, "deals", &ids).await?.into_values().flatten());
    }
    Ok(Associations { contacts, companies, deals: open_deals(session, deals, query).await? })
}

async fn companies(session: &Session, domains: &[String]) -> Result<BTreeMap<String, String>> {
    if domains.is_empty() {
        return Ok(BTreeMap::new());
    }
    // `IN` on a text property compares with lower-case values.
    let values = domains.iter().map(|domain| domain.to_lowercase()).collect();
    let filter = Filter { property_name: "domain", operator: "IN", value: None, values: Some(values) };
    let body = Search {
        filter_groups: vec![FilterGroup { filters: vec![filter] }],
        sorts: vec!["hs_object_id"],
        properties: &["domain"],
        limit: 200,
        after: "0",
    };
    let found: Records = session.post("/crm/v3/objects/companies/search").json(&body).repeatable().within(SEARCHES).fetch().await?;
    Ok(map::companies_by_domain(&found.results, domains))
}

async fn open_deals(session: &Session, ids: BTreeSet<String>, query: &AssociationQuery) -> Result<Vec<Deal>> {
    let ids: Vec<String> = ids.into_iter().collect();
    let records = batch::read(session, "deals", None, &ids, &map::DEAL_PROPERTIES).await?;
    let records: Vec<&Record> = records.iter().filter(|record| map::is_of_that_time(record, query.at)).collect();
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let owners = if records.iter().any(|record| map::value(record, "hubspot_owner_id").is_some()) {
        owners::all(session).await?
    } else {
        Vec::new()
    };
    Ok(records.into_iter().map(|record| map::deal(record, &owners)).collect())
}
