//! A meeting as a CRM activity, with the people, companies and deal it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{ActivityLog, AssociationQuery, Connector, Sink};
use model::person::{email_domain, is_free_mail, normal_email};
use model::settings::{DealRule, UnknownPeople};
use model::{Activity, Associations, Capability, Deal, Fields, Meeting, MeetingState, Record, RecordId};
use store::Workspace;
use store::links::Link;
use store::records::Stored;

use super::summary::{Told, told};
use super::{Project, Projected, Projection, meeting_of, not_told};
use crate::error::Result;
use crate::mapping::{mapped, settle, to_look_at};
use crate::matching::{contact_key, external_people, people};
use crate::pass::Pass;
use crate::plan::{Planner, needs};
use crate::rules::{Verdict, decide};

impl Project for Activity {
    fn sink(connector: &dyn Connector) -> Option<&dyn Sink<Self>> {
        connector.activities().map(|log| log as &dyn Sink<Self>)
    }

    async fn touched(workspace: &Workspace, changed: &RecordId) -> Result<Option<RecordId>> {
        meeting_of(workspace, changed).await
    }

    async fn project(planner: &mut Planner, pass: &Pass, stored: &Stored, link: Option<&Link>) -> Result<Projection<Self>> {
        let Record::Meeting(meeting) = &stored.record else { return Ok(Projection::None) };
        if let Some(early) = not_told(pass, meeting, link.is_some()) {
            return Ok(early);
        }
        let destination = match decide(&pass.settings, Capability::Activities, Some(meeting), &pass.own_domains) {
            Verdict::Skip(rule) => {
                return Ok(Projection::Skip { reason: "rule_skip", detail: format!("Rule {rule} leaves it out."), until: None });
            }
            Verdict::Send(to) => to,
        };
        let word = pass.connector.manifest().flow(Capability::Activities, pass.stream.way).and_then(|flow| flow.destination);
        let destination = match word {
            None => destination,
            Some(word) => match needs(destination, word) {
                Ok(destination) => Some(destination),
                Err((reason, detail)) => return Ok(Projection::Skip { reason, detail, until: None }),
            },
        };
        let associations = associations(planner, pass, stored, meeting).await?;
        let outsiders = external_people(meeting, &pass.own_domains).count();
        if outsiders > 0 && associations.contacts.is_empty() && pass.settings.unknown_people == UnknownPeople::Skip {
            return Ok(Projection::Skip {
                reason: "nobody_known",
                detail: "The CRM knows none of its participants.".to_owned(),
                until: None,
            });
        }
        let told = told(pass, &stored.id, meeting).await?;
        let item = Self {
            title: meeting.title.clone(),
            start: meeting.when.start(),
            end: meeting.when.end(),
            body: body(&told),
            location: meeting.location.clone(),
            join_url: meeting.join_url.clone(),
            cancelled: meeting.state == MeetingState::Cancelled,
            owner: meeting.organizer.as_ref().and_then(|host| host.email.clone()),
            associations,
        };
        let lines = mapped(&pass.settings, Capability::Activities, meeting, &told.meeting.url);
        let (looked_at, mut compared) = (to_look_at(&lines), Fields::of(&item));
        let theirs = match (pass.connector.activities(), link) {
            (Some(log), Some(link)) if !looked_at.is_empty() => log.properties(&pass.session, &link.remote_id, &looked_at).await?,
            _ => BTreeMap::new(),
        };
        let base = link.map(|link| link.base.clone()).unwrap_or_default();
        let settled = settle(lines, &base, &theirs);
        for (name, value) in settled.compared.iter() {
            compared.set(name, value.clone());
        }
        Ok(Projection::Item(Box::new(Projected { item, destination, compared, properties: settled.send })))
    }
}

/// The text of the activity.
fn body(told: &Told) -> String {
    let mut parts: Vec<String> = told.summary.iter().cloned().collect();
    if !told.items.is_empty() {
        parts.push(format!("Action items:\n{}", told.item_lines().iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")));
    }
    if !told.transcript.is_empty() {
        parts.push(told.transcript.join("\n"));
    }
    parts.push(format!("Harmony: {}", told.meeting.url));
    parts.join("\n\n")
}

/// Contacts that we linked ourselves, then what the CRM knows; of several open deals the one that the rule chooses.
pub(super) async fn associations(planner: &mut Planner, pass: &Pass, stored: &Stored, meeting: &Meeting) -> Result<Associations> {
    if let Some(known) = planner.associations.get(stored.id.as_str()) {
        return Ok(known.clone());
    }
    let Some(log) = pass.connector.activities() else { return Ok(Associations::default()) };
    let emails: Vec<String> = external_people(meeting, &pass.own_domains).map(|(_, email)| email).collect();
    let mut domains: Vec<String> = emails.iter().filter_map(|email| email_domain(email)).filter(|domain| !is_free_mail(domain)).collect();
    domains.sort();
    domains.dedup();
    let mut found = look_up(log, pass, emails.clone(), domains, meeting).await?;
    for email in emails {
        if let Some(id) = own_link(pass, &email).await? {
            found.contacts.entry(email).or_insert(id);
        }
    }
    found.deals = choose_deal(pass.settings.deal_rule, found.deals, meeting).into_iter().collect();
    planner.associations.insert(stored.id.as_str().to_owned(), found.clone());
    Ok(found)
}

async fn look_up(log: &dyn ActivityLog, pass: &Pass, emails: Vec<String>, domains: Vec<String>, meeting: &Meeting) -> Result<Associations> {
    if emails.is_empty() && domains.is_empty() {
        return Ok(Associations::default());
    }
    let query = AssociationQuery { emails, domains, at: meeting.when.start() };
    Ok(log.associations(&pass.session, &query).await?)
}

/// A contact that this connection created or read, even before the CRM's search knows it.
async fn own_link(pass: &Pass, email: &str) -> Result<Option<String>> {
    for record in pass.workspace.find(&contact_key(email)).await? {
        let links = pass.workspace.links_of(&record).await?;
        let own =
            links.into_iter().find(|link| link.connection == pass.connection.id && link.capability == Capability::Contacts && !link.gone);
        if own.is_some() {
            return Ok(own.map(|link| link.remote_id));
        }
    }
    Ok(None)
}

/// Of several deals at most one; `Ask` chooses none of several.
fn choose_deal(rule: DealRule, mut deals: Vec<Deal>, meeting: &Meeting) -> Option<Deal> {
    if deals.len() < 2 {
        return deals.pop();
    }
    deals.sort_by(|one, other| other.modified.cmp(&one.modified).then_with(|| one.id.cmp(&other.id)));
    match rule {
        DealRule::Ask => None,
        DealRule::MostRecent => deals.into_iter().next(),
        DealRule::OwnerInMeeting => {
            let here: BTreeSet<String> =
                people(meeting).chain(meeting.organizer.iter()).filter_map(|person| person.email.as_deref()).map(normal_email).collect();
            let owned = deals.iter().position(|deal| deal.owner.as_deref().is_some_and(|owner| here.contains(&normal_email(owner))));
            Some(deals.swap_remove(owned.unwrap_or(0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deal(id: &str, owner: Option<&str>, modified: &str) -> Deal {
        Deal {
            id: id.into(),
            name: id.into(),
            owner: owner.map(str::to_owned),
            opened: None,
            closes: None,
            modified: Some(modified.parse().unwrap()),
            closed: false,
        }
    }

    #[test]
    fn of_several_deals_the_rule_chooses() {
        let day = jiff::civil::date(2026, 3, 2);
        let mut meeting = Meeting::new("Renewal", model::When::AllDay { first: day, last: day });
        meeting.organizer = Some(model::Person { email: Some("Marketing@demo.example".into()), ..model::Person::default() });
        let deals = || vec![deal("old", Some("marketing@demo.example"), "2026-01-01T00:00:00Z"), deal("new", None, "2026-02-01T00:00:00Z")];
        assert_eq!(choose_deal(DealRule::OwnerInMeeting, deals(), &meeting).unwrap().id, "old");
        assert_eq!(choose_deal(DealRule::MostRecent, deals(), &meeting).unwrap().id, "new");
        assert_eq!(choose_deal(DealRule::Ask, deals(), &meeting), None);
        assert_eq!(choose_deal(DealRule::Ask, vec![deal("only", None, "2026-01-01T00:00:00Z")], &meeting).unwrap().id, "only");
    }
}
