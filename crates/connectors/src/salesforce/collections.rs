//! Writing up to 200 records in one call, each with its own result. REST API Developer Guide, "`SObject` Collections".

use std::collections::BTreeSet;

use connector_kit::{Error, ErrorKind, Result, Session};
use serde_json::{Map, Value, json};

use super::error;
use super::mark::MARK;
use super::soql::API;
use super::wire::{Collection, Saved};

/// Most records of one call.
pub(super) const MOST: usize = 200;

/// How the record to write is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    /// Salesforce's id: an update.
    Id(String),
    /// Our mark: an upsert.
    Mark(String),
    /// Not at all: a new record each time it is sent.
    New,
}

/// A record to write.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub object: &'static str,
    pub by: By,
    pub fields: Map<String, Value>,
}

impl Write {
    const fn verb(&self) -> u8 {
        match self.by {
            By::Id(_) => 0,
            By::Mark(_) => 1,
            By::New => 2,
        }
    }

    fn key(&self) -> Option<&str> {
        match &self.by {
            By::Id(key) | By::Mark(key) => Some(key),
            By::New => None,
        }
    }

    fn record(&self) -> Map<String, Value> {
        let mut record = self.fields.clone();
        record.insert("attributes".to_owned(), json!({ "type": self.object }));
        match &self.by {
            By::Id(id) => drop(record.insert("id".to_owned(), json!(id))),
            By::Mark(mark) => drop(record.insert(MARK.to_owned(), json!(mark))),
            By::New => {}
        }
        record
    }
}

/// Writes all; the ids, in order.
pub(super) async fn write(session: &Session, writes: &[Write]) -> Vec<Result<String>> {
    let mut results: Vec<Option<Result<String>>> = writes.iter().map(|_| None).collect();
    for places in calls(writes) {
        let some: Vec<&Write> = places.iter().map(|place| &writes[*place]).collect();
        let mut answers = call(session, &some).await;
        if some.len() > 1 && answers.iter().all(is_refused) {
            // One bad record can make Salesforce refuse the whole call; alone, each gets its own verdict.
            for (answer, one) in answers.iter_mut().zip(&some) {
                *answer = call(session, &[one]).await.remove(0);
            }
        }
        for (place, answer) in places.into_iter().zip(answers) {
            results[place] = Some(answer);
        }
    }
    results.into_iter().map(|result| result.unwrap_or_else(|| Err(unmentioned()))).collect()
}

fn is_refused(answer: &Result<String>) -> bool {
    answer.as_ref().is_err_and(|error| {
        matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Conflict)
            && error.code.as_deref() != Some(error::NOT_SET_UP)
    })
}

fn unmentioned() -> Error {
    Error::protocol("Salesforce's answer leaves out a record that was sent").in_doubt()
}

/// Which records go into which call: of one object and verb, `MOST` at most, and none twice.
fn calls(writes: &[Write]) -> Vec<Vec<usize>> {
    let mut calls: Vec<(&Write, BTreeSet<&str>, Vec<usize>)> = Vec::new();
    for (place, write) in writes.iter().enumerate() {
        let open = calls.iter_mut().find(|(first, keys, places)| {
            first.object == write.object
                && first.verb() == write.verb()
                && places.len() < MOST
                && write.key().is_none_or(|key| !keys.contains(key))
        });
        match open {
            Some((_, keys, places)) => {
                keys.extend(write.key());
                places.push(place);
            }
            None => calls.push((write, write.key().into_iter().collect(), vec![place])),
        }
    }
    calls.into_iter().map(|(_, _, places)| places).collect()
}

/// One result each; there is at least one record, and all are of one object and verb.
async fn call(session: &Session, writes: &[&Write]) -> Vec<Result<String>> {
    let records: Vec<Map<String, Value>> = writes.iter().map(|write| write.record()).collect();
    let target = format!("{API}/composite/sobjects");
    let request = match (&writes[0].by, writes[0].object) {
        (By::Id(_), _) => session.patch(target).repeatable(),
        (By::Mark(_), object) => session.patch(format!("{target}/{object}/{MARK}")).repeatable(),
        (By::New, _) => session.post(target),
    };
    let answer: Result<Vec<Saved>> = request.json(&Collection { all_or_none: false, records: &records }).fetch().await;
    match answer {
        Err(error) => writes.iter().map(|_| Err(error.clone())).collect(),
        Ok(saved) if saved.len() != writes.len() => writes.iter().map(|_| Err(unmentioned())).collect(),
        Ok(saved) => saved.into_iter().map(verdict).collect(),
    }
}

fn verdict(saved: Saved) -> Result<String> {
    match (saved.success, saved.id, saved.errors.first()) {
        (true, Some(id), _) => Ok(id),
        (_, _, Some(refused)) => Err(error::read(refused, 200)),
        _ => Err(unmentioned()),
    }
}

/// Puts a record into the recycle bin; one that is gone already is fine.
pub(super) async fn delete(session: &Session, object: &str, id: &str) -> Result<()> {
    let target = format!("{API}/sobjects/{object}/{}", connector_kit::request::segment(id));
    match session.delete(target).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether Salesforce says that a record is gone: 404 on its id, also for what is in the recycle bin.
pub(super) async fn is_gone(session: &Session, object: &str, id: &str) -> Result<bool> {
    let target = format!("{API}/sobjects/{object}/{}", connector_kit::request::segment(id));
    match session.get(target).query("fields", "Id").fetch::<super::wire::Found>().await {
        Ok(_) => Ok(false),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(object: &'static str, by: By) -> Write {
        Write { object, by, fields: Map::new() }
    }

    #[test]
    fn one_call_holds_one_object_and_verb_and_no_record_twice() {
        let (id, mark) = (|id: &str| By::Id(id.to_owned()), |mark: &str| By::Mark(mark.to_owned()));
        let writes = [
            write("Event", mark("a")),
            write("Task", mark("b")),
            write("Event", mark("a")),
            write("Event", id("1")),
            write("Event", mark("c")),
            write("Event", By::New),
            write("Event", By::New),
        ];
        assert_eq!(calls(&writes), [vec![0, 4], vec![1], vec![2], vec![3], vec![5, 6]]);
        let many: Vec<Write> = (0..=MOST).map(|number| write("Event", id(&number.to_string()))).collect();
        assert_eq!(calls(&many).iter().map(Vec::len).collect::<Vec<_>>(), [MOST, 1]);
    }
}
