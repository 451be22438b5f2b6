//! A person at a browser: goes through a tool's sign-in and consent pages by their forms alone, up to the way back to the
//! client. Knows nothing of the tools. For contract tests and the demo.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use url::Url;

use crate::page::{self, Control, Form};

/// Pages and redirects on one way, at most.
const MOST_STEPS: usize = 12;

/// What the person decides on the consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// Leaves only these boxes ticked, where the page has boxes.
    AllowOnly(Vec<String>),
    Deny,
}

/// Why the person came to no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// The page could not be reached, or broke off.
    Unreachable(String),
    /// The server refused, with this status and page.
    Refused { status: u16, page: String },
    /// The page has no form that leads on.
    NoForm { page: String },
    /// Redirected and asked for too long.
    TooLong,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(reason) => write!(f, "the page cannot be reached: {reason}"),
            Self::Refused { status, page } => write!(f, "the page answered {status}: {page}"),
            Self::NoForm { page } => write!(f, "the page has no form that leads on: {page}"),
            Self::TooLong => f.write_str("the pages lead on without end"),
        }
    }
}

impl std::error::Error for Stuck {}

/// Someone who signs in.
#[derive(Clone, Debug)]
pub struct Person {
    client: reqwest::Client,
    /// `None`: whoever the page proposes.
    email: Option<String>,
}

impl Person {
    /// The person whom the sign-in page proposes first.
    ///
    /// # Errors
    /// The HTTP client cannot start.
    pub fn anyone() -> Result<Self, Stuck> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(30)).no_proxy();
        let client = client.build().map_err(|error| Stuck::Unreachable(error.to_string()))?;
        Ok(Self { client, email: None })
    }

    /// The person with this address.
    ///
    /// # Errors
    /// The HTTP client cannot start.
    pub fn of(email: &str) -> Result<Self, Stuck> {
        Ok(Self { email: Some(email.to_owned()), ..Self::anyone()? })
    }

    /// Opens the authorize address, signs in, decides; returns the address to which the tool sends the browser back:
    /// the redirect URI with `code` or `error`.
    ///
    /// # Errors
    /// See [`Stuck`].
    pub async fn go(&self, authorize: &Url, decision: &Decision) -> Result<Url, Stuck> {
        let home = authorize.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned());
        let home = home.unwrap_or_default();
        let mut at = authorize.clone();
        let mut response = self.client.get(at.clone()).send().await.map_err(unreachable)?;
        for _ in 0..MOST_STEPS {
            let status = response.status();
            if status.is_redirection() {
                let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
                at = at.join(location).map_err(|error| Stuck::Unreachable(error.to_string()))?;
                if !home.is_empty() && at.as_str().starts_with(&home) {
                    return Ok(at);
                }
                response = self.client.get(at.clone()).send().await.map_err(unreachable)?;
                continue;
            }
            let text = response.text().await.map_err(unreachable)?;
            if status != StatusCode::OK {
                return Err(Stuck::Refused { status: status.as_u16(), page: text });
            }
            let Some(form) = page::forms(&text).into_iter().next() else {
                return Err(Stuck::NoForm { page: text });
            };
            at = at.join(&form.action).map_err(|error| Stuck::Unreachable(error.to_string()))?;
            let filled = self.fill(&form, decision);
            let request = if form.posts { self.client.post(at.clone()).form(&filled) } else { self.client.get(at.clone()).query(&filled) };
            response = request.send().await.map_err(unreachable)?;
        }
        Err(Stuck::TooLong)
    }

    /// What the form sends: its own values, but the person's address, boxes and button.
    fn fill(&self, form: &Form, decision: &Decision) -> Vec<(String, String)> {
        let mut filled = Vec::new();
        for control in &form.controls {
            match control {
                Control::Field { name, kind, value } => {
                    let own = self.email.as_ref().filter(|_| kind == "email");
                    filled.push((name.clone(), own.unwrap_or(value).clone()));
                }
                Control::Box { name, value, ticked } => {
                    let wanted = match decision {
                        Decision::AllowOnly(scopes) => scopes.contains(value),
                        _ => *ticked,
                    };
                    if wanted {
                        filled.push((name.clone(), value.clone()));
                    }
                }
                Control::Button { .. } => {}
            }
        }
        let wanted = if *decision == Decision::Deny { "deny" } else { "allow" };
        let buttons = form.controls.iter().filter_map(|control| match control {
            Control::Button { name, value } if !name.is_empty() => Some((name.clone(), value.clone())),
            _ => None,
        });
        filled.extend(buttons.into_iter().find(|(_, value)| value.eq_ignore_ascii_case(wanted)));
        filled
    }
}

fn unreachable(error: reqwest::Error) -> Stuck {
    Stuck::Unreachable(error.without_url().to_string())
}
