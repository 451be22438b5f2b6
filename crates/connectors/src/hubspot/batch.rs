//! Writing and reading many objects in one call: upsert by our mark or by e-mail, update by id, each item with its own result.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::{Error, ErrorKind, Result, Session};

use super::property::{self, MARK};
use super::wire::{BatchAnswer, BatchRead, ErrorBody, IdInput, Inputs, Record, WriteInput};
use super::{error, map};

/// Most inputs of a batch call on objects ("Batch operations are limited to 100 records at a time").
pub(super) const MOST: usize = 100;

/// How the object to write is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// HubSpot's id: an update.
    Id,
    /// Our property with unique values: an upsert.
    Mark,
    /// The address of a contact: an upsert.
    Email,
}

impl By {
    const fn property(self) -> Option<&'static str> {
        match self {
            Self::Id => None,
            Self::Mark => Some(MARK),
            Self::Email => Some("email"),
        }
    }

    const fn action(self) -> &'static str {
        match self {
            Self::Id => "update",
            Self::Mark | Self::Email => "upsert",
        }
    }
}

/// One object to write.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub by: By,
    pub id: String,
    pub properties: BTreeMap<String, String>,
}

/// Writes all; one result each, in order. Safe to repeat: every item names its object.
pub(super) async fn write(session: &Session, object: &str, writes: &[Write]) -> Vec<Result<Record>> {
    let mut results: Vec<Option<Result<Record>>> = writes.iter().map(|_| None).collect();
    for (by, places) in calls(writes) {
        let mut answers = call(session, object, by, writes, &places).await;
        if by == By::Mark && answers.iter().all(is_refused) {
            match property::ensure(session, object).await {
                Ok(true) => answers = call(session, object, by, writes, &places).await,
                Ok(false) => {}
                Err(error) => answers = places.iter().map(|_| Err(error.clone())).collect(),
            }
        }
        if places.len() > 1 && answers.iter().all(is_refused) {
            // One bad item can make HubSpot refuse the whole call; alone, each gets its own verdict.
            for (answer, place) in answers.iter_mut().zip(&places) {
                let alone = call(session, object, by, writes, &[*place]).await;
                *answer = alone.into_iter().next().unwrap_or_else(|| Err(unmentioned()));
            }
        }
        for (place, answer) in places.into_iter().zip(answers) {
            results[place] = Some(answer);
        }
    }
    results.into_iter().map(|result| result.unwrap_or_else(|| Err(unmentioned()))).collect()
}

fn is_refused(answer: &Result<Record>) -> bool {
    answer.as_ref().is_err_and(|error| matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Conflict))
}

/// Which items go into which call: of one kind, `MOST` at most, and no object twice (HubSpot refuses that).
fn calls(writes: &[Write]) -> Vec<(By, Vec<usize>)> {
    let mut calls: Vec<(By, BTreeSet<&str>, Vec<usize>)> = Vec::new();
    for (place, write) in writes.iter().enumerate() {
        let open = calls.iter_mut().find(|(by, ids, places)| *by == write.by && places.len() < MOST && !ids.contains(write.id.as_str()));
        if let Some((_, ids, places)) = open {
            ids.insert(&write.id);
            places.push(place);
        } else {
            calls.push((write.by, BTreeSet::from([write.id.as_str()]), vec![place]));
        }
    }
    calls.into_iter().map(|(by, _, places)| (by, places)).collect()
}

async fn call(session: &Session, object: &str, by: By, writes: &[Write], places: &[usize]) -> Vec<Result<Record>> {
    let inputs = places
        .iter()
        .map(|place| WriteInput {
            id: &writes[*place].id,
            id_property: by.property(),
            // With it HubSpot answers 207 and says which input failed, instead of refusing all of them.
            object_write_trace_id: place.to_string(),
            properties: &writes[*place].properties,
        })
        .collect();
    let target = format!("/crm/v3/objects/{object}/batch/{}", by.action());
    match session.post(target).json(&Inputs { inputs }).repeatable().fetch::<BatchAnswer<Record>>().await {
        Ok(answer) => places.iter().map(|place| own(&answer, by, *place, &writes[*place])).collect(),
        Err(error) => places.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// The answer's part about one input: by its trace, else by the value that named it.
fn own(answer: &BatchAnswer<Record>, by: By, place: usize, write: &Write) -> Result<Record> {
    let trace = place.to_string();
    let same = |record: &&Record| match (&record.object_write_trace_id, by.property()) {
        (Some(known), _) => *known == trace,
        (None, None) => record.id == write.id,
        (None, Some(name)) => map::value(record, name).is_some_and(|value| value.eq_ignore_ascii_case(&write.id)),
    };
    if let Some(record) = answer.results.iter().find(same) {
        return Ok(record.clone());
    }
    let listed = |error: &&ErrorBody, name: &str, text: &str| error.context.get(name).is_some_and(|all| all.iter().any(|one| one == text));
    let mine = answer
        .errors
        .iter()
        .find(|error| listed(error, "objectWriteTraceId", &trace))
        .or_else(|| answer.errors.iter().find(|error| listed(error, "ids", &write.id) || listed(error, "id", &write.id)))
        .or_else(|| answer.errors.iter().find(|error| !error.context.contains_key("objectWriteTraceId")));
    Err(mine.map_or_else(unmentioned, error::classify_item))
}

fn unmentioned() -> Error {
    Error::protocol("HubSpot's answer to a batch leaves this item out").in_doubt()
}

/// Reads those of the objects that exist; `by` names a property with unique values, `None` means ids.
pub(super) async fn read(session: &Session, object: &str, by: Option<&str>, ids: &[String], properties: &[&str]) -> Result<Vec<Record>> {
    let mut found = Vec::new();
    for some in ids.chunks(MOST) {
        let inputs = some.iter().map(|id| IdInput { id }).collect();
        let body = BatchRead { id_property: by, inputs, properties, properties_with_history: &[] };
        let answer: BatchAnswer<Record> =
            session.post(format!("/crm/v3/objects/{object}/batch/read")).json(&body).repeatable().fetch().await?;
        found.extend(answer.results);
    }
    Ok(found)
}

/// The values of one object's properties; those without one are left out.
pub(super) async fn properties(session: &Session, object: &str, id: &str, names: &[&str]) -> Result<BTreeMap<String, String>> {
    let records = read(session, object, None, &[id.to_owned()], names).await?;
    let asked = |name: &str| names.contains(&name);
    let values = records.into_iter().flat_map(|record| record.properties).filter(|(name, _)| asked(name));
    Ok(values.filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect())
}

/// Reads those of our objects that exist. Before the first of them was written HubSpot does not know the property: none, then.
pub(super) async fn read_marked(session: &Session, object: &str, marks: &[String]) -> Result<Vec<Record>> {
    match read(session, object, Some(MARK), marks, &[MARK]).await {
        Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound) => Ok(Vec::new()),
        answer => answer,
    }
}

/// Puts an object into HubSpot's recycle bin; one that is gone already is fine.
pub(super) async fn archive(session: &Session, object: &str, id: &str) -> Result<()> {
    let target = format!("/crm/v3/objects/{object}/{}", connector_kit::request::segment(id));
    match session.delete(target).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(by: By, id: &str) -> Write {
        Write { by, id: id.to_owned(), properties: BTreeMap::new() }
    }

    #[test]
    fn one_call_holds_one_kind_and_no_object_twice() {
        let writes = [write(By::Email, "a"), write(By::Id, "1"), write(By::Email, "a"), write(By::Email, "b")];
        assert_eq!(calls(&writes), [(By::Email, vec![0, 3]), (By::Id, vec![1]), (By::Email, vec![2])]);
        let many: Vec<Write> = (0..=MOST).map(|number| write(By::Mark, &number.to_string())).collect();
        assert_eq!(calls(&many).iter().map(|(_, places)| places.len()).collect::<Vec<_>>(), [MOST, 1]);
    }

    #[test]
    fn each_input_finds_its_own_part_of_a_207() {
        let text = include_str!("fixtures/batch_207.json");
        let answer: BatchAnswer<Record> = serde_json::from_str(text).unwrap();
        assert_eq!(own(&answer, By::Mark, 0, &write(By::Mark, "mtg_a")).unwrap().id, "501");
        let error = own(&answer, By::Mark, 1, &write(By::Mark, "mtg_b")).unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Invalid, Some("PROPERTY_DOESNT_EXIST")));
        assert_eq!(error.message, "HubSpot has no property `missing`");
        assert_eq!(own(&answer, By::Mark, 2, &write(By::Mark, "mtg_c")).unwrap_err().kind, ErrorKind::Protocol);
    }
}
