//! Pages of lists: how many, and where the next one goes on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};

/// Rows of a page where the caller does not say.
const USUAL: u32 = 50;
/// Rows of a page at most.
pub(super) const MOST: u32 = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    pub items: Vec<T>,
    /// To be given as `cursor` for the next page; absent: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A list that is always whole.
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// Of `limit + 1` rows that were asked, the first `limit`; `place` says where a row stands.
    pub fn cut(mut items: Vec<T>, limit: u32, place: impl FnOnce(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| place(last).to_text());
        Self { items, next }
    }
}

/// Checks how many rows a caller wants.
pub(super) fn limit(asked: Option<u32>) -> Answer<u32> {
    match asked {
        None => Ok(USUAL),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid("limit", format!("It is between 1 and {MOST}."))),
    }
}

/// Where a page ended: the last row's sort value and id. Opaque to callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub at: i64,
    pub id: String,
}

impl Cursor {
    /// As given to the caller.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("1 {} {}", self.at, self.id))
    }

    /// Reads what `to_text` wrote, and nothing else.
    pub fn read(text: Option<&str>) -> Answer<Option<Self>> {
        let Some(text) = text else { return Ok(None) };
        let bad = || Problem::invalid("cursor", "It is the `next` of the page before, unchanged.");
        let plain = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
        let mut parts = plain.splitn(3, ' ');
        let (Some("1"), Some(at), Some(id)) = (parts.next(), parts.next(), parts.next()) else { return Err(bad()) };
        let cursor = Self { at: at.parse().map_err(|_| bad())?, id: id.to_owned() };
        if cursor.to_text() == text { Ok(Some(cursor)) } else { Err(bad()) }
    }
}

/// `?limit=&cursor=`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// Rows of a page, 1 to 200; 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}
