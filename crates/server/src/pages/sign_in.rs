//! Signing in and out with a password.

use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::SignedDuration;
use model::Secret;
use model::person::normal_email;
use serde_json::json;
use store::users::Candidate;

use crate::app::App;
use crate::flash::add_cookie;
use crate::forms::{Posted, PostedByAnyone, Typed};
use crate::identity::{cookie_name, set_cookie};
use crate::page_error::{PageError, Paged, render};
use crate::password;
use crate::problem::Problem;

/// How long a browser stays signed in.
const LASTING: SignedDuration = SignedDuration::from_hours(14 * 24);

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    email: &'a str,
    return_to: &'a str,
    error: Option<String>,
}

/// `/sign-in` and `/sign-out`.
pub fn router() -> Router<App> {
    Router::new().route("/sign-in", get(form).post(sign_in)).route("/sign-out", post(sign_out))
}

async fn form(RawQuery(query): RawQuery) -> Response {
    let typed = Typed::parse(query.unwrap_or_default().as_bytes());
    render(&SignInPage { email: "", return_to: local(typed.text("return_to")), error: None })
}

/// A path of this hub; anything else becomes the overview, so that nobody is led away by a link to our sign-in.
fn local(path: &str) -> &str {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    if is_local { path } else { "/" }
}

async fn sign_in(State(app): State<App>, PostedByAnyone { typed, address }: PostedByAnyone) -> Paged {
    let (email, return_to) = (normal_email(typed.text("email")), local(typed.text("return_to")));
    let again =
        |status: StatusCode, error: String| (status, render(&SignInPage { email: &email, return_to, error: Some(error) })).into_response();
    let secret = typed.raw("password").unwrap_or_default();
    if email.is_empty() || email.len() > 320 || secret.is_empty() || secret.len() > password::LONGEST {
        return Ok(again(StatusCode::BAD_REQUEST, "Type your e-mail address and your password.".to_owned()));
    }
    let throttle = app.throttle();
    if let Err(wait) = throttle.attempt(&address, &email, app.hub().env().now()) {
        let minutes = wait.as_mins() + 1;
        return Ok(again(StatusCode::TOO_MANY_REQUESTS, format!("Too many attempts. Try again in {minutes} minutes.")));
    }
    let candidates = app.hub().store().candidates_across_workspaces(&email).await?;
    let known = candidates.clone();
    if let Some(person) = password::check(candidates, &Secret::new(secret.to_owned())).await? {
        throttle.succeeded(&address, &email);
        return start(&app, &person, &address, return_to).await;
    }
    note_failures(&app, &known, &address).await?;
    Ok(again(StatusCode::UNAUTHORIZED, "The address or the password is not right.".to_owned()))
}

async fn start(app: &App, person: &Candidate, address: &str, return_to: &str) -> Result<Response, PageError> {
    let workspace = app.hub().store().workspace(&person.workspace);
    let mut step = workspace.begin().await?;
    let cookie = step.start_session(&person.user.id, LASTING).await?;
    let actor = format!("user:{}", person.user.id);
    step.audit(&actor, address, "session.started", person.user.id.as_str(), &json!({})).await?;
    step.commit().await?;
    let mut response = Redirect::to(return_to).into_response();
    add_cookie(&mut response, &set_cookie(app, cookie_name(app), cookie.expose(), LASTING.as_secs()));
    Ok(response)
}

/// Refused sign-ins are in the audit trail of whom they concern.
async fn note_failures(app: &App, known: &[Candidate], address: &str) -> Result<(), Problem> {
    for candidate in known {
        let mut step = app.hub().store().workspace(&candidate.workspace).begin().await?;
        step.audit("anyone", address, "session.refused", candidate.user.id.as_str(), &json!({})).await?;
        step.commit().await?;
    }
    Ok(())
}

async fn sign_out(State(app): State<App>, Posted { caller, .. }: Posted) -> Paged {
    let mut step = caller.workspace.begin().await?;
    if let Some(cookie) = caller.cookie() {
        step.end_session(cookie).await?;
    }
    step.audit(&caller.actor.name, &caller.actor.address, "session.ended", caller.user.id.as_str(), &json!({})).await?;
    step.commit().await?;
    let mut response = Redirect::to("/sign-in").into_response();
    add_cookie(&mut response, &set_cookie(&app, cookie_name(&app), "", 0));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_led_away_after_signing_in() {
        for path in ["https://evil.example", "//evil.example", "/\\evil.example", "", "javascript:x"] {
            assert_eq!(local(path), "/");
        }
        assert_eq!(local("/meetings?q=a"), "/meetings?q=a");
    }
}
