//! Tasks: what people changed on the issues that came from action items. Other issues of the tool are none of ours.

use std::collections::HashMap;

use connector_kit::Remote;
use model::action_item::Task;
use model::{ActionItem, Fields, Record};
use serde_json::json;
use store::Step;
use store::links::Link;
use store::records::Save;

use super::two_way::{Triple, loses, noted, revives, told};
use crate::error::Result;
use crate::pass::Pass;
use crate::pull::Absorb;

/// The fields that flow both ways.
pub(crate) const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];
/// Where a link's base remembers the owner as we had it, when the tool could not hold that person.
pub(crate) const OUR_OWNER: &str = "~owner";

impl Absorb for Task {
    async fn absorb(pass: &mut Pass, step: &mut Step, remotes: Vec<Remote<Self>>, links: HashMap<String, Link>) -> Result<bool> {
        let (mut saves, mut new_links, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for remote in remotes {
            let Some(link) = links.get(&remote.id) else { continue };
            let theirs = Fields::of(&remote.item).only(&TWO_WAY);
            if !link.gone && link.base.only(&TWO_WAY) == theirs {
                pass.run.counts.unchanged += 1;
                continue;
            }
            let Some(stored) = step.record(&link.record).await? else { continue };
            if stored.deleted && !revives(pass, Some(link), &theirs) {
                continue;
            }
            let Record::ActionItem(item) = &stored.record else { continue };
            let ours = as_task_tool_would_hold(item, &link.base);
            let ours_at = step.workspace().history(&stored.id, 1).await?.first().map(|change| change.at);
            let triple = Triple { base: &link.base.only(&TWO_WAY), ours: &ours, theirs: &theirs, ours_at, theirs_at: remote.modified };
            let merged = triple.merge(&pass.settings);
            let after = apply(item, &ours, &merged.fields);
            let noted = noted(&merged);
            pass.overwrites += u64::from(loses(&ours, &merged));
            items.extend(told(pass, &stored.id, &item.text, &noted));
            if after == *item && noted.is_empty() && !stored.deleted {
                pass.run.counts.unchanged += 1;
            } else {
                pass.run.counts.updated += 1;
                let before = Some(stored.record.fields());
                saves.push(Save {
                    id: stored.id.clone(),
                    record: Record::ActionItem(after.clone()),
                    before,
                    keys: Vec::new(),
                    deleted: false,
                    noted,
                });
            }
            let mut base = theirs;
            base.set(OUR_OWNER, json!(after.owner));
            new_links.push(Link {
                base,
                version: remote.version,
                url: remote.url.or_else(|| link.url.clone()),
                gone: false,
                at: step.at(),
                ..link.clone()
            });
        }
        if new_links.is_empty() {
            return Ok(false);
        }
        let origin = pass.origin();
        step.save(saves, &origin, Some(&pass.run.id)).await?;
        step.save_links(&new_links).await?;
        step.save_items(&items).await?;
        Ok(true)
    }
}

/// Our item's two-way fields as the tool would show them: an owner unchanged since the last agreement is the one it showed then.
pub(crate) fn as_task_tool_would_hold(item: &ActionItem, base: &Fields) -> Fields {
    let mut ours = Fields::of(item).only(&TWO_WAY);
    if *ours.get("owner") == *base.get(OUR_OWNER) {
        ours.set("owner", base.get("owner").clone());
    }
    ours
}

/// The item with the fields that the merge changed.
fn apply(item: &ActionItem, ours: &Fields, merged: &Fields) -> ActionItem {
    let mut fields = Fields::of(item);
    for name in TWO_WAY {
        if ours.get(name) != merged.get(name) {
            fields.set(name, merged.get(name).clone());
        }
    }
    fields.to().unwrap_or_else(|_| item.clone())
}

#[cfg(test)]
mod tests {
    use model::Person;

    use super::*;

    #[test]
    fn an_owner_whom_the_tool_does_not_know_is_not_lost_by_an_echo() {
        let item = ActionItem {
            text: "Send the plan".into(),
            owner: Some(Person { name: Some("Marketing".into()), ..Person::default() }),
            ..ActionItem::default()
        };
        let mut base = Fields::of(&item).only(&TWO_WAY);
        base.set("owner", serde_json::Value::Null);
        base.set(OUR_OWNER, json!(item.owner));
        let ours = as_task_tool_would_hold(&item, &base);
        assert_eq!(ours, base.only(&TWO_WAY), "nothing changed on our side");
        let mut theirs = ours.clone();
        theirs.set("progress", json!("done"));
        let after = apply(&item, &ours, &theirs);
        assert_eq!((after.owner, after.progress), (item.owner, model::Progress::Done));
    }
}
