//! One organisation's records: made, changed, put into the recycle bin. Which values a record may have is in `rules.rs`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::errors::Problem;
use super::rules;
use super::schema::{EXTERNAL_ID, Field, OBJECTS, Object, object_by_id};

/// A record: field name and value; a field without a value is absent.
pub(super) type Row = Map<String, Value>;

/// Records stay in the recycle bin so long; then no query finds them.
const BIN: SignedDuration = SignedDuration::from_hours(15 * 24);

/// Who changes something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Author<'a> {
    pub user: &'a str,
    pub now: Timestamp,
}

/// What an update did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Did {
    Updated,
    /// All values were so already; the time of the last modification is a new one all the same.
    Touched,
}

/// The organisation.
#[derive(Debug)]
pub(super) struct Org {
    rows: BTreeMap<&'static str, BTreeMap<String, Row>>,
    next: u64,
    /// The objects to which an admin has added the external id.
    pub external_ids: BTreeSet<String>,
    /// Objects that the connected users may not see or change.
    pub withheld: BTreeSet<String>,
    /// An edition without API.
    pub without_api: bool,
    /// Where the API is on this host; addresses of blobs begin so.
    pub api: String,
}

impl Org {
    pub(super) fn new(api: String) -> Self {
        let external_ids = OBJECTS.iter().filter(|object| object.external_id).map(|object| object.name.to_owned()).collect();
        Self { rows: BTreeMap::new(), next: 1, external_ids, withheld: BTreeSet::new(), without_api: false, api }
    }

    pub(super) fn api(&self) -> &str {
        &self.api
    }

    /// The field, if the organisation has it.
    pub(super) fn field(&self, object: &'static Object, name: &str) -> Option<&'static Field> {
        let field = object.field(name)?;
        (field.name != EXTERNAL_ID.name || self.external_ids.contains(object.name)).then_some(field)
    }

    pub(super) fn rows(&self, object: &Object) -> impl Iterator<Item = &Row> {
        self.rows.get(object.name).into_iter().flat_map(BTreeMap::values)
    }

    /// By an id of 15 or 18 characters.
    pub(super) fn row(&self, object: &Object, id: &str) -> Option<&Row> {
        self.rows.get(object.name)?.get(&full(id)?)
    }

    /// A record that is not in the recycle bin.
    pub(super) fn live(&self, object: &Object, id: &str) -> Result<&Row, Problem> {
        let missing = || Problem::new("NOT_FOUND", "The requested resource does not exist");
        let row = self.row(object, id).ok_or_else(missing)?;
        match row.get("IsDeleted") {
            Some(Value::Bool(true)) => Err(Problem::new("ENTITY_IS_DELETED", "entity is deleted")),
            _ => Ok(row),
        }
    }

    /// Whether a reference leads to a record that is there.
    pub(super) fn is_there(&self, id: &str) -> bool {
        object_by_id(id).is_some_and(|object| self.live(object, id).is_ok())
    }

    /// The records with this external id.
    pub(super) fn by_external_id(&self, object: &Object, value: &str) -> Vec<String> {
        let is_it = |row: &&Row| {
            row.get(EXTERNAL_ID.name).and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(value))
                && row.get("IsDeleted") != Some(&Value::Bool(true))
        };
        self.rows(object).filter(is_it).filter_map(|row| Some(row.get("Id")?.as_str()?.to_owned())).collect()
    }

    pub(super) fn create(&mut self, object: &'static Object, values: &Row, author: &Author<'_>) -> Result<String, Problem> {
        let mut row = rules::defaults(self, object, author.user);
        rules::take(self, object, &mut row, values, true)?;
        let id = self.new_id(object);
        row.insert("Id".to_owned(), json!(id));
        row.insert("IsDeleted".to_owned(), json!(false));
        row.insert("CreatedDate".to_owned(), json!(written(author.now)));
        row.insert("CreatedById".to_owned(), json!(author.user));
        stamp(&mut row, author);
        self.rows.entry(object.name).or_default().insert(id.clone(), row);
        Ok(id)
    }

    pub(super) fn update(&mut self, object: &'static Object, id: &str, values: &Row, author: &Author<'_>) -> Result<Did, Problem> {
        let before = self.live(object, id)?.clone();
        let mut row = before.clone();
        rules::take(self, object, &mut row, values, false)?;
        let did = if row == before { Did::Touched } else { Did::Updated };
        stamp(&mut row, author);
        let key = full(id).unwrap_or_default();
        self.rows.entry(object.name).or_default().insert(key, row);
        Ok(did)
    }

    pub(super) fn delete(&mut self, object: &'static Object, id: &str, author: &Author<'_>) -> Result<(), Problem> {
        self.live(object, id)?;
        let key = full(id).unwrap_or_default();
        if let Some(row) = self.rows.get_mut(object.name).and_then(|rows| rows.get_mut(&key)) {
            row.insert("IsDeleted".to_owned(), json!(true));
            stamp(row, author);
        }
        Ok(())
    }

    /// Sets what no caller may set: a person converts a lead, a seed fills in system fields.
    pub(super) fn set(&mut self, object: &'static Object, id: &str, values: &Row, author: &Author<'_>) {
        let key = full(id).unwrap_or_default();
        if let Some(row) = self.rows.get_mut(object.name).and_then(|rows| rows.get_mut(&key)) {
            row.extend(values.clone());
            stamp(row, author);
        }
    }

    /// Puts a record of the organisation's set-up under this id.
    pub(super) fn install(&mut self, object: &'static Object, id: &str, values: &Row, author: &Author<'_>) {
        let mut row = values.clone();
        row.insert("Id".to_owned(), json!(id));
        row.insert("CreatedDate".to_owned(), json!(written(author.now)));
        row.insert("CreatedById".to_owned(), json!(author.user));
        stamp(&mut row, author);
        self.rows.entry(object.name).or_default().insert(id.to_owned(), row);
    }

    /// Empties the recycle bin of what has been in it for long.
    pub(super) fn purge(&mut self, now: Timestamp) {
        let gone = |row: &Row| {
            let at = row.get("SystemModstamp").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
            row.get("IsDeleted") == Some(&Value::Bool(true)) && at.is_some_and(|at| now.duration_since(at) > BIN)
        };
        for rows in self.rows.values_mut() {
            rows.retain(|_, row| !gone(row));
        }
    }

    /// A record as answers write it: its attributes, then what `fill` adds.
    pub(super) fn written(&self, object: &Object, row: &Row, fill: impl FnOnce(&mut Row)) -> Value {
        let id = row.get("Id").and_then(Value::as_str).unwrap_or_default();
        let mut record = Row::new();
        record
            .insert("attributes".to_owned(), json!({ "type": object.name, "url": format!("{}/sobjects/{}/{id}", self.api, object.name) }));
        fill(&mut record);
        Value::Object(record)
    }

    fn new_id(&mut self, object: &Object) -> String {
        let number = self.next;
        self.next += 1;
        id(object.prefix, number)
    }
}

fn stamp(row: &mut Row, author: &Author<'_>) {
    row.insert("LastModifiedDate".to_owned(), json!(written(author.now)));
    row.insert("LastModifiedById".to_owned(), json!(author.user));
    row.insert("SystemModstamp".to_owned(), json!(written(author.now)));
}

/// A time as Salesforce writes it: whole seconds, UTC, the offset without a colon.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

/// The id of the n-th record, with 18 characters.
pub(super) fn id(prefix: &str, number: u64) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = number;
    let mut digits = [b'0'; 10];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(rest % 62).unwrap_or(0)];
        rest /= 62;
    }
    let short = format!("{prefix}Hx{}", String::from_utf8_lossy(&digits));
    full(&short).unwrap_or(short)
}

/// An id with 18 characters: the last three say which of the others are capitals. `None`: no id at all.
pub(super) fn full(id: &str) -> Option<String> {
    const SUFFIX: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    if !matches!(id.len(), 15 | 18) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let short = &id[..15];
    let suffix = short.as_bytes().chunks(5).map(|chunk| {
        let bits = chunk.iter().enumerate().fold(0, |bits, (at, byte)| bits | usize::from(byte.is_ascii_uppercase()) << at);
        char::from(SUFFIX[bits])
    });
    let full = short.chars().chain(suffix).collect::<String>();
    (id.len() == 15 || id == full).then_some(full)
}
