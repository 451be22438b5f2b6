//! What contacts, action items, notes and meetings have in common at this door: reading one with its version, listing, adding,
//! changing a part (merge patch, RFC 7396), deleting.

use std::borrow::Cow;
use std::marker::PhantomData;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::Response;
use model::{ActionItem, Contact, Fields, Kind, Meeting, Note, Record, RecordId, Transcript};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Workspace;
use store::records::{Listing, Stored};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::ask::{IfMatch, misfit, tagged};
use super::page::{Cursor, Page, Paging, limit};
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// A record with its id and version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Kept<T> {
    #[schema(value_type = String)]
    pub id: RecordId,
    /// The version: the number of the last change in `/changes`.
    pub seq: i64,
    pub body: T,
}

/// A noun that lives in the log.
pub(super) trait Entity: Serialize + DeserializeOwned + Send {
    const KIND: Kind;
    /// As a refusal calls it.
    const NOUN: &'static str;

    fn from_record(record: Record) -> Option<Self>;
    fn into_record(self) -> Record;

    /// Refuses what no record of this kind may be; names the field.
    fn check(&self) -> Answer<()>;
}

macro_rules! entities {
    ($($name:ident, $noun:literal, $check:expr;)*) => {$(
        impl Entity for $name {
            const KIND: Kind = Kind::$name;
            const NOUN: &'static str = $noun;

            fn from_record(record: Record) -> Option<Self> {
                if let Record::$name(body) = record { Some(body) } else { None }
            }

            fn into_record(self) -> Record {
                Record::$name(self)
            }

            fn check(&self) -> Answer<()> {
                let check: fn(&Self) -> Answer<()> = $check;
                check(self)
            }
        }
    )*};
}

entities! {
    Meeting, "The meeting", |meeting| words("title", &meeting.title, 2_000);
    Transcript, "The transcript", |_| Ok(());
    ActionItem, "The action item", |item| words("text", &item.text, 10_000);
    Note, "The note", |note| words("body", &note.body, 1 << 20);
    Contact, "The contact", |contact| {
        let names = [&contact.email, &contact.first_name, &contact.last_name].into_iter().flatten();
        if names.clone().all(|name| name.trim().is_empty()) {
            return Err(Problem::invalid("email", "An address or a name is needed."));
        }
        match &contact.email {
            Some(email) if !email.contains('@') || email.contains(char::is_whitespace) => Err(Problem::invalid("email", "This is no e-mail address.")),
            _ => Ok(()),
        }
    };
}

/// A text that says something and is not endless.
pub(super) fn words(field: &str, text: &str, most: usize) -> Answer<()> {
    if text.trim().is_empty() || text.len() > most {
        return Err(Problem::invalid(field, format!("1 to {most} bytes, not only spaces.")));
    }
    Ok(())
}

/// Some of a record's fields: those given are set, `null` empties one, others stay.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Patch<T> {
    fields: Map<String, Value>,
    #[serde(skip)]
    of: PhantomData<T>,
}

impl<T: utoipa::PartialSchema> utoipa::PartialSchema for Patch<T> {
    fn schema() -> RefOr<Schema> {
        match T::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.required.clear();
                RefOr::T(Schema::Object(object))
            }
            other => other,
        }
    }
}

impl<T: ToSchema> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Patch", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: Entity> Patch<T> {
    /// The record with these fields set.
    fn apply(self, body: &T) -> Answer<T> {
        if self.fields.contains_key("meeting") {
            return Err(Problem::invalid("meeting", "A record stays with its meeting."));
        }
        let mut fields = Fields::of(body);
        for (name, value) in self.fields {
            fields.set(name, value);
        }
        let whole: Map<String, Value> = fields.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let read = serde_path_to_error::deserialize(Value::Object(whole));
        let body: T = read.map_err(|error| misfit(&error.path().to_string(), &error.into_inner().to_string()))?;
        body.check()?;
        Ok(body)
    }
}

fn kept<T: Entity>(stored: Stored) -> Option<Kept<T>> {
    let live = !stored.deleted && stored.id.kind() == T::KIND;
    T::from_record(stored.record).filter(|_| live).map(|body| Kept { id: stored.id, seq: stored.seq, body })
}

/// One record of this kind, or 404.
pub(super) async fn load<T: Entity>(workspace: &Workspace, id: &RecordId) -> Answer<Kept<T>> {
    let stored = workspace.record(id).await?;
    stored.and_then(kept).ok_or_else(|| Problem::not_found(T::NOUN))
}

/// Answers one record with its version.
pub(super) async fn get<T: Entity>(caller: &Caller, id: &RecordId) -> Answer<Response> {
    let found: Kept<T> = load(&caller.workspace, id).await?;
    Ok(tagged(found.seq, Json(found)))
}

/// What belongs to a meeting, always whole.
pub(super) async fn of_meeting<T: Entity>(workspace: &Workspace, meeting: &RecordId) -> Answer<Vec<Kept<T>>> {
    load::<Meeting>(workspace, meeting).await?;
    Ok(workspace.children(meeting, T::KIND).await?.into_iter().filter_map(kept).collect())
}

/// A page of the records of this kind; `asked` is narrowed by the caller's query already.
pub(super) async fn page<T: Entity>(workspace: &Workspace, asked: Listing, paging: &Paging) -> Answer<Page<Kept<T>>> {
    let rows = limit(paging.limit)?;
    let after = Cursor::read(paging.cursor.as_deref())?.map(|cursor| (cursor.at, cursor.id));
    let mut stored = workspace.list(&Listing { after, limit: rows + 1, ..asked }).await?;
    let wanted = usize::try_from(rows).unwrap_or(usize::MAX);
    let more = stored.len() > wanted;
    stored.truncate(wanted);
    let next = match stored.last().filter(|_| more) {
        Some(last) => Some(Cursor { at: sorted_at(workspace, last).await?, id: last.id.as_str().to_owned() }.to_text()),
        None => None,
    };
    Ok(Page { items: stored.into_iter().filter_map(kept).collect(), next })
}

/// Where a record stands in its list: at its own time, else at the time of the change that is its version.
async fn sorted_at(workspace: &Workspace, stored: &Stored) -> Answer<i64> {
    if let Some(at) = stored.record.sort_time() {
        return Ok(at.as_millisecond());
    }
    let change = workspace.changes_after(stored.seq - 1, 1).await?.pop();
    Ok(change.map_or(i64::MIN, |change| change.at.as_millisecond()))
}

/// Adds a record: 201, its version and its address.
pub(super) async fn add<T: Entity>(caller: &Caller, body: T, at: &str) -> Answer<Response> {
    body.check()?;
    let id = sync::meetings::add(&caller.workspace, body.into_record(), &caller.origin()).await?;
    let made: Kept<T> = load(&caller.workspace, &id).await?;
    let place = [(header::LOCATION, format!("/api/v1/{at}/{id}"))];
    Ok(tagged(made.seq, (StatusCode::CREATED, place, Json(made))))
}

/// Changes a part of a record, if nobody changed it since the version of `If-Match`.
pub(super) async fn change<T: Entity>(caller: &Caller, id: &RecordId, IfMatch(seq): IfMatch, patch: Patch<T>) -> Answer<Response> {
    load::<T>(&caller.workspace, id).await?;
    let mut refused = None;
    let changed = sync::meetings::edit(&caller.workspace, id, seq, &caller.origin(), |record| {
        let Some(body) = T::from_record(record.clone()) else { return Ok(()) };
        match patch.apply(&body) {
            Ok(body) => *record = body.into_record(),
            Err(problem) => {
                let why = problem.detail.clone();
                refused = Some(problem);
                return Err(sync::Error::invalid("body", why));
            }
        }
        Ok(())
    })
    .await;
    if let Some(problem) = refused {
        return Err(problem);
    }
    changed?;
    get::<T>(caller, id).await
}

/// Deletes a record: 204.
pub(super) async fn delete<T: Entity>(caller: &Caller, id: &RecordId) -> Answer<StatusCode> {
    load::<T>(&caller.workspace, id).await?;
    sync::meetings::delete(&caller.workspace, id, &caller.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A list's part whose label holds this text.
pub(super) fn listing<T: Entity>(search: Option<String>) -> Listing {
    Listing { search: search.unwrap_or_default(), ..Listing::all(T::KIND, 0) }
}
