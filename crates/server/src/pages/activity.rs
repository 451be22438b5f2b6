//! What a connection did: its runs, and how each record fares: in sync, left out, failing.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use jiff::Timestamp;
use model::ConnectionId;
use store::items::{Item, Outcome};

use super::connection::{Head, find, head};
use super::words::RunView;
use super::{Frame, Visit, words};
use crate::app::App;
use crate::page_error::Paged;
use crate::problem::Problem;

const PER_PAGE: usize = 50;
const RUNS: u32 = 15;

/// The three lists: name in the address, heading, what is in it, and what to say when it is empty.
const LISTS: [(&str, &str, &[Outcome], &str); 3] = [
    (
        "in_sync",
        "In sync",
        &[Outcome::Created, Outcome::Updated, Outcome::Unchanged, Outcome::Deleted, Outcome::Conflict],
        "Nothing has been synced yet.",
    ),
    ("excluded", "Left out", &[Outcome::Skipped], "No rule or setting leaves anything out."),
    ("failing", "Failing", &[Outcome::Failed, Outcome::Uncertain], "Nothing fails."),
];

struct ListTab {
    name: &'static str,
    label: &'static str,
    count: i64,
    chosen: bool,
}

/// A record's latest outcome, as lists show it.
pub struct ItemView {
    pub label: String,
    pub href: Option<String>,
    pub url: Option<String>,
    pub what: &'static str,
    pub outcome: &'static str,
    pub tone: &'static str,
    pub detail: String,
    pub at: String,
    pub retry: Option<String>,
    /// What a person can do about it, where this person may.
    pub act: Option<Act>,
}

/// The forms of an item.
pub struct Act {
    pub connection: ConnectionId,
    pub capability: &'static str,
    pub item: String,
    /// The outcome is uncertain: the person says what is at the tool. Else it is tried again.
    pub uncertain: bool,
}

impl ItemView {
    /// Puts an item into words.
    pub fn of(item: Item, clock: &words::Clock) -> Self {
        Self {
            href: item.record.filter(|record| record.kind() == model::Kind::Meeting).map(|record| format!("/meetings/{record}")),
            label: item.label,
            url: item.url.filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            what: words::capability(item.capability),
            outcome: words::outcome(item.outcome),
            tone: words::outcome_tone(item.outcome),
            detail: item.detail,
            at: clock.at(item.at),
            act: None,
            retry: item.retry_at.map(|at| match (item.outcome, item.attempt) {
                (Outcome::Skipped, _) => format!("Looked at again {}.", clock.at(at)),
                (_, 1) => format!("Tried once; next try {}.", clock.at(at)),
                (_, attempt) => format!("Tried {attempt} times; next try {}.", clock.at(at)),
            }),
        }
    }
}

fn act(item: &Item) -> Option<Act> {
    let uncertain = item.outcome == Outcome::Uncertain;
    let again = matches!(item.outcome, Outcome::Failed | Outcome::Skipped);
    (uncertain || again).then(|| Act {
        connection: item.connection.clone(),
        capability: item.capability.as_str(),
        item: item.item.clone(),
        uncertain,
    })
}

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage<'a> {
    page: &'a Frame,
    head: Head,
    tab: &'static str,
    runs: Vec<RunView>,
    older_runs: Option<String>,
    lists: Vec<ListTab>,
    list: &'static str,
    empty: &'static str,
    items: Vec<ItemView>,
    more_items: Option<String>,
    /// What the brake holds back.
    held: Vec<String>,
}

/// `/connections/{id}/activity`.
pub fn router() -> Router<App> {
    Router::new().route("/connections/{id}/activity", get(activity))
}

async fn activity(visit: Visit, Path(id): Path<String>) -> Paged {
    let found = find(&visit.app, &visit.caller, &id).await?;
    let own = found.connection.id.clone();
    let chosen = LISTS.iter().find(|(name, ..)| *name == visit.query.text("list")).unwrap_or(&LISTS[0]);
    let counts = visit.caller.workspace.item_counts(&own).await?;
    let count = |outcomes: &[Outcome]| {
        counts.iter().filter(|(name, _)| outcomes.iter().any(|outcome| outcome.as_str() == name)).map(|(_, count)| count).sum()
    };
    let before = visit.query.text("before").parse().ok();
    let runs = visit.caller.workspace.runs(&own, before.as_ref(), RUNS).await?;
    let older_runs = runs.last().filter(|_| runs.len() == RUNS as usize).map(|last| format!("?before={}", last.id));
    let (items, more) = page_of(&visit, &own, chosen.2).await?;
    let facts = visit.caller.workspace.facts(&own).await?;
    let head = head(&visit, &found).await?;
    let may_act = head.may_change && head.connected;
    let view = |item: Item| {
        let act = act(&item).filter(|_| may_act);
        ItemView { act, ..ItemView::of(item, &visit.page.clock) }
    };
    let page = ActivityPage {
        page: &visit.page,
        held: facts.into_iter().filter(|fact| fact.name.starts_with("braked:")).map(|fact| fact.detail).collect(),
        head,
        tab: "activity",
        runs: runs.iter().map(|run| RunView::of(run, &visit.page.clock)).collect(),
        older_runs,
        lists: LISTS
            .iter()
            .map(|(name, label, outcomes, _)| ListTab { name, label, count: count(outcomes), chosen: *name == chosen.0 })
            .collect(),
        list: chosen.1,
        empty: chosen.3,
        more_items: more.map(|after| format!("?list={}&after={after}", chosen.0)),
        items: items.into_iter().map(view).collect(),
    };
    Ok(visit.show(&page))
}

/// A page of items of several outcomes, newest first, and the address of the next.
async fn page_of(visit: &Visit, connection: &ConnectionId, outcomes: &[Outcome]) -> Result<(Vec<Item>, Option<String>), Problem> {
    let after = visit
        .query
        .text("after")
        .split_once('~')
        .and_then(|(at, item)| Some((Timestamp::from_millisecond(at.parse().ok()?).ok()?, item.to_owned())));
    let mut items = Vec::new();
    for outcome in outcomes {
        let some = visit.caller.workspace.items(connection, *outcome, after.clone(), u32::try_from(PER_PAGE).unwrap_or(u32::MAX)).await?;
        items.extend(some);
    }
    items.sort_by(|one, other| (other.at, &other.item).cmp(&(one.at, &one.item)));
    let more = items.len() >= PER_PAGE;
    items.truncate(PER_PAGE);
    let next = items.last().filter(|_| more).map(|last| {
        let place = format!("{}~{}", last.at.as_millisecond(), last.item);
        url::form_urlencoded::byte_serialize(place.as_bytes()).collect()
    });
    Ok((items, next))
}
