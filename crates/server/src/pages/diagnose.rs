//! Diagnose: what is wrong with a connection, the one step to mend it, and the checks that say so. It makes real calls.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sync::diagnose::{CheckList, diagnose};

use super::connection::{Head, find_to_change, head};
use super::words::StepView;
use super::{Frame, Visit, words};
use crate::app::App;
use crate::page_error::Paged;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "diagnose.html")]
struct DiagnosePage<'a> {
    page: &'a Frame,
    head: Head,
    tab: &'static str,
    cause: String,
    step: Option<StepView>,
    lists: Vec<CheckList>,
    tests: Vec<(&'static str, bool, String)>,
}

/// `/connections/{id}/diagnose`.
pub fn router() -> Router<App> {
    Router::new().route("/connections/{id}/diagnose", get(show))
}

async fn show(visit: Visit, Path(id): Path<String>) -> Paged {
    let found = find_to_change(&visit.app, &visit.caller, &id).await?;
    let diagnosis = diagnose(visit.app.hub(), &visit.caller.workspace, &found.connection).await.map_err(Problem::from)?;
    let name = |option: &str| model::Capability::parse(option).map_or("Account", words::capability);
    let page = DiagnosePage {
        page: &visit.page,
        head: head(&visit, &found).await?,
        tab: "diagnose",
        cause: diagnosis.cause,
        step: diagnosis.step.map(|step| words::next_step(step, &found.connection)),
        lists: diagnosis.lists,
        tests: diagnosis.tests.into_iter().map(|line| (name(&line.option), line.passed, line.detail)).collect(),
    };
    Ok(visit.show(&page))
}
