//! The address to which a tool sends a person back. Each way it can go wrong is a page of its own with one next step.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use sync::Error;
use sync::connect::{Callback, Finished, finish};
use url::form_urlencoded;

use crate::app::App;
use crate::flash::Flash;
use crate::identity::SignedIn;
use crate::page_error::{PageError, Paged};
use crate::problem::Problem;

/// A parameter of this many bytes is refused: a state is 43, and the longest codes known have some 2 KB.
const LONGEST: usize = 8_192;
/// What the answer may hold that we read (RFC 6749 section 4.1.2, RFC 9207 for `iss`); the rest is ignored.
const READ: [&str; 5] = ["state", "code", "error", "error_description", "iss"];

const CATALOGUE: (&str, &str) = ("Go to the integrations", "/settings/integrations");

/// `/connect/callback`.
pub fn router() -> Router<App> {
    Router::new().route("/connect/callback", get(callback))
}

async fn callback(State(app): State<App>, caller: SignedIn, RawQuery(query): RawQuery) -> Paged {
    let callback =
        read(query.as_deref().unwrap_or_default()).map_err(|problem| PageError::from(problem).with_step(CATALOGUE.0, CATALOGUE.1))?;
    match finish(app.hub(), &caller.workspace, &caller.actor, &caller.user.id, &callback).await {
        Ok(finished) => Ok(arrive(&app, &caller, &finished).await),
        Err(error) => Err(explain(error)),
    }
}

/// Reads the answer; a parameter that comes twice or is oversized is refused (RFC 6749 section 3.1).
fn read(query: &str) -> Result<Callback, Problem> {
    let mut found = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| READ.contains(&name.as_ref())) {
        if value.len() > LONGEST {
            return Err(Problem::new("malformed", format!("The tool's answer holds an oversized `{name}`. Begin the sign-in again.")));
        }
        if found.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(Problem::new("malformed", format!("The tool's answer holds `{name}` twice. Begin the sign-in again.")));
        }
    }
    let state = found.remove("state").filter(|state| !state.is_empty());
    let state =
        state.ok_or_else(|| Problem::new("malformed", "The tool's answer does not say which sign-in it belongs to. Begin it again."))?;
    Ok(Callback {
        state,
        code: found.remove("code"),
        error: found.remove("error"),
        error_description: found.remove("error_description"),
        iss: found.remove("iss"),
    })
}

async fn arrive(app: &App, caller: &SignedIn, finished: &Finished) -> Response {
    let own = format!("/connections/{}", finished.connection);
    let missing = !finished.missing.is_empty();
    if missing {
        let flash = Flash::bad(
            "Connected, but not every permission was given. What needs a missing one stays off until you reconnect and allow it.",
        );
        return flash.with(finished.missing.clone()).then(app, &format!("{own}/permissions"));
    }
    let settled = match caller.workspace.connection(&finished.connection).await {
        Ok(Some(connection)) => connection.settings.is_some(),
        Ok(None) | Err(_) => false,
    };
    if settled {
        Flash::good("Connected again. It catches up from where it stopped.")
            .then(app, if finished.return_to.starts_with("/connections/") { &finished.return_to } else { &own })
    } else {
        Flash::good("Connected. Nothing is written to the tool before you save what syncs.").then(app, &own)
    }
}

fn explain(error: Error) -> PageError {
    let step = match &error {
        Error::NotSetUp(_) => ("Go to the integrations", CATALOGUE.1),
        Error::Denied(_) | Error::Partial(_) => ("Connect again", CATALOGUE.1),
        Error::OtherAccount { .. } => ("Go to your connections", "/"),
        Error::UnknownState => ("Begin again", CATALOGUE.1),
        _ => ("Try again", CATALOGUE.1),
    };
    PageError::from(error).with_step(step.0, step.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_and_oversized_answers_are_refused() {
        let code = |query: &str| read(query).map(|callback| callback.state).map_err(|problem| problem.code);
        assert_eq!(code("state=s&code=c&iss=i&hd=x&hd=y"), Ok("s".to_owned()));
        assert_eq!(code("state=s&state=t"), Err("malformed"));
        assert_eq!(code("state=s&code=a&code=b"), Err("malformed"));
        assert_eq!(code("code=c"), Err("malformed"));
        assert_eq!(code(&format!("state={}", "x".repeat(LONGEST + 1))), Err("malformed"));
    }
}
