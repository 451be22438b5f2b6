//! `next_page_token`: opaque, bound to its query, valid for 15 minutes. Knows nothing of what is listed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::answers;
use crate::kit::{Clock, Kit, Refusal};

const LIFE_MS: i64 = 15 * 60 * 1000;
const DEFAULT_SIZE: usize = 30;
const LARGEST_SIZE: usize = 300;

/// The tokens handed out.
pub(super) struct Pages {
    clock: Clock,
    tokens: Mutex<HashMap<String, Token>>,
}

struct Token {
    /// Everything of the query but the token: another query cannot use it.
    query: String,
    offset: usize,
    expires_ms: i64,
}

/// One page of a list.
pub(super) struct Page<T> {
    pub items: Vec<T>,
    /// Empty on the last page.
    pub next_page_token: String,
    pub size: usize,
    pub total_records: usize,
}

impl Pages {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, tokens: Mutex::default() }
    }

    /// The page that `token` (none: the first one) leads to.
    pub(super) fn page<T>(
        &self,
        kit: &Kit,
        all: Vec<T>,
        query: &str,
        size: Option<usize>,
        token: Option<&str>,
    ) -> Result<Page<T>, Refusal> {
        let size = size.unwrap_or(DEFAULT_SIZE).clamp(1, LARGEST_SIZE);
        let query = format!("{query}&{size}");
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.clock.now_ms();
        let offset = match token.filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => tokens
                .get(token)
                .filter(|known| known.query == query && known.expires_ms > now_ms)
                .map(|known| known.offset)
                .ok_or_else(answers::bad_page_token)?,
        };
        let total_records = all.len();
        let items: Vec<T> = all.into_iter().skip(offset).take(size).collect();
        let mut next_page_token = String::new();
        if offset + items.len() < total_records {
            next_page_token = kit.token("");
            let offset = offset + items.len();
            tokens.insert(next_page_token.clone(), Token { query, offset, expires_ms: now_ms + LIFE_MS });
        }
        Ok(Page { items, next_page_token, size, total_records })
    }
}
