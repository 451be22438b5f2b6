//! The pages: one module each. What they share — the frame around them and who looks at them — is here.

mod action_items;
mod actions;
mod activity;
mod audit;
mod catalogue;
mod connection;
mod diagnose;
mod explain;
mod integration;
mod live;
mod meeting;
mod meetings;
mod overview;
mod preview;
mod recording;
mod settings;
mod settings_form;
mod sign_in;
mod upload;
mod words;

use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::flash::Flash;
use crate::forms::Typed;
use crate::identity::SignedIn;
use crate::page_error::{PageError, Paged, render};
use words::Clock;

/// Every page.
pub fn router() -> Router<App> {
    Router::new()
        .merge(sign_in::router())
        .merge(overview::router())
        .merge(catalogue::router())
        .merge(integration::router())
        .merge(connection::router())
        .merge(settings::router())
        .merge(actions::router())
        .merge(activity::router())
        .merge(preview::router())
        .merge(diagnose::router())
        .merge(meetings::router())
        .merge(upload::router())
        .merge(meeting::router())
        .merge(action_items::router())
        .merge(recording::router())
        .merge(audit::router())
        .merge(explain::router())
        .merge(live::router())
}

/// The frame around a page.
pub(crate) struct Frame {
    pub workspace: String,
    pub person: String,
    pub admin: bool,
    /// Goes into every form.
    pub form_token: String,
    pub flash: Option<Flash>,
    pub clock: Clock,
}

/// A signed-in person who looks at a page.
pub(crate) struct Visit {
    pub app: App,
    pub caller: SignedIn,
    pub page: Frame,
    /// What the address asks.
    pub query: Typed,
}

impl Visit {
    /// After a form that did not fit: the page is shown again, with what was typed.
    pub async fn again(app: &App, caller: SignedIn) -> Paged<Self> {
        let profile = caller.workspace.profile().await?;
        let page = Frame {
            workspace: profile.name,
            person: caller.user.name.clone(),
            admin: caller.is_admin(),
            form_token: caller.form_token(),
            flash: None,
            clock: Clock { now: app.hub().env().now(), zone: profile.time_zone },
        };
        Ok(Self { app: app.clone(), caller, page, query: Typed::default() })
    }

    /// The page, with the message that waited, which is then forgotten.
    pub fn show(&self, template: &impl Template) -> Response {
        let mut response = render(template);
        if self.page.flash.is_some() {
            Flash::shown(&self.app, &mut response);
        }
        response
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let caller = SignedIn::from_request_parts(parts, app).await?;
        let mut visit = Self::again(app, caller).await.map_err(PageError::into_response)?;
        visit.page.flash = Flash::waiting(&parts.headers);
        visit.query = Typed::parse(parts.uri.query().unwrap_or_default().as_bytes());
        visit.query.check().map_err(|problem| PageError::from(problem).into_response())?;
        Ok(visit)
    }
}
