//! Pages of every list: a size with a default and a ceiling, and a sealed token that is good for the same list alone.

use serde::{Deserialize, Serialize};

use super::Meet;
use super::errors::invalid;
use super::world::OddPages;
use crate::google::sealed;
use crate::kit::Refusal;

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageQuery {
    page_size: Option<i32>,
    page_token: Option<String>,
    #[serde(default)]
    pub filter: String,
}

/// How many come on a page, if nothing is asked, and at most (the methods' `pageSize`).
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub usual: usize,
    pub most: usize,
}

#[derive(Serialize, Deserialize)]
struct Token {
    /// The list and its filter.
    of: String,
    /// Where the last page ended, in the list's order.
    after: String,
    epoch: u64,
    /// How often the list began anew.
    lap: u64,
}

impl Meet {
    /// The page asked for of a list in order, each with the place by which it is ordered; and the token of the next one.
    pub(super) fn page<T>(
        &self,
        of: &str,
        query: &PageQuery,
        sizes: Sizes,
        items: Vec<(String, T)>,
    ) -> Result<(Vec<T>, Option<String>), Refusal> {
        let size = match query.page_size {
            None | Some(0) => sizes.usual,
            Some(size) => usize::try_from(size).map_err(|_| invalid("page_size must not be negative."))?.min(sizes.most),
        };
        let (epoch, most, odd) = {
            let world = self.world();
            (world.epoch, world.most.unwrap_or(usize::MAX), world.odd_pages)
        };
        let of = format!("{of}?{}", query.filter);
        let asked = query.page_token.as_deref().filter(|token| !token.is_empty());
        let place = match asked {
            None => None,
            Some(token) => {
                let token = sealed::open::<Token>(token, &self.key).filter(|token| token.of == of && token.epoch == epoch);
                Some(token.ok_or_else(|| invalid("The page token is invalid."))?)
            }
        };
        let lap = place.as_ref().map_or(0, |place| place.lap);
        let after = place.map(|place| place.after);
        let mut rest: Vec<(String, T)> = items.into_iter().filter(|(place, _)| after.as_ref().is_none_or(|after| place > after)).collect();
        rest.sort_by(|(one, _), (other, _)| one.cmp(other));
        let size = size.min(most);
        let more = rest.len() > size;
        rest.truncate(size);
        let token = |after: String, lap| sealed::seal(&Token { of, after, epoch, lap }, &self.key);
        let next = match odd {
            Some(OddPages::Repeat) => Some(asked.map_or_else(|| token(String::new(), 0), str::to_owned)),
            Some(OddPages::Endless) => Some(token(String::new(), lap + 1)),
            None => rest.last().filter(|_| more).map(|(place, _)| token(place.clone(), lap)),
        };
        Ok((rest.into_iter().map(|(_, item)| item).collect(), next))
    }
}

/// A place by which what is later comes first.
pub(super) fn latest_first(time: jiff::Timestamp, id: &str) -> String {
    format!("{:020}{id}", i64::MAX - time.as_millisecond())
}

/// A place by which what is earlier comes first.
pub(super) fn earliest_first(time: jiff::Timestamp, id: &str) -> String {
    format!("{:020}{id}", time.as_millisecond())
}
