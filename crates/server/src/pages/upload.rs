//! Bringing a meeting in as a file: captions, JSON or plain text.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use jiff::civil::DateTime;
use model::change::Origin;
use serde_json::json;
use sync::import::{LARGEST, Unsaid, key_of, read};
use sync::meetings::upsert;

use super::{Frame, Visit};
use crate::api::no_form;
use crate::app::App;
use crate::flash::Flash;
use crate::identity::SignedIn;
use crate::page_error::Paged;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage<'a> {
    page: &'a Frame,
    error: Option<&'a Problem>,
}

/// `/meetings/upload`.
pub fn router() -> Router<App> {
    Router::new().route("/meetings/upload", get(form).post(upload)).layer(DefaultBodyLimit::max(LARGEST + (1 << 20)))
}

async fn form(visit: Visit) -> Response {
    visit.show(&UploadPage { page: &visit.page, error: None })
}

/// What the form held.
#[derive(Default)]
struct Uploaded {
    form_token: String,
    start: String,
    file_name: String,
    file: Bytes,
}

async fn upload(State(app): State<App>, caller: SignedIn, multipart: Result<Multipart, MultipartRejection>) -> Paged {
    let multipart = multipart.map_err(|refused| no_form(&refused))?;
    let uploaded = match fields(multipart).await {
        Ok(uploaded) => uploaded,
        Err(problem) => return again(&app, caller, &problem).await,
    };
    caller.check_form(&uploaded.form_token)?;
    match bring_in(&app, &caller, &uploaded).await {
        Ok((id, created)) => {
            let text = if created { "The meeting is here." } else { "This file was brought in before; what differs was updated." };
            Ok(Flash::good(text).then(&app, &format!("/meetings/{id}")))
        }
        Err(problem) if problem.code == "internal" => Err(problem.into()),
        Err(problem) => again(&app, caller, &problem).await,
    }
}

async fn again(app: &App, caller: SignedIn, problem: &Problem) -> Paged {
    let visit = Visit::again(app, caller).await?;
    let page = UploadPage { page: &visit.page, error: Some(problem) };
    Ok((problem.status(), visit.show(&page)).into_response())
}

async fn fields(mut multipart: Multipart) -> Result<Uploaded, Problem> {
    let bad = |error: axum::extract::multipart::MultipartError| match error.status().as_u16() {
        413 => Problem::new("too_large", format!("A file has {} MB at most.", LARGEST >> 20)),
        _ => Problem::new("malformed", error.body_text()),
    };
    let mut uploaded = Uploaded::default();
    let mut seen = BTreeSet::new();
    while let Some(field) = multipart.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        if !seen.insert(name.clone()) {
            return Err(Problem::invalid(name, "It is given twice."));
        }
        match name.as_str() {
            "form_token" => uploaded.form_token = field.text().await.map_err(bad)?,
            "start" => uploaded.start = field.text().await.map_err(bad)?,
            "file" => {
                let file = field.file_name().unwrap_or_default();
                file.rsplit(['/', '\\']).next().unwrap_or_default().clone_into(&mut uploaded.file_name);
                uploaded.file = field.bytes().await.map_err(bad)?;
            }
            _ => return Err(Problem::invalid(name, "The form has no such field.")),
        }
    }
    Ok(uploaded)
}

async fn bring_in(app: &App, caller: &SignedIn, uploaded: &Uploaded) -> Result<(model::RecordId, bool), Problem> {
    if uploaded.file_name.is_empty() {
        return Err(Problem::invalid("file", "Choose a file first."));
    }
    let zone = caller.workspace.profile().await?.time_zone;
    let start = match uploaded.start.trim() {
        "" => app.hub().env().now(),
        text => {
            let local: DateTime = text.parse().map_err(|_| Problem::invalid("start", "Type a date and a time, as 2026-03-02T09:00."))?;
            local.to_zoned(zone).map_err(|error| Problem::invalid("start", error.to_string()))?.timestamp()
        }
    };
    let input = read(&uploaded.file_name, &uploaded.file, &Unsaid { start, domain: None })?;
    let origin = Origin::Upload { name: uploaded.file_name.clone() };
    let done = upsert(&caller.workspace, &key_of(&uploaded.file_name), &input, &origin).await?;
    let mut step = caller.workspace.begin().await?;
    let detail = json!({ "file": uploaded.file_name });
    step.audit(&caller.actor.name, &caller.actor.address, "meeting.uploaded", done.id.as_str(), &detail).await?;
    step.commit().await?;
    Ok((done.id, done.created))
}
