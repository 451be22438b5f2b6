//! The list of meetings: past and upcoming, searched by title, page by page.

use askama::Template;
use axum::Router;
use axum::routing::get;
use model::meeting::{MeetingState, ParticipantKind};
use model::{Kind, Meeting, Record};
use store::records::{Listing, Stored};
use sync::meetings::around;
use url::form_urlencoded;

use super::{Frame, Visit};
use crate::app::App;
use crate::page_error::Paged;

const PER_PAGE: usize = 25;

struct Row {
    href: String,
    title: String,
    when: String,
    people: String,
    cancelled: bool,
    has_summary: bool,
}

#[derive(Template)]
#[template(path = "meetings.html")]
struct MeetingsPage<'a> {
    page: &'a Frame,
    upcoming: bool,
    q: &'a str,
    rows: Vec<Row>,
    next: Option<String>,
    /// Whether there are any meetings at all.
    any: bool,
    first_page: bool,
}

/// `/meetings`.
pub fn router() -> Router<App> {
    Router::new().route("/meetings", get(meetings))
}

async fn meetings(visit: Visit) -> Paged {
    let (q, upcoming) = (visit.query.text("q"), visit.query.text("tab") == "upcoming");
    let after = visit.query.text("after").split_once('~').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
    let (from, until) = around(visit.page.clock.now, upcoming);
    let limit = u32::try_from(PER_PAGE + 1).unwrap_or(u32::MAX);
    let search = q.chars().take(200).collect();
    let first_page = after.is_none();
    let mut found =
        visit.caller.workspace.list(&Listing { kind: Kind::Meeting, from, until, descending: !upcoming, after, search, limit }).await?;
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    let next = found.last().filter(|_| more).and_then(|last| {
        let place = format!("{}~{}", last.record.sort_time()?.as_millisecond(), last.id);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("tab", if upcoming { "upcoming" } else { "past" }).append_pair("q", q).append_pair("after", &place);
        Some(format!("/meetings?{}", query.finish()))
    });
    let rows = found.into_iter().filter_map(|stored| row(&visit, stored)).collect();
    let any = visit.caller.workspace.count(Kind::Meeting).await? > 0;
    Ok(visit.show(&MeetingsPage { page: &visit.page, upcoming, q, rows, next, any, first_page }))
}

fn row(visit: &Visit, stored: Stored) -> Option<Row> {
    let Record::Meeting(meeting) = stored.record else { return None };
    Some(Row {
        href: format!("/meetings/{}", stored.id),
        when: visit.page.clock.when(&meeting.when),
        people: people(&meeting),
        cancelled: meeting.state == MeetingState::Cancelled,
        has_summary: meeting.summary.is_some(),
        title: meeting.title,
    })
}

/// The first people, and how many more.
fn people(meeting: &Meeting) -> String {
    let all: Vec<&str> =
        meeting.participants.iter().filter(|one| one.kind == ParticipantKind::Person).map(|one| one.person.label()).collect();
    let shown = all.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    if all.len() > 3 { format!("{shown} and {} more", all.len() - 3) } else { shown }
}
