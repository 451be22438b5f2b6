//! `/audit`: who did what, for admins.

use axum::Json;
use serde::Serialize;
use store::audit::{Entry, Fault, Head};
use utoipa::ToSchema;

use super::ask::Query;
use super::page::{Cursor, Page, Paging, limit};
use super::refused::Refused;
use crate::identity::Admin;
use crate::problem::Answer;

/// Lists acts, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(Paging), responses(Refused, (status = 200, description = "A page.", body = Page<Entry>)))]
pub(super) async fn list(admin: Admin, Query(paging): Query<Paging>) -> Answer<Json<Page<Entry>>> {
    let rows = limit(paging.limit)?;
    let before = Cursor::read(paging.cursor.as_deref())?.map(|cursor| cursor.at);
    let entries = admin.workspace.audit_before(before, rows + 1).await?;
    Ok(Json(Page::cut(entries, rows, |last| Cursor { at: last.seq, id: String::new() })))
}

/// What a check of the whole trail found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Verified {
    /// Whether every row is as it was written, and none is missing.
    intact: bool,
    /// Where the trail ends; worth keeping outside. Absent where it is not intact.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<Head>,
    /// The first row that is not as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
}

/// Checks the whole trail against its chain of hashes.
#[utoipa::path(get, path = "/audit/verify", tag = "audit", responses(Refused, (status = 200, description = "What was found.", body = Verified)))]
pub(super) async fn verify(admin: Admin) -> Answer<Json<Verified>> {
    Ok(Json(match admin.workspace.verify_audit().await? {
        Ok(head) => Verified { intact: true, head: Some(head), fault: None },
        Err(fault) => Verified { intact: false, head: None, fault: Some(fault) },
    }))
}
