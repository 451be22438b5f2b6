//! `/audit`: who did what, for admins.

use axum::Json;
use serde::{Deserialize, Serialize};
use store::audit::{Entry, Fault, Head};
use utoipa::ToSchema;

use super::ask::Query;
use super::page::{Cursor, Page, limit};
use super::refused::Refused;
use crate::identity::Admin;
use crate::problem::{Answer, Problem};

/// Which acts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// For an export: those after this number, oldest first; go on after the last of them until none is left.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Rows of a page, 1 to 200; 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before; not with `after`.
    cursor: Option<String>,
}

/// Lists acts, newest first; with `after` oldest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(Wanted), responses(Refused, (status = 200, description = "A page.", body = Page<Entry>)))]
pub(super) async fn list(admin: Admin, Query(wanted): Query<Wanted>) -> Answer<Json<Page<Entry>>> {
    let rows = limit(wanted.limit)?;
    if let Some(after) = wanted.after {
        if wanted.cursor.is_some() || after < 0 {
            return Err(Problem::invalid("after", "It is 0 or more, and goes without a cursor."));
        }
        return Ok(Json(Page::whole(admin.workspace.audit_after(after, rows).await?)));
    }
    let before = Cursor::read(wanted.cursor.as_deref())?.map(|cursor| cursor.at);
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
