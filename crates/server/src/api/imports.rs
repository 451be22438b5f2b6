//! `/meetings/import`: files of meetings. What is in a file is read by `sync::import`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use jiff::Timestamp;
use model::RecordId;
use model::change::Origin;
use serde::Serialize;
use sync::import::{self, LARGEST, Unsaid};
use sync::meetings::{MeetingInput, upsert};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::unreadable;
use super::page::Page;
use super::refused::Refused;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Answer, Problem};

/// What a form has around its files.
const WRAPPING: usize = 1 << 20;

/// The import's own routes: they take more than others.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import_files)).layer(DefaultBodyLimit::max(LARGEST + WRAPPING))
}

/// The form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the form is read part by part; this describes it")]
pub(super) struct ImportForm {
    /// One or more files, by their names' endings: vtt, srt, json, txt; 64 MB in all.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<String>,
    /// When the meetings began, where a file does not say; absent: now.
    start: Option<Timestamp>,
    /// The domain of people who are named without an address; absent: they have none.
    domain: Option<String>,
}

/// A file that was brought in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Imported {
    file: String,
    /// The meeting.
    #[schema(value_type = String)]
    id: RecordId,
    /// `false`: the file was known already.
    created: bool,
    title: String,
    /// How many were found in what was said.
    action_items: usize,
}

#[derive(Default)]
struct Form {
    files: Vec<(String, bytes::Bytes)>,
    /// The names of the other parts so far.
    texts: BTreeSet<String>,
    start: Option<Timestamp>,
    domain: Option<String>,
}

fn broken(error: &MultipartError) -> Problem {
    unreadable(error.status(), error.body_text())
}

/// What was sent is no form of this kind at all.
pub(crate) fn no_form(refused: &MultipartRejection) -> Problem {
    Problem::new("unsupported_media_type", format!("Send `multipart/form-data` with a boundary. {}", refused.body_text()))
}

async fn read_form(mut parts: Multipart) -> Answer<Form> {
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        read_part(&mut form, part).await?;
    }
    if form.files.is_empty() { Err(Problem::invalid("file", "There is no file in the form.")) } else { Ok(form) }
}

async fn read_part(form: &mut Form, part: Field<'_>) -> Answer<()> {
    let name = part.name().unwrap_or_default().to_owned();
    if name != "file" && !form.texts.insert(name.clone()) {
        return Err(Problem::invalid(name, "It is given twice."));
    }
    if name == "file" {
        let file = part.file_name().unwrap_or_default().to_owned();
        let file = file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        if file.is_empty() {
            return Err(Problem::invalid("file", "The file has no name."));
        }
        if form.files.iter().any(|(known, _)| *known == file) {
            return Err(Problem::invalid("file", format!("Two files are called {file}, and the name says which meeting it is.")));
        }
        form.files.push((file, part.bytes().await.map_err(|error| broken(&error))?));
        return Ok(());
    }
    let text = part.text().await.map_err(|error| broken(&error))?;
    match name.as_str() {
        "start" => {
            form.start = Some(text.trim().parse().map_err(|_| Problem::invalid("start", "It is an instant, as 2026-01-31T09:00:00Z."))?);
        }
        "domain" if text.is_empty() || text.contains(['@', ' ', '/', '\0']) => {
            return Err(Problem::invalid("domain", "It is a domain, as demo.example."));
        }
        "domain" => form.domain = Some(text.to_lowercase()),
        other => return Err(Problem::invalid(other, "The form has no such part; it has `file`, `start` and `domain`.")),
    }
    Ok(())
}

/// Brings files of meetings in. All are read before the first is saved; the same file again changes nothing.
#[utoipa::path(post, path = "/meetings/import", tag = "meetings", request_body(content = ImportForm, content_type = "multipart/form-data"), responses(Refused, (status = 200, description = "A line for each file.", body = Page<Imported>)))]
pub(super) async fn import_files(
    State(app): State<App>,
    caller: Caller,
    parts: Result<Multipart, MultipartRejection>,
) -> Answer<Json<Page<Imported>>> {
    let form = read_form(parts.map_err(|refused| no_form(&refused))?).await?;
    let unsaid = Unsaid { start: form.start.unwrap_or_else(|| app.hub().env().now()), domain: form.domain };
    let mut inputs: Vec<(String, MeetingInput)> = Vec::with_capacity(form.files.len());
    for (name, bytes) in &form.files {
        let input = import::read(name, bytes, &unsaid).map_err(|error| {
            let problem = Problem::from(error);
            Problem { detail: format!("{name}: {}", problem.detail), ..problem }
        })?;
        inputs.push((name.clone(), input));
    }
    let mut done = Vec::with_capacity(inputs.len());
    for (name, input) in inputs {
        let brought = upsert(&caller.workspace, &import::key_of(&name), &input, &Origin::Upload { name: name.clone() }).await?;
        done.push(Imported {
            file: name,
            id: brought.id,
            created: brought.created,
            title: input.meeting.title,
            action_items: input.action_items.map_or(0, |items| items.len()),
        });
    }
    Ok(Json(Page::whole(done)))
}
