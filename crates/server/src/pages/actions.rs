//! A connection's buttons: test, sync now, retry, settle, release, reconnect, disconnect.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use model::Capability;
use sync::brake::release;
use sync::connect::reconnect;
use sync::disconnect::disconnect;
use sync::options::{retry, sync_now, test};
use sync::uncertain::{self, Finding};

use super::connection::{Head, find, find_to_change, head};
use super::integration::leave;
use super::{Frame, Visit, words};
use crate::app::App;
use crate::flash::Flash;
use crate::forms::{Posted, Typed};
use crate::page_error::{PageError, Paged};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "disconnect.html")]
struct DisconnectPage<'a> {
    page: &'a Frame,
    head: Head,
    tab: &'static str,
    flows: Vec<String>,
    links: i64,
}

/// The buttons' addresses.
pub fn router() -> Router<App> {
    Router::new()
        .route("/connections/{id}/test", post(run_test))
        .route("/connections/{id}/sync", post(sync))
        .route("/connections/{id}/items/retry", post(retry_one))
        .route("/connections/{id}/items/settle", post(settle))
        .route("/connections/{id}/release", post(let_go_on))
        .route("/connections/{id}/reconnect", post(sign_in_again))
        .route("/connections/{id}/disconnect", get(confirm).post(end))
}

fn own(id: &str) -> String {
    format!("/connections/{id}")
}

async fn run_test(State(app): State<App>, Path(id): Path<String>, Posted { caller, .. }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    let lines = test(app.hub(), &caller.workspace, &found.connection).await.map_err(|error| back(error, &id))?;
    let passed = lines.iter().all(|line| line.passed);
    let name = |option: &str| Capability::parse(option).map_or("Account", words::capability);
    let told = lines.iter().map(|line| format!("{} {}: {}", if line.passed { "✓" } else { "✗" }, name(&line.option), line.detail));
    let flash = if passed { Flash::good("The test passed.") } else { Flash::bad("The test found something.") };
    Ok(flash.with(told.collect()).then(&app, &own(&id)))
}

async fn sync(State(app): State<App>, Path(id): Path<String>, Posted { caller, typed }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    sync_now(&caller.workspace, &caller.actor, &found.connection).await?;
    let (text, page) = match typed.text("from") {
        "activity" => ("Everything that failed or was left out is tried again now.", format!("{}/activity", own(&id))),
        _ => ("Syncing now. The schedule stays as it is.", own(&id)),
    };
    Ok(Flash::good(text).then(&app, &page))
}

fn failing(id: &str) -> String {
    format!("{}/activity?list=failing", own(id))
}

fn capability(typed: &Typed) -> Result<Capability, Problem> {
    Capability::parse(typed.text("capability")).ok_or_else(|| Problem::invalid("capability", "There is no such kind of data."))
}

async fn retry_one(State(app): State<App>, Path(id): Path<String>, Posted { caller, typed }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    let retried = retry(&caller.workspace, &caller.actor, &found.connection, capability(&typed)?, typed.text("item")).await;
    Ok(match retried {
        Ok(()) => Flash::good("It is tried again now."),
        Err(sync::Error::Invalid { .. }) => Flash::bad("It no longer fails; there is nothing to try again."),
        Err(error) => return Err(back(error, &id)),
    }
    .then(&app, &failing(&id)))
}

async fn settle(State(app): State<App>, Path(id): Path<String>, Posted { caller, typed }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    let record = typed.text("record").parse().map_err(|_| Problem::invalid("record", "There is no such record."))?;
    let remote_id = Some(typed.text("remote_id").to_owned()).filter(|text| !text.is_empty());
    let finding = match typed.text("found") {
        "yes" => Finding::Arrived { remote_id },
        "no" => Finding::Missing,
        _ => return Err(Problem::invalid("found", "Say whether it is there: yes or no.").into()),
    };
    let capability = capability(&typed)?;
    let settled = uncertain::settle(&caller.workspace, &caller.actor, &found.connection, capability, &record, &finding).await;
    Ok(match settled {
        Ok(()) if finding == Finding::Missing => Flash::good("It is sent again now."),
        Ok(()) => Flash::good("Noted: it is at the tool."),
        Err(sync::Error::Invalid { .. }) => Flash::bad("Its outcome is no longer uncertain."),
        Err(error) => return Err(back(error, &id)),
    }
    .then(&app, &failing(&id)))
}

async fn let_go_on(State(app): State<App>, Path(id): Path<String>, Posted { caller, .. }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    let held = release(&caller.workspace, &caller.actor, &found.connection).await.map_err(|error| back(error, &id))?;
    let flash = if held > 0 { Flash::good("It goes on now, this once.") } else { Flash::bad("Nothing is held back any more.") };
    Ok(flash.then(&app, &format!("{}/activity", own(&id))))
}

async fn sign_in_again(State(app): State<App>, Path(id): Path<String>, Posted { caller, .. }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    let begun = reconnect(app.hub(), &caller.workspace, &caller.actor, &caller.user.id, &found.connection, &own(&id)).await;
    let begun = begun.map_err(|error| back(error, &id))?;
    Ok(match &begun.authorize_url {
        Some(url) => leave(found.manifest, url),
        None => Flash::good("Connected again. It catches up from where it stopped.").then(&app, &own(&id)),
    })
}

fn back(error: sync::Error, id: &str) -> PageError {
    PageError::from(error).with_step("Back to the connection", own(id))
}

async fn confirm(visit: Visit, Path(id): Path<String>) -> Paged {
    let found = find_to_change(&visit.app, &visit.caller, &id).await?;
    let settings = found.connection.settings.clone().unwrap_or_default();
    let on = settings.syncs.iter().filter(|(_, sync)| sync.enabled);
    let links = visit.caller.workspace.link_counts(&found.connection.id).await?.iter().map(|(_, count)| count).sum();
    let page = DisconnectPage {
        page: &visit.page,
        head: head(&visit, &found).await?,
        tab: "settings",
        flows: on.map(|(capability, _)| words::capability(*capability).to_owned()).collect(),
        links,
    };
    Ok(visit.show(&page))
}

async fn end(State(app): State<App>, Path(id): Path<String>, Posted { caller, .. }: Posted) -> Paged<Response> {
    let found = find_to_change(&app, &caller, &id).await?;
    let receipt = disconnect(app.hub(), &caller.workspace, &caller.actor, &found.connection).await.map_err(|error| back(error, &id))?;
    let mut lines = vec![
        if receipt.revoked {
            "The sign-in was taken back at the tool.".to_owned()
        } else {
            "The sign-in was not taken back at the tool.".to_owned()
        },
        format!("{} webhooks were removed at the tool.", receipt.webhooks_removed),
        format!("{} secrets were deleted here.", receipt.secrets_deleted),
        format!("{} links were kept, so that connecting again doubles nothing.", receipt.links_kept),
    ];
    lines.extend(receipt.remarks);
    // The receipt is shown where the connection still can be looked at.
    find(&app, &caller, &id).await?;
    Ok(Flash::good(format!("{} is disconnected. Nothing that was synced is deleted.", found.manifest.name))
        .with(lines)
        .then(&app, &own(&id)))
}
