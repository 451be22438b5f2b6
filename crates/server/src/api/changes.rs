//! `/changes`: the log, for programs that follow it.

use axum::Json;
use model::Change;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::Query;
use super::page::limit;
use super::refused::Refused;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// Where in the log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The last number that is known already; 0 or absent: from the first.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Rows of a page, 1 to 200; 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A part of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changes {
    /// Oldest first, without gaps.
    items: Vec<Change>,
    /// To be given as `after` next time.
    after: i64,
    /// Whether there are later ones already.
    more: bool,
}

/// Reads the log after a number: every change to a record, in order, exactly once.
#[utoipa::path(get, path = "/changes", tag = "changes", params(Wanted), responses(Refused, (status = 200, description = "A part of the log.", body = Changes)))]
pub(super) async fn list(caller: Caller, Query(wanted): Query<Wanted>) -> Answer<Json<Changes>> {
    let from = wanted.after.unwrap_or(0);
    if from < 0 {
        return Err(Problem::invalid("after", "It is 0 or more."));
    }
    let items = caller.workspace.changes_after(from, limit(wanted.limit)?).await?;
    let after = items.last().map_or(from, |last| last.seq);
    Ok(Json(Changes { more: after < caller.workspace.last_seq().await?, items, after }))
}
