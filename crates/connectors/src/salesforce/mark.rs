//! Our mark on Salesforce's records: the external id field that an admin adds once, and what stands in for it until then.
//!
//! Its value is the id of our record. Salesforce has no field of its own for that, and a field made through the API would be seen by
//! nobody until an admin gives rights to it, so an admin adds it: Setup, Object Manager, Fields & Relationships (README).

use model::RecordId;

use super::soql;
use super::wire::{Description, Found};
use connector_kit::{ErrorKind, Result, Session};

/// The field's API name. Activities share one field for events and tasks.
pub(super) const MARK: &str = "Harmony_Id__c";

/// Records of the last days are looked through for the mark in their text; a doubt is never older.
const LOOK_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// Whether the organisation has the field on this object.
pub(super) async fn is_set_up(session: &Session, object: &str) -> Result<bool> {
    let described: Description = session.get(format!("{}/sobjects/{object}/describe", soql::API)).fetch().await?;
    Ok(described.fields.iter().any(|field| field.name == MARK))
}

/// The line that stands in for the field: the last line of a description.
pub(super) fn line(record: &RecordId) -> String {
    format!("[Harmony {record}]")
}

/// What a title bears: notes take no field of ours.
pub(super) fn tag(record: &RecordId, piece: usize) -> String {
    let text = record.as_str();
    let short = &text[text.len().saturating_sub(12)..];
    if piece == 0 { format!("[{short}]") } else { format!("[{short}/{piece}]") }
}

/// The activity that was written for this record while the field was missing. A description cannot be filtered by, so the newest
/// activities are looked through; a query sees a record as soon as its answer was sent.
pub(super) async fn find_by_line(session: &Session, object: &str, record: &RecordId) -> Result<Option<Found>> {
    let since = soql::time(session.now().saturating_sub(LOOK_BACK).unwrap_or(session.now()));
    let query = format!("SELECT Id, Description, WhoId, WhatId FROM {object} WHERE CreatedDate >= {since} ORDER BY CreatedDate DESC");
    let line = line(record);
    let found: Vec<Found> = soql::all(session, &query).await?;
    Ok(found.into_iter().find(|one| one.description.as_deref().is_some_and(|text| text.contains(&line))))
}

/// The record with our mark: by the field, or by the line where there is no field yet.
pub(super) async fn find(session: &Session, object: &str, record: &RecordId) -> Result<Option<Found>> {
    let query = format!("SELECT Id FROM {object} WHERE {MARK} = {}", soql::text(record.as_str()));
    match soql::all::<Found>(session, &query).await {
        Ok(found) => Ok(found.into_iter().next()),
        Err(error) if is_missing(&error) => find_by_line(session, object, record).await,
        Err(error) => Err(error),
    }
}

/// Whether an error says that the field is not there.
pub(super) fn is_missing(error: &connector_kit::Error) -> bool {
    error.kind == ErrorKind::Invalid && error.code.as_deref() == Some(super::error::NOT_SET_UP)
}
