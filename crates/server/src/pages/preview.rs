//! What the next sync of a connection would do, field by field; and doing exactly that.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use connector_kit::Allowance;
use serde_json::Value;
use sync::preview::{PlanLine, Preview, apply, preview};

use super::connection::{Head, find_to_change, head};
use super::{Frame, Visit, words};
use crate::app::App;
use crate::flash::Flash;
use crate::forms::Posted;
use crate::page_error::Paged;

struct LineView {
    label: String,
    what: &'static str,
    action: &'static str,
    tone: &'static str,
    reason: Option<String>,
    fields: Vec<FieldView>,
}

struct FieldView {
    name: String,
    from: String,
    to: String,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage<'a> {
    page: &'a Frame,
    head: Head,
    tab: &'static str,
    /// `None`: it could not be made, and why.
    plan: Option<Preview>,
    error: Option<String>,
    lines: Vec<LineView>,
    incoming: Vec<LineView>,
    writes: usize,
    allowances: Vec<String>,
}

/// `/connections/{id}/preview`.
pub fn router() -> Router<App> {
    Router::new().route("/connections/{id}/preview", get(show).post(carry_out))
}

async fn show(visit: Visit, Path(id): Path<String>) -> Paged {
    let found = find_to_change(&visit.app, &visit.caller, &id).await?;
    let made = preview(visit.app.hub(), &visit.caller.workspace, &found.connection).await;
    let (plan, error) = match made {
        Ok(plan) => (Some(plan), None),
        Err(error) => (None, Some(crate::problem::Problem::from(error).detail)),
    };
    let lines: Vec<LineView> = plan.iter().flat_map(|plan| &plan.lines).map(line).collect();
    let writes = plan.iter().flat_map(|plan| &plan.lines).filter(|line| line.action != "skip").count();
    let incoming = plan.iter().flat_map(|plan| &plan.incoming).map(line).collect();
    let head = head(&visit, &found).await?;
    let allowances = plan.iter().flat_map(|plan| &plan.allowances).map(allowance).collect();
    let page = PreviewPage { page: &visit.page, head, tab: "preview", plan, error, lines, incoming, writes, allowances };
    Ok(visit.show(&page))
}

/// What the tool still allows, in words.
fn allowance(allowance: &Allowance) -> String {
    let of = allowance.of;
    match (allowance.limit, allowance.left) {
        (Some(limit), Some(left)) => format!("{limit} {of}, of which {left} are left"),
        (Some(limit), None) => format!("{limit} {of}"),
        (None, Some(left)) => format!("{left} more {of}"),
        (None, None) => of.to_owned(),
    }
}

fn line(line: &PlanLine) -> LineView {
    let (action, tone) = match line.action {
        "create" => ("Create", "good"),
        "update" => ("Change", "good"),
        "delete" => ("Delete", "bad"),
        "unlink" => ("Unlink", "plain"),
        _ => ("Leave out", "plain"),
    };
    LineView {
        label: line.label.clone(),
        what: words::capability(line.capability),
        action,
        tone,
        reason: line.reason.clone(),
        fields: line
            .fields
            .iter()
            .map(|field| FieldView { name: field.field.replace('_', " "), from: value(&field.from), to: value(&field.to) })
            .collect(),
    }
}

/// A value in words; a long one is cut, and says so.
fn value(value: &Value) -> String {
    let text = match value {
        Value::Null => return "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let short: String = text.chars().take(200).collect();
    if short.len() < text.len() { format!("{short}… ({} characters)", text.chars().count()) } else { text }
}

async fn carry_out(State(app): State<App>, Path(id): Path<String>, Posted { caller, typed }: Posted) -> Paged {
    let found = find_to_change(&app, &caller, &id).await?;
    let own = format!("/connections/{id}");
    match apply(app.hub(), &caller.workspace, &caller.actor, &found.connection, typed.text("plan")).await {
        Ok(()) => Ok(Flash::good("The plan is carried out now.").then(&app, &format!("{own}/activity"))),
        Err(sync::Error::StalePreview) => {
            Ok(Flash::bad("Something changed since you looked; this is the plan as it is now.").then(&app, &format!("{own}/preview")))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_told_as_far_as_it_is_known() {
        let words = |limit, left| allowance(&Allowance { of: "calls a day", limit, left });
        assert_eq!(words(Some(1_000), Some(950)), "1000 calls a day, of which 950 are left");
        assert_eq!(words(Some(1_000), None), "1000 calls a day");
        assert_eq!(words(None, Some(950)), "950 more calls a day");
    }
}
