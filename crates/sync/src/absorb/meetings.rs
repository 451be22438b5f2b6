//! Meetings: one record from several sources. A calendar decides title, time and invitations; a recording adds who came and
//! what was said; a caller's word holds. Participants are united, and those from outside become contacts.

use std::collections::HashMap;

use connector_kit::Remote;
use jiff::SignedDuration;
use model::change::Origin;
use model::fields::{Owner, Side};
use model::record::Kind;
use model::{Contact, Fields, Meeting, Participant, Person, Record, RecordId, RunId};
use store::Step;
use store::links::Link;
use store::records::{Listing, Save, Stored};

use crate::error::Result;
use crate::matching::{choose, contact_key, external_people, meeting_keys, same_participant};
use crate::pass::Pass;
use crate::pull::Absorb;

/// Whose word a sighting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    Calendar,
    Recording,
    Caller,
}

/// A meeting as one source sees it.
pub(crate) struct Sighting<'a> {
    pub seen: &'a Meeting,
    pub authority: Authority,
    /// The record and the base, where this source's object is linked already.
    pub link: Option<&'a Link>,
    pub own_domains: &'a [String],
    pub origin: &'a Origin,
    pub run: Option<&'a RunId>,
}

/// Where a sighting went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    Created,
    Updated,
    Unchanged,
}

impl Absorb for Meeting {
    async fn absorb(pass: &mut Pass, step: &mut Step, remotes: Vec<Remote<Self>>, links: HashMap<String, Link>) -> Result<bool> {
        let origin = pass.origin();
        let mut new_links = Vec::new();
        for remote in remotes {
            let (link, theirs) = (links.get(&remote.id), Fields::of(&remote.item));
            if link.is_some_and(|link| !link.gone && link.base == theirs) {
                pass.run.counts.unchanged += 1;
                continue;
            }
            let sighting = Sighting {
                seen: &remote.item,
                authority: Authority::Calendar,
                link,
                own_domains: &pass.own_domains,
                origin: &origin,
                run: Some(&pass.run.id),
            };
            let (record, placed) = place_meeting(step, &sighting).await?;
            count(pass, placed);
            new_links.push(link_of(pass, step, remote.id, record, remote.version, remote.url, theirs));
        }
        step.save_links(&new_links).await?;
        Ok(!new_links.is_empty())
    }
}

pub(super) fn count(pass: &mut Pass, placed: Placed) {
    let counts = &mut pass.run.counts;
    match placed {
        Placed::Created => counts.created += 1,
        Placed::Updated => counts.updated += 1,
        Placed::Unchanged => counts.unchanged += 1,
    }
}

pub(super) fn link_of(
    pass: &Pass,
    step: &Step,
    remote_id: String,
    record: RecordId,
    version: Option<String>,
    url: Option<String>,
    base: Fields,
) -> Link {
    Link {
        connection: pass.connection.id.clone(),
        capability: pass.stream.capability,
        remote_id,
        record,
        version,
        url,
        base,
        gone: false,
        place: pass.place.clone(),
        at: step.at(),
    }
}

/// Finds the record that a sighting is of, or makes one, and saves what it adds.
pub(crate) async fn place_meeting(step: &mut Step, sighting: &Sighting<'_>) -> Result<(RecordId, Placed)> {
    step.alone().await?;
    let found = find(step, sighting).await?;
    let (id, before, meeting, placed) = if let Some(stored) = found {
        let Record::Meeting(known) = &stored.record else { return Ok((stored.id, Placed::Unchanged)) };
        let after = merged(known, sighting);
        let placed = if after == *known && !stored.deleted { Placed::Unchanged } else { Placed::Updated };
        (stored.id.clone(), Some(stored.record.fields()), after, placed)
    } else {
        (RecordId::new(Kind::Meeting, step.workspace().store().env()), None, sighting.seen.clone(), Placed::Created)
    };
    let mut saves = new_contacts(step, &meeting, sighting.own_domains).await?;
    if placed != Placed::Unchanged {
        saves.push(saved(id.clone(), meeting, before));
    }
    step.save(saves, sighting.origin, sighting.run).await?;
    Ok((id, placed))
}

fn saved(id: RecordId, meeting: Meeting, before: Option<Fields>) -> Save {
    let keys = meeting_keys(&meeting);
    Save { id, record: Record::Meeting(meeting), before, keys, deleted: false, noted: Vec::new() }
}

async fn find(step: &mut Step, sighting: &Sighting<'_>) -> Result<Option<Stored>> {
    if let Some(link) = sighting.link {
        return Ok(step.record(&link.record).await?);
    }
    let mut ids: Vec<RecordId> = step.find(&meeting_keys(sighting.seen)).await?.into_iter().map(|(_, id)| id).collect();
    ids.sort();
    ids.dedup();
    let by_key = step.records(&ids).await?;
    let (start, near) = (sighting.seen.when.start(), SignedDuration::from_mins(5));
    let listing =
        Listing { from: (start - near).as_millisecond(), until: (start + near).as_millisecond() + 1, ..Listing::all(Kind::Meeting, 50) };
    let by_time = step.workspace().list(&listing).await?.into_iter().filter(|stored| !ids.contains(&stored.id));
    let mut candidates: Vec<Stored> = by_key.into_iter().chain(by_time).filter(|stored| !stored.deleted).collect();
    let meetings = candidates.iter().filter_map(|stored| if let Record::Meeting(meeting) = &stored.record { Some(meeting) } else { None });
    Ok(choose(meetings, sighting.seen).map(|at| candidates.swap_remove(at)))
}

fn merged(known: &Meeting, sighting: &Sighting<'_>) -> Meeting {
    let (ours, theirs) = (Fields::of(known), Fields::of(sighting.seen));
    let fields = match sighting.link {
        Some(link) => {
            let owner = if sighting.authority == Authority::Recording { Owner::Ours } else { Owner::Theirs };
            link.base.merge(&ours, &theirs, |_| owner, Side::Theirs).fields
        }
        None => fill(&ours, &theirs, sighting.authority != Authority::Recording),
    };
    let mut after: Meeting = fields.to().unwrap_or_else(|_| known.clone());
    after.participants = united(known, sighting);
    after.tags = known.tags.iter().chain(sighting.seen.tags.iter().filter(|tag| !known.tags.contains(tag))).cloned().collect();
    let (one, other) = (&known.identity, &sighting.seen.identity);
    after.identity = model::Identity {
        ical_uid: one.ical_uid.clone().or_else(|| other.ical_uid.clone()),
        recurrence_id: one.recurrence_id.clone().or_else(|| other.recurrence_id.clone()),
        conference_id: one.conference_id.clone().or_else(|| other.conference_id.clone()),
        key: one.key.clone().or_else(|| other.key.clone()),
    };
    after
}

/// Both sides' values; where both have one, the preferred side's.
fn fill(ours: &Fields, theirs: &Fields, prefer_theirs: bool) -> Fields {
    let (mut all, over) = if prefer_theirs { (ours.clone(), theirs) } else { (theirs.clone(), ours) };
    for (name, value) in over.iter() {
        all.set(name, value.clone());
    }
    all
}

/// The union of both lists; someone whom the calendar uninvited, and who did not come, is left out.
fn united(known: &Meeting, sighting: &Sighting<'_>) -> Vec<Participant> {
    let before: Vec<Participant> =
        sighting.link.and_then(|link| serde_json::from_value(link.base.get("participants").clone()).ok()).unwrap_or_default();
    let seen = &sighting.seen.participants;
    let same = same_participant;
    let uninvited = |one: &Participant| {
        sighting.authority == Authority::Calendar
            && !one.attended
            && before.iter().any(|old| same(old, one))
            && !seen.iter().any(|new| same(new, one))
    };
    let mut all: Vec<Participant> = known.participants.iter().filter(|one| !uninvited(one)).cloned().collect();
    for new in seen {
        match all.iter_mut().find(|one| same(one, new)) {
            Some(one) => {
                // The invited address is the one that the meeting knows somebody by.
                if new.invited && !one.invited && new.person.email.is_some() {
                    one.person.email = None;
                }
                one.invited |= new.invited;
                one.attended |= new.attended;
                let (had, has) = (&mut one.person, &new.person);
                had.name = had.name.take().or_else(|| has.name.clone());
                had.email = had.email.take().or_else(|| has.email.clone());
                had.phone = had.phone.take().or_else(|| has.phone.clone());
            }
            None => all.push(new.clone()),
        }
    }
    all
}

/// Participants from outside whom nobody knows yet become contacts.
async fn new_contacts(step: &mut Step, meeting: &Meeting, own_domains: &[String]) -> Result<Vec<Save>> {
    let mut outside: HashMap<String, &Person> = HashMap::new();
    for (person, email) in external_people(meeting, own_domains) {
        outside.entry(email).or_insert(person);
    }
    let keys: Vec<String> = outside.keys().map(|email| contact_key(email)).collect();
    let known: Vec<String> = step.find(&keys).await?.into_iter().map(|(key, _)| key).collect();
    let mut new: Vec<(String, &Person)> = outside.into_iter().filter(|(email, _)| !known.contains(&contact_key(email))).collect();
    new.sort_by(|one, other| one.0.cmp(&other.0));
    let env = step.workspace().store().env();
    Ok(new
        .into_iter()
        .map(|(email, person)| Save {
            id: RecordId::new(Kind::Contact, env),
            keys: vec![contact_key(&email)],
            record: Record::Contact(contact(person, email)),
            before: None,
            deleted: false,
            noted: Vec::new(),
        })
        .collect())
}

/// The last word of a name is the last name; a single word is a first name.
fn contact(person: &Person, email: String) -> Contact {
    let name = person.name.as_deref().map(str::trim).filter(|name| !name.is_empty() && !name.contains('@'));
    let (first, last) = match name.and_then(|name| name.rsplit_once(' ')) {
        Some((first, last)) => (Some(first.trim().to_owned()), Some(last.to_owned())),
        None => (name.map(str::to_owned), None),
    };
    Contact { email: Some(email), first_name: first, last_name: last, phone: person.phone.clone(), ..Contact::default() }
}
