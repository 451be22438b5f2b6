//! Editing and adding action items on a meeting's page.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use model::{ActionItem, Person, Record, RecordId};
use sync::Error;
use sync::meetings::{add, edit};

use super::meeting::find;
use super::settings_form::named;
use crate::app::App;
use crate::flash::Flash;
use crate::forms::{Posted, Typed};
use crate::page_error::Paged;
use crate::problem::Problem;

/// A text of this many bytes is refused.
const LONGEST: usize = 4_000;

/// `/meetings/{id}/action-items` and one of them.
pub fn router() -> Router<App> {
    Router::new().route("/meetings/{id}/action-items", post(create)).route("/meetings/{id}/action-items/{item}", post(change))
}

/// Reads the form over what is known of the item.
fn read(typed: &Typed, item: &mut ActionItem) -> Result<(), Error> {
    let text = typed.text("text");
    if text.is_empty() || text.len() > LONGEST {
        return Err(Error::invalid("text", "1 to 4000 bytes, not only spaces"));
    }
    text.clone_into(&mut item.text);
    let known = item.owner.clone().unwrap_or_default();
    let given = |name: &str| Some(typed.text(name).to_owned()).filter(|text| !text.is_empty());
    let owner = Person { name: given("owner_name"), email: given("owner_email"), phone: known.phone };
    if owner.email.as_ref().is_some_and(|email| !email.contains('@')) {
        return Err(Error::invalid("owner_email", "this is not an e-mail address"));
    }
    item.owner = (owner.name.is_some() || owner.email.is_some()).then_some(owner);
    item.due = match typed.text("due") {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::invalid("due", "type a date, as 2026-03-02"))?),
    };
    if let Some(progress) = typed.raw("progress") {
        item.progress = named(progress).ok_or_else(|| Error::invalid("progress", "open, started, done or dropped"))?;
    }
    Ok(())
}

async fn change(State(app): State<App>, Path((id, item)): Path<(String, String)>, Posted { caller, typed }: Posted) -> Paged {
    let (meeting, _) = find(&caller.workspace, &id).await?;
    let own = format!("/meetings/{meeting}");
    let item: RecordId = item.parse().map_err(|_| Problem::not_found("This action item"))?;
    let seq = typed.text("seq").parse().map_err(|_| Problem::invalid("seq", "The form is incomplete; load the page again."))?;
    let origin = caller.origin();
    let edited = edit(&caller.workspace, &item, Some(seq), &origin, |record| match record {
        Record::ActionItem(known) if known.meeting.as_ref() == Some(&meeting) => read(&typed, known),
        _ => Err(store::Error::NotFound("the action item").into()),
    });
    match edited.await {
        Ok(_) => Ok(Flash::good("Saved. Connected tools follow.").then(&app, &format!("{own}#action-items"))),
        Err(Error::Invalid { field, why }) => {
            Ok(Flash::bad(format!("Not saved. {}: {why}.", field.replace('_', " "))).then(&app, &format!("{own}#action-items")))
        }
        Err(Error::Store(store::Error::Stale(_))) => {
            Ok(Flash::bad("Not saved: it was changed meanwhile. This is how it is now.").then(&app, &format!("{own}#action-items")))
        }
        Err(error) => Err(error.into()),
    }
}

async fn create(State(app): State<App>, Path(id): Path<String>, Posted { caller, typed }: Posted) -> Paged {
    let (meeting, _) = find(&caller.workspace, &id).await?;
    let own = format!("/meetings/{meeting}#action-items");
    let mut item = ActionItem { meeting: Some(meeting), ..ActionItem::default() };
    if let Err(error) = read(&typed, &mut item) {
        return Ok(Flash::bad(format!("Not added. {error}.")).then(&app, &own));
    }
    add(&caller.workspace, Record::ActionItem(item), &caller.origin()).await?;
    Ok(Flash::good("Added. Connected tools follow.").then(&app, &own))
}
