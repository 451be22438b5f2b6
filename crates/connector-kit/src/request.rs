//! A request as a connector writes it, and the answer as it reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::capability::MediaStream;
use crate::error::{Error, Result};
use crate::manifest::Limit;
use crate::session::Session;

/// The body of a request.
#[derive(Debug, Clone, Default)]
pub(crate) enum Body {
    #[default]
    Empty,
    Json(Bytes),
    Form(Vec<(String, String)>),
    Text(&'static str, Bytes),
}

/// A request under construction; sent by `send`, `fetch` or `stream`.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'s> {
    session: &'s Session,
    pub(crate) method: reqwest::Method,
    pub(crate) target: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// From which byte of the body on `stream` hands it over.
    pub(crate) offset: u64,
    /// The limit of this endpoint, besides those of the account.
    pub(crate) narrower: Option<Limit>,
    /// A status that is no error in answer to this request.
    pub(crate) accepted: Option<u16>,
    /// Whether sending it twice is harmless.
    pub(crate) repeatable: bool,
    pub(crate) problem: Option<Error>,
}

impl<'s> Request<'s> {
    pub(crate) fn new(session: &'s Session, method: reqwest::Method, target: String) -> Self {
        let repeatable = matches!(method, reqwest::Method::GET | reqwest::Method::PUT | reqwest::Method::DELETE);
        Self {
            session,
            method,
            target,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            offset: 0,
            narrower: None,
            accepted: None,
            repeatable,
            problem: None,
        }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a query parameter if there is a value.
    pub fn query_if(self, name: &str, value: Option<&(impl ToString + ?Sized)>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Asks for the body from this byte on. A server may answer with the whole all the same (RFC 9110 section 14.2);
    /// `stream` then passes over what comes before.
    pub fn from_byte(mut self, offset: u64) -> Self {
        if offset > 0 {
            self.headers.push(("range", format!("bytes={offset}-")));
            self.offset = offset;
        }
        self
    }

    /// Keeps the limit that this endpoint has of its own, besides those of the account.
    pub fn within(mut self, limit: Limit) -> Self {
        self.narrower = Some(limit);
        self
    }

    /// Sends this as JSON.
    pub fn json<T: Serialize>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body = Body::Json(bytes.into()),
            Err(error) => self.problem = Some(Error::invalid(format!("the request could not be written as JSON: {error}"))),
        }
        self
    }

    /// Sends this text under this content type (SOAP 1.1: `text/xml; charset=utf-8`).
    pub fn text(mut self, content_type: &'static str, body: String) -> Self {
        self.body = Body::Text(content_type, body.into());
        self
    }

    /// Sends these as `application/x-www-form-urlencoded`.
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        self.body = Body::Form(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        self
    }

    /// Takes an answer with this status as it is: here it is no error, whatever `classify` reads in it.
    pub fn accepting(mut self, status: u16) -> Self {
        self.accepted = Some(status);
        self
    }

    /// Declares that sending it twice is harmless (a search by POST, an upsert by key).
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The answer, unless it is an error to this request.
    pub(crate) fn judged(&self, error: Option<Error>, reply: Reply) -> Result<Reply> {
        match error {
            Some(error) if self.accepted != Some(reply.status) => Err(error),
            _ => Ok(reply),
        }
    }

    /// Sends it: budget, token, retries as classified.
    pub async fn send(self) -> Result<Reply> {
        self.session.send(self).await
    }

    /// Sends it and reads the JSON answer.
    pub async fn fetch<T: DeserializeOwned>(self) -> Result<T> {
        self.send().await?.parse()
    }

    /// Sends it and hands over the body as it arrives; redirects are followed, and the token goes only to the tool's hosts.
    pub async fn stream(self) -> Result<MediaStream> {
        self.session.stream(self).await
    }
}

/// An answer, read whole (32 MB at most).
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Lower-case names; of repeated headers the last.
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Reads the body as JSON; the error names the field, never the content.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Error::protocol(format!(
                "the answer (status {}, {} bytes) does not fit the tool's description: {error}",
                self.status,
                self.body.len()
            ))
        })
    }

    /// Reads the body as JSON if it is of that shape; for error bodies.
    pub fn peek<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Passes over the first bytes of a body.
pub(crate) fn after(bytes: u64, chunks: impl Stream<Item = Result<Bytes>>) -> impl Stream<Item = Result<Bytes>> {
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    chunks.map(move |chunk| {
        let mut chunk = chunk?;
        let known = chunk.split_to(left.min(chunk.len()));
        left -= known.len();
        Ok(chunk)
    })
}

/// Percent-encodes one path segment (RFC 3986 section 3.3), so that an id can never change the path.
pub fn segment(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) || (byte == b'.' && id.bytes().any(|b| b != b'.')) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn f70_a_body_that_begins_anew_is_passed_over_to_where_it_is_wanted() {
        let chunks = ["abc", "de", "fgh"].map(|text| Ok(Bytes::from_static(text.as_bytes())));
        let rest: Vec<Bytes> = after(4, futures::stream::iter(chunks)).map(|chunk| chunk.unwrap()).collect().await;
        assert_eq!(rest.concat(), b"efgh");
    }

    #[test]
    fn b17_ids_stay_inside_their_segment() {
        assert_eq!(segment("../a/b"), "..%2Fa%2Fb");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("a b?c#d%2f"), "a%20b%3Fc%23d%252f");
    }
}
