//! Contacts: found by link, else by address; merged field by field.

use std::collections::HashMap;

use connector_kit::Remote;
use model::person::normal_email;
use model::record::Kind;
use model::{Contact, Fields, Record, RecordId};
use store::Step;
use store::links::Link;
use store::records::{Save, Stored};

use super::two_way::{Triple, loses, noted, revives, told};
use crate::error::Result;
use crate::matching::contact_key;
use crate::pass::Pass;
use crate::pull::Absorb;

impl Absorb for Contact {
    async fn absorb(pass: &mut Pass, step: &mut Step, remotes: Vec<Remote<Self>>, links: HashMap<String, Link>) -> Result<bool> {
        let fresh = fresh(pass, remotes, &links);
        if fresh.is_empty() {
            return Ok(false);
        }
        step.alone().await?;
        let mut known = known_records(step, &fresh, &links).await?;
        let (mut saves, mut new_links, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for (remote, theirs) in fresh {
            let found = match links.get(&remote.id) {
                Some(link) => known.by_id.get(&link.record),
                None => remote
                    .item
                    .email
                    .as_deref()
                    .and_then(|email| known.by_email.get(&normal_email(email)))
                    .and_then(|id| known.by_id.get(id)),
            };
            let link = links.get(&remote.id);
            let (id, save) = match found {
                // Deleted here: only an edit at the tool that met no word of ours yet brings it back (FAULTS.md F60).
                Some(stored) if stored.deleted && !revives(pass, link, &theirs) => {
                    pass.run.counts.unchanged += 1;
                    continue;
                }
                None => create(pass, &remote.item, &theirs),
                Some(stored) => merge(pass, step, &remote, &theirs, link, stored, &mut items).await?,
            };
            if let (Some(save), Some(email)) = (&save, &remote.item.email) {
                known.by_email.insert(normal_email(email), id.clone());
                known.by_id.insert(id.clone(), Stored { id: id.clone(), record: save.record.clone(), seq: 0, deleted: save.deleted });
            }
            saves.extend(save);
            new_links.push(Link {
                connection: pass.connection.id.clone(),
                capability: pass.stream.capability,
                remote_id: remote.id,
                record: id,
                version: remote.version,
                url: remote.url,
                base: theirs,
                gone: false,
                place: pass.place.clone(),
                at: step.at(),
            });
        }
        let origin = pass.origin();
        // What was only read into new records cannot differ from the tool: its push need not look at it.
        let only_read = saves.len() == new_links.len() && saves.iter().all(|save| save.before.is_none());
        let saved = step.save(saves, &origin, Some(&pass.run.id)).await?;
        if let (true, Some((_, first)), Some((_, last))) = (only_read, saved.first(), saved.last()) {
            step.pass_over(&pass.connection.id, pass.stream.capability, *first..=*last).await?;
        }
        step.save_links(&new_links).await?;
        step.save_items(&items).await?;
        Ok(true)
    }
}

/// The contacts that differ from what was last agreed.
fn fresh(pass: &mut Pass, remotes: Vec<Remote<Contact>>, links: &HashMap<String, Link>) -> Vec<(Remote<Contact>, Fields)> {
    let with_fields = remotes.into_iter().map(|remote| {
        let theirs = Fields::of(&remote.item);
        (remote, theirs)
    });
    with_fields
        .filter(|(remote, theirs)| {
            let known = links.get(&remote.id).is_some_and(|link| !link.gone && link.base.agreed() == *theirs);
            pass.run.counts.unchanged += u64::from(known);
            !known
        })
        .collect()
}

struct Known {
    by_id: HashMap<RecordId, Stored>,
    by_email: HashMap<String, RecordId>,
}

async fn known_records(step: &mut Step, fresh: &[(Remote<Contact>, Fields)], links: &HashMap<String, Link>) -> Result<Known> {
    let unlinked = fresh.iter().filter(|(remote, _)| !links.contains_key(&remote.id));
    let keys: Vec<String> = unlinked.filter_map(|(remote, _)| remote.item.email.as_deref().map(contact_key)).collect();
    let by_key = step.find(&keys).await?;
    let mut ids: Vec<RecordId> = links.values().map(|link| link.record.clone()).collect();
    ids.extend(by_key.iter().map(|(_, id)| id.clone()));
    ids.sort();
    ids.dedup();
    let by_id: HashMap<RecordId, Stored> = step.records(&ids).await?.into_iter().map(|stored| (stored.id.clone(), stored)).collect();
    let prefix = contact_key("");
    let by_email = by_key.into_iter().filter(|(_, id)| by_id.get(id).is_some_and(|stored| !stored.deleted));
    Ok(Known { by_email: by_email.map(|(key, id)| (key.trim_start_matches(&prefix).to_owned(), id)).collect(), by_id })
}

fn create(pass: &mut Pass, contact: &Contact, theirs: &Fields) -> (RecordId, Option<Save>) {
    let id = RecordId::new(Kind::Contact, pass.hub.env());
    pass.run.counts.created += 1;
    let keys = contact.email.as_deref().map(contact_key).into_iter().collect();
    debug_assert!(!theirs.is_empty() || contact == &Contact::default());
    let save = Save { id: id.clone(), record: Record::Contact(contact.clone()), before: None, keys, deleted: false, noted: Vec::new() };
    (id, Some(save))
}

async fn merge(
    pass: &mut Pass,
    step: &mut Step,
    remote: &Remote<Contact>,
    theirs: &Fields,
    link: Option<&Link>,
    stored: &Stored,
    items: &mut Vec<store::items::Item>,
) -> Result<(RecordId, Option<Save>)> {
    let ours = stored.record.fields();
    let nothing = Fields::default();
    let ours_at = if link.is_some() { step.workspace().history(&stored.id, 1).await?.first().map(|change| change.at) } else { None };
    let triple =
        Triple { base: &link.map_or(nothing, |link| link.base.agreed()), ours: &ours, theirs, ours_at, theirs_at: remote.modified };
    let merged = triple.merge(&pass.settings);
    let noted = noted(&merged);
    pass.overwrites += u64::from(link.is_some() && loses(&ours, &merged));
    let contact: Contact = merged.fields.to().unwrap_or_else(|_| remote.item.clone());
    items.extend(told(pass, &stored.id, &contact.label(), &noted));
    if merged.fields == ours && noted.is_empty() && !stored.deleted {
        pass.run.counts.unchanged += 1;
        return Ok((stored.id.clone(), None));
    }
    pass.run.counts.updated += 1;
    let keys = contact.email.as_deref().map(contact_key).into_iter().collect();
    let save = Save { id: stored.id.clone(), record: Record::Contact(contact), before: Some(ours), keys, deleted: false, noted };
    Ok((stored.id.clone(), Some(save)))
}
