//! The audit trail, for admins: who did what, from where; and the check that nothing of it was changed.

use askama::Template;
use axum::Router;
use axum::routing::get;
use store::audit::Entry;

use super::{Frame, Visit};
use crate::app::App;
use crate::page_error::Paged;

const PER_PAGE: u32 = 50;

struct Line {
    seq: i64,
    at: String,
    actor: String,
    address: String,
    act: String,
    target: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage<'a> {
    page: &'a Frame,
    lines: Vec<Line>,
    older: Option<i64>,
    /// What the check found: whether it is whole, and the words.
    checked: Option<(bool, String)>,
}

/// `/audit`.
pub fn router() -> Router<App> {
    Router::new().route("/audit", get(audit))
}

async fn audit(visit: Visit) -> Paged {
    visit.caller.require_admin()?;
    let before = visit.query.text("before").parse().ok();
    let entries = visit.caller.workspace.audit_before(before, PER_PAGE).await?;
    let users = visit.caller.workspace.users().await?;
    let name = |entry: &Entry| {
        let user = users.iter().find(|user| entry.actor.strip_prefix("user:") == Some(user.id.as_str()));
        user.map_or_else(|| entry.actor.clone(), |user| user.name.clone())
    };
    let checked = if visit.query.ticked("check") {
        Some(match visit.caller.workspace.verify_audit().await? {
            Ok(head) => (true, format!("All {} acts are whole and in order.", head.seq)),
            Err(fault) => (false, format!("The trail was changed: {fault}.")),
        })
    } else {
        None
    };
    let page = AuditPage {
        page: &visit.page,
        older: entries.last().map(|entry| entry.seq).filter(|seq| *seq > 1),
        lines: entries
            .iter()
            .map(|entry| Line {
                seq: entry.seq,
                at: visit.page.clock.at(entry.at),
                actor: name(entry),
                address: entry.address.clone(),
                act: entry.act.clone(),
                target: entry.target.clone(),
                detail: if entry.detail == "{}" { String::new() } else { entry.detail.clone() },
            })
            .collect(),
        checked,
    };
    Ok(visit.show(&page))
}
