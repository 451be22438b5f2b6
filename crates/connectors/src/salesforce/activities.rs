//! Meetings as events or tasks: one activity per meeting, its people, and a note for what its description cannot hold.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{ActivityLog, AssociationQuery, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::person::normal_email;
use model::settings::Destination;
use model::{Activity, Associations, Progress};
use serde_json::{Map, Value, json};

use super::Salesforce;
use super::choices::{self, Choices};
use super::collections::{self, By, MOST, Write};
use super::map::{self, Related};
use super::notes::{self, Sheet};
use super::wire::{DescribedField, Relation};
use super::{associations, fields, mark, soql, users};

/// Said at the end of a description that goes on in a note.
const GOES_ON: &str = "\n\n(The whole text is in the note on this activity.)";

#[async_trait]
impl Sink<Activity> for Salesforce {
    fn batch(&self) -> usize {
        MOST
    }

    async fn push(&self, session: &Session, items: &[Outbound<Activity>]) -> Vec<Result<Receipt>> {
        match push(session, items).await {
            Ok(results) => results,
            Err(error) => items.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn find(&self, session: &Session, item: &Outbound<Activity>) -> Result<Option<Receipt>> {
        for object in ["Event", "Task"] {
            if let Some(found) = mark::find(session, object, &item.record).await? {
                return Ok(Some(receipt(session, found.id).await?));
            }
        }
        Ok(None)
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        for (_, note) in notes::overflow(session, &[id.to_owned()]).await? {
            collections::delete(session, "ContentNote", &note).await?;
        }
        collections::delete(session, map::object_of(id), id).await
    }

    /// What a meeting is logged as. Where the set-up is not complete, the choice says what is missing.
    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>> {
        let mut kinds = Vec::new();
        for (id, name) in [("Event", "Events"), ("Task", "Tasks")] {
            let name = if mark::is_set_up(session, id).await? {
                name.to_owned()
            } else {
                format!(
                    "{name} (an admin should first add the field {} to activities: Text, 50 characters, unique, external ID)",
                    mark::MARK
                )
            };
            kinds.push(Destination { id: id.to_owned(), name });
        }
        Ok(kinds)
    }
}

#[async_trait]
impl ActivityLog for Salesforce {
    async fn associations(&self, session: &Session, query: &AssociationQuery) -> Result<Associations> {
        associations::find(session, query).await
    }

    async fn properties(&self, session: &Session, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>> {
        let values = fields::values(session, map::object_of(id), id, names).await?;
        Ok(values.into_iter().map(|(name, value)| (name, fields::text(&value))).collect())
    }
}

/// What a push of activities needs to know of the organisation.
struct Known {
    owners: BTreeMap<String, String>,
    choices: Option<Choices>,
    fields: BTreeMap<&'static str, Vec<DescribedField>>,
}

async fn push(session: &Session, items: &[Outbound<Activity>]) -> Result<Vec<Result<Receipt>>> {
    let known = known(session, items).await?;
    let writes: Vec<Result<Write>> = items.iter().map(|item| write(session, item, &known)).collect();
    let good: Vec<Write> = writes.iter().flatten().cloned().collect();
    let mut written = collections::write(session, &good).await.into_iter();
    let mut results: Vec<Result<String>> = Vec::with_capacity(items.len());
    for (item, write) in items.iter().zip(writes) {
        let result = match write {
            Err(error) => Err(error),
            Ok(write) => match written.next() {
                Some(Err(error)) if mark::is_missing(&error) => without_mark(session, item, write).await,
                Some(result) => result,
                None => Err(connector_kit::Error::protocol("an activity was left out").in_doubt()),
            },
        };
        results.push(result);
    }
    relate(session, items, &mut results).await;
    carry_over(session, items, &mut results).await;
    let base = session.base_url().await?;
    let receipt = |id: String| Receipt { url: Some(map::url(&base, &id)), id, version: None, seen: None };
    Ok(results.into_iter().map(|result| result.map(receipt)).collect())
}

async fn receipt(session: &Session, id: String) -> Result<Receipt> {
    let url = Some(map::url(&session.base_url().await?, &id));
    Ok(Receipt { id, version: None, url, seen: None })
}

/// What an activity is logged as: what it is already, else as chosen.
fn object_of(item: &Outbound<Activity>) -> &'static str {
    let is_task = match (&item.link, &item.destination) {
        (Some(link), _) => map::object_of(&link.id) == "Task",
        (None, Some(destination)) => destination.id == "Task",
        (None, None) => false,
    };
    if is_task { "Task" } else { "Event" }
}

async fn known(session: &Session, items: &[Outbound<Activity>]) -> Result<Known> {
    let owners = users::ids(session, items.iter().filter_map(|item| item.item.owner.as_deref())).await?;
    let objects: BTreeSet<&'static str> = items.iter().map(object_of).collect();
    let choices = if objects.contains("Task") { Some(choices::read(session).await?) } else { None };
    let mut described = BTreeMap::new();
    for object in objects {
        if items.iter().any(|item| !item.properties.is_empty() && object_of(item) == object) {
            described.insert(object, fields::describe(session, object).await?);
        }
    }
    Ok(Known { owners, choices, fields: described })
}

fn write(session: &Session, item: &Outbound<Activity>, known: &Known) -> Result<Write> {
    let (activity, object) = (&item.item, object_of(item));
    let owner = activity.owner.as_deref().and_then(|email| known.owners.get(&normal_email(email)));
    let related = map::related(&activity.associations);
    let text = description(activity);
    let mut values = match &known.choices {
        Some(choices) if object == "Task" => {
            let progress = if activity.end <= session.now() || activity.cancelled { Progress::Done } else { Progress::Open };
            map::logged_task(activity, &text, &related, owner, choices.status(progress)?)
        }
        _ => map::event(activity, &text, &related, owner),
    };
    if let Some(described) = known.fields.get(object) {
        values.extend(fields::typed(described, &item.properties)?);
    }
    let by = item.link.as_ref().map_or_else(|| By::Mark(item.record.to_string()), |link| By::Id(link.id.clone()));
    Ok(Write { object, by, fields: values })
}

/// The text as far as it fits; a hundred characters stay free for the line that stands in for the mark.
fn description(activity: &Activity) -> String {
    if !is_long(activity) {
        return activity.body.clone();
    }
    let most = map::DESCRIPTION - 100 - GOES_ON.chars().count();
    format!("{}{GOES_ON}", map::shortened(&activity.body, most))
}

fn is_long(activity: &Activity) -> bool {
    activity.body.chars().count() > map::DESCRIPTION - 100
}

/// Where the organisation has no field for our mark yet: looks for the line first, and makes the activity only if it is not there.
async fn without_mark(session: &Session, item: &Outbound<Activity>, mut write: Write) -> Result<String> {
    let text = write.fields.get("Description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{text}\n\n{}", mark::line(&item.record));
    write.fields.insert("Description".to_owned(), json!(text));
    let found = mark::find_by_line(session, write.object, &item.record).await?;
    write.by = found.map_or(By::New, |found| By::Id(found.id));
    collections::write(session, &[write]).await.remove(0)
}

/// Adds those who took part beside the first. Whom people added stays; an item whose relations fail has failed, and finds its activity
/// by the mark when it is sent again.
async fn relate(session: &Session, items: &[Outbound<Activity>], results: &mut [Result<String>]) {
    let mut wanted: Vec<(usize, String, Vec<String>)> = Vec::new();
    for (place, (item, result)) in items.iter().zip(results.iter()).enumerate() {
        let Related { others, .. } = map::related(&item.item.associations);
        if let (Ok(id), "Event", false) = (result, object_of(item), others.is_empty()) {
            wanted.push((place, id.clone(), others));
        }
    }
    if wanted.is_empty() {
        return;
    }
    let ids: Vec<String> = wanted.iter().map(|(_, id, _)| id.clone()).collect();
    let present: Result<Vec<Relation>> =
        soql::all_in(session, "SELECT EventId, RelationId FROM EventRelation WHERE EventId IN", &ids).await;
    let present = match present {
        Ok(present) => present,
        Err(error) => {
            for (place, ..) in wanted {
                results[place] = Err(error.clone());
            }
            return;
        }
    };
    let is_there = |event: &str, person: &str| {
        present.iter().any(|relation| relation.event_id == event && relation.relation_id.as_deref() == Some(person))
    };
    let mut places = Vec::new();
    let mut writes = Vec::new();
    for (place, event, others) in &wanted {
        for person in others.iter().filter(|person| !is_there(event, person)) {
            let values: Map<String, Value> = [("EventId", json!(event)), ("RelationId", json!(person))]
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect();
            places.push(*place);
            writes.push(Write { object: "EventRelation", by: By::New, fields: values });
        }
    }
    for (place, result) in places.into_iter().zip(collections::write(session, &writes).await) {
        match result {
            Err(error) if error.kind != connector_kit::ErrorKind::Conflict => results[place] = Err(error),
            _ => {}
        }
    }
}

/// Puts long texts whole into a note each, and takes away those that an earlier, longer text left.
async fn carry_over(session: &Session, items: &[Outbound<Activity>], results: &mut [Result<String>]) {
    let mut short = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        let Ok(id) = results[place].clone() else { continue };
        if is_long(&item.item) {
            let (tag, title, text) = (mark::tag(&item.record, 1), item.item.title.clone(), item.item.body.clone());
            if let Err(error) = notes::write(session, &Sheet { tag, title, text, id: None, on: vec![id] }).await {
                results[place] = Err(error);
            }
        } else if item.link.is_some() {
            short.insert(id, place);
        }
    }
    let ids: Vec<String> = short.keys().cloned().collect();
    let left = match notes::overflow(session, &ids).await {
        Ok(left) => left,
        Err(error) => {
            for place in short.into_values() {
                results[place] = Err(error.clone());
            }
            return;
        }
    };
    for (activity, note) in left {
        if let (Some(place), Err(error)) = (short.get(&activity), collections::delete(session, "ContentNote", &note).await) {
            results[*place] = Err(error);
        }
    }
}
