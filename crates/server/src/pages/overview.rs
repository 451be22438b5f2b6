//! The front page: how each connection is, what ran lately, what comes next.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::routing::get;
use model::connection::Status;
use model::{Kind, Record};
use store::records::Listing;
use sync::meetings::around;

use super::words::{RunView, StatusView};
use super::{Frame, Visit};
use crate::app::App;
use crate::page_error::Paged;
use crate::problem::Problem;

/// A connection as lists show it.
pub struct ConnectionView {
    pub href: String,
    pub tool: &'static str,
    pub account: String,
    pub status: StatusView,
}

struct RunLine {
    tool: String,
    run: RunView,
}

struct Upcoming {
    href: String,
    title: String,
    when: String,
    join_url: Option<String>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    page: &'a Frame,
    connections: Vec<ConnectionView>,
    runs: Vec<RunLine>,
    upcoming: Vec<Upcoming>,
    meetings: i64,
}

/// `/`.
pub fn router() -> Router<App> {
    Router::new().route("/", get(overview))
}

async fn overview(visit: Visit) -> Paged {
    let connections = visible(&visit).await?;
    let names: BTreeMap<String, String> =
        connections.iter().map(|(id, view)| (id.clone(), format!("{} · {}", view.tool, view.account))).collect();
    let runs = visit.caller.workspace.recent_runs(40).await?;
    let runs = runs.iter().filter_map(|run| {
        let tool = names.get(run.connection.as_str())?.clone();
        Some(RunLine { tool, run: RunView::of(run, &visit.page.clock) })
    });
    let page = OverviewPage {
        page: &visit.page,
        runs: runs.take(10).collect(),
        connections: connections.into_iter().map(|(_, view)| view).collect(),
        upcoming: upcoming(&visit).await?,
        meetings: visit.caller.workspace.count(Kind::Meeting).await?,
    };
    Ok(visit.show(&page))
}

/// The connections that this person may look at, by id; those of tools that are no longer in the catalogue are left out.
pub async fn visible(visit: &Visit) -> Result<Vec<(String, ConnectionView)>, Problem> {
    let mut found = Vec::new();
    for connection in visit.caller.workspace.connections().await? {
        let Ok(connector) = visit.app.hub().connector(&connection.integration) else { continue };
        let manifest = connector.manifest();
        if connection.account.is_none() || !visit.caller.may_see(manifest, &connection) {
            continue;
        }
        let evidence = visit.caller.workspace.status_evidence(&connection.id).await?;
        let status = Status::from_evidence(&evidence, visit.page.clock.now);
        let view = ConnectionView {
            href: format!("/connections/{}", connection.id),
            tool: manifest.name,
            account: connection.account.as_ref().map(|account| account.name.clone()).unwrap_or_default(),
            status: StatusView::of(&status, &connection, &visit.page.clock),
        };
        found.push((connection.id.to_string(), view));
    }
    Ok(found)
}

async fn upcoming(visit: &Visit) -> Result<Vec<Upcoming>, Problem> {
    let (from, until) = around(visit.page.clock.now, true);
    let listing = Listing { from, until, descending: false, ..Listing::all(Kind::Meeting, 5) };
    let stored = visit.caller.workspace.list(&listing).await?;
    let view = |stored: store::records::Stored| match stored.record {
        Record::Meeting(meeting) => Some(Upcoming {
            href: format!("/meetings/{}", stored.id),
            when: visit.page.clock.when(&meeting.when),
            title: meeting.title,
            join_url: meeting.join_url.filter(|url| url.starts_with("https://")),
        }),
        _ => None,
    };
    Ok(stored.into_iter().filter_map(view).collect())
}
