//! Forms as pages send them: read whole, from this hub's own pages alone, with the token of the session.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use url::form_urlencoded;

use crate::app::App;
use crate::identity::{SignedIn, require_same_origin};
use crate::page_error::PageError;
use crate::problem::Problem;

/// What was typed: names and values in the order of the form.
#[derive(Debug, Clone, Default)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// Reads `application/x-www-form-urlencoded` text, as in a body or a query.
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Refuses a text that no database keeps exactly; names the field.
    pub fn check(&self) -> Result<(), Problem> {
        match self.0.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
            Some((name, _)) => Err(Problem::invalid(name.replace('\0', "\u{fffd}"), "A text cannot hold the character NUL.")),
            None => Ok(()),
        }
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// A field, trimmed; absent is empty.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).unwrap_or_default().trim()
    }

    /// A field as it was typed.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether a checkbox is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Every value of a name that is given repeatedly.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The fields whose name begins so, without that beginning.
    pub fn under(&self, prefix: &str) -> BTreeMap<String, String> {
        let found = self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone())));
        found.collect()
    }
}

/// A form of a signed-in browser.
pub struct Posted {
    pub caller: SignedIn,
    pub typed: Typed,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let caller = SignedIn::from_request_parts(&mut parts, app).await?;
        let typed = read(Request::from_parts(parts, body), app).await?;
        caller.check_form(typed.text("form_token")).map_err(|problem| PageError::from(problem).into_response())?;
        Ok(Self { caller, typed })
    }
}

/// The form of a browser that is not signed in yet.
pub struct PostedByAnyone {
    pub typed: Typed,
    pub address: String,
}

impl FromRequest<App> for PostedByAnyone {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        require_same_origin(app, &parts).map_err(|problem| PageError::from(problem).into_response())?;
        let address = crate::identity::address(app, &parts);
        Ok(Self { typed: read(Request::from_parts(parts, body), app).await?, address })
    }
}

async fn read(request: Request, app: &App) -> Result<Typed, Response> {
    let too_large = |_| PageError::from(Problem::new("too_large", "The form holds more than 2 MB.")).into_response();
    let typed = Typed::parse(&Bytes::from_request(request, app).await.map_err(too_large)?);
    typed.check().map_err(|problem| PageError::from(problem).into_response())?;
    Ok(typed)
}
