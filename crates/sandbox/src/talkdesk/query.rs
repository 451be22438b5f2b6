//! Query parameters as Talkdesk takes them: only the described ones, pages by number, and the HAL frame of a page.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::Talkdesk;
use super::problem::Api;
use crate::kit::Refusal;

pub(super) struct Query {
    api: Api,
    pairs: Vec<(String, String)>,
}

/// Which page of how many entries.
pub(super) struct Paging {
    page: usize,
    per_page: usize,
}

impl Query {
    /// Refuses parameters that are not described.
    pub(super) fn read(api: Api, query: Option<&str>, known: &[&str]) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(api.bad_request(name, "is not a parameter")),
            None => Ok(Self { api, pairs }),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that may be repeated.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.api.bad_request(name, "must be true or false")),
        }
    }

    /// Pages start at 1.
    pub(super) fn paging(&self, usual: usize, most: usize) -> Result<Paging, Refusal> {
        let number = |name: &str, usual: usize, most: usize| match self.text(name).map(str::parse::<usize>) {
            None => Ok(usual),
            Some(Ok(number)) if (1..=most).contains(&number) => Ok(number),
            Some(_) => Err(self.api.bad_request(name, "is out of bounds")),
        };
        Ok(Paging { page: number("page", 1, usize::from(u16::MAX))?, per_page: number("per_page", usual, most)? })
    }
}

impl Paging {
    /// One page in its HAL frame: `total`, `count`, `page`, `per_page`, `total_pages`, `_embedded`, and links to this page and its neighbours.
    pub(super) fn frame(&self, talkdesk: &Talkdesk, path: &str, name: &str, all: &[Value]) -> Value {
        let pages = all.len().div_ceil(self.per_page).max(1);
        let entries: Vec<&Value> = all.iter().skip((self.page - 1).saturating_mul(self.per_page)).take(self.per_page).collect();
        let link = |page: usize| json!({ "href": talkdesk.link(&format!("{path}?page={page}&per_page={}", self.per_page)) });
        let mut links =
            Map::from_iter([("self".to_owned(), link(self.page)), ("first".to_owned(), link(1)), ("last".to_owned(), link(pages))]);
        if self.page < pages {
            links.insert("next".into(), link(self.page + 1));
        }
        if self.page > 1 {
            links.insert("prev".into(), link(self.page - 1));
        }
        json!({
            "total": all.len(),
            "count": entries.len(),
            "page": self.page,
            "per_page": self.per_page,
            "total_pages": pages,
            "_embedded": { name: entries },
            "_links": links,
        })
    }
}
