//! Action items as issues: what changed there, and what is written there.

use connector_kit::{
    Cursor, Entry, Error, ErrorKind, Member, Outbound, Page, PullRequest, Receipt, Result, Session, Sink, Source, TaskBoard, async_trait,
};
use cynic::{MutationBuilder, QueryBuilder};
use jiff::{SignedDuration, Timestamp};
use model::action_item::Task;
use model::settings::Destination;
use model::{Fields, Progress};
use serde::{Deserialize, Serialize};

use super::graphql::ask;
use super::mutation::{Attach, ChangedIssue, CreateIssue, DeleteIssue, NewAttachment, NewIssue, UpdateIssue};
use super::wire::{
    After, BooleanComparator, ById, ChangedIssues, DateComparator, DateTimeOrDuration, IdComparator, Issue, IssueFilter, IssuesSince,
    OneIssue, PageInfo, StatesAroundIssue, StatesOfTeam, TeamFilter, Teams, UserFilter, Users, UsersAfter,
};
use super::{Linear, map};

/// Issues on one page: about 5 points of complexity each, of 10 000 allowed.
const PAGE: i32 = 50;
/// What was edited this long before the newest edit known is read again: Linear's replicas may show an edit late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// So many issues of the overlap are remembered, and not told again. More are told again, which is harmless.
const REMEMBERED: usize = 400;
/// Pages of teams or people that are read at most.
const MOST_PAGES: usize = 50;

/// A place in the issues of a team. They come newest edit first, so a pass ends where the one before began.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    /// This pass asks for edits from here on.
    from: Timestamp,
    /// The newest edit met in this pass.
    newest: Option<Timestamp>,
    /// Linear's own cursor within the pass.
    after: Option<String>,
    /// Told by the pass before, with the edit that was told.
    told: Vec<(String, Timestamp)>,
    /// Told by this pass, as far as the next one will meet them again.
    telling: Vec<(String, Timestamp)>,
}

impl Place {
    /// Notes an issue; `false`: this edit of it was told before.
    fn meet(&mut self, issue: &Issue) -> bool {
        let newest = self.newest.map_or(issue.updated_at, |known| known.max(issue.updated_at));
        self.newest = Some(newest);
        let met = (issue.id.inner().to_owned(), issue.updated_at);
        let fresh = !self.told.contains(&met);
        if issue.updated_at >= newest.saturating_sub(OVERLAP).unwrap_or(newest) && self.telling.len() < REMEMBERED {
            self.telling.push(met);
        }
        fresh
    }

    /// The place after a page; and whether more can be had at once.
    fn turn(mut self, page: PageInfo) -> Result<(Self, bool)> {
        if page.has_next_page {
            if page.end_cursor.is_none() || page.end_cursor == self.after {
                return Err(Error::protocol("Linear promises a further page and does not say where"));
            }
            self.after = page.end_cursor;
            return Ok((self, true));
        }
        let from = match self.newest {
            Some(newest) => newest.saturating_sub(OVERLAP).unwrap_or(newest).max(self.from),
            None => self.from,
        };
        let told = if self.newest.is_some() { self.telling } else { self.told };
        let told = told.into_iter().filter(|(_, at)| *at >= from).collect();
        Ok((Self { from, told, ..Self::default() }, false))
    }
}

#[async_trait]
impl Source<Task> for Linear {
    async fn pull(&self, session: &Session, request: &PullRequest<'_>) -> Result<Page<Task>> {
        let team = request.destination.ok_or_else(|| Error::invalid("choose the team whose issues are followed"))?;
        let mut place: Place = match request.cursor {
            Some(cursor) => cursor.read()?,
            None => Place { from: request.since, ..Place::default() },
        };
        let filter = IssueFilter {
            team: Some(TeamFilter { id: Some(IdComparator { eq: Some(cynic::Id::new(&team.id)) }) }),
            updated_at: Some(DateComparator { gte: Some(DateTimeOrDuration(place.from)) }),
        };
        let variables = IssuesSince { after: place.after.clone(), filter, first: PAGE };
        let answer = ask(session, ChangedIssues::build(variables)).await.map_err(|error| match (error.kind, &place.after) {
            (ErrorKind::Invalid | ErrorKind::NotFound, Some(_)) => {
                Error::new(ErrorKind::CursorExpired, "Linear lost the place on its list")
            }
            _ => error,
        })?;
        let issues = answer.issues;
        let entries = issues.nodes.iter().filter(|issue| place.meet(issue)).map(map::entry).collect();
        let (place, more) = place.turn(issues.page_info)?;
        Ok(Page { entries, cursor: Cursor::of(&place), more })
    }

    async fn is_gone(&self, session: &Session, id: &str, _destination: Option<&Destination>) -> Result<bool> {
        match read(session, id).await {
            Ok(issue) => Ok(matches!(map::entry(&issue), Entry::Gone { .. })),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Sink<Task> for Linear {
    async fn push(&self, session: &Session, items: &[Outbound<Task>]) -> Vec<Result<Receipt>> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(write(session, item).await);
        }
        results
    }

    /// By our own id. Completes what the lost answer may have cut off: the link to the meeting.
    async fn find(&self, session: &Session, item: &Outbound<Task>) -> Result<Option<Receipt>> {
        let id = item.link.as_ref().map_or_else(|| item.key.to_string(), |link| link.id.clone());
        match read(session, &id).await {
            Ok(issue) => settle(session, item, &issue, map::seen_later(&issue, &item.item)).await.map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        match ask(session, DeleteIssue::build(ById { id })).await {
            Ok(answer) => done(answer.issue_delete.success),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>> {
        let mut found = Vec::new();
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let teams = ask(session, Teams::build(After { after })).await?.teams;
            found.extend(teams.nodes.into_iter().map(|team| Destination { id: team.id.into_inner(), name: team.name }));
            after = teams.page_info.end_cursor;
            if !teams.page_info.has_next_page {
                break;
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl TaskBoard for Linear {
    async fn members(&self, session: &Session) -> Result<Vec<Member>> {
        let mut found = Vec::new();
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let filter = UserFilter { active: Some(BooleanComparator { eq: Some(true) }) };
            let users = ask(session, Users::build(UsersAfter { after, filter })).await?.users;
            let assignable = users.nodes.into_iter().filter(|user| user.is_assignable);
            found.extend(assignable.map(|user| Member { id: user.id.into_inner(), name: user.name, email: Some(user.email) }));
            after = users.page_info.end_cursor;
            if !users.page_info.has_next_page {
                break;
            }
        }
        Ok(found)
    }
}

async fn write(session: &Session, item: &Outbound<Task>) -> Result<Receipt> {
    if map::title(&item.item.text).is_empty() {
        return Err(Error::invalid("an issue needs a title, and this action item has no text"));
    }
    if let Some(property) = item.properties.keys().next() {
        return Err(Error::invalid(format!("Linear's issues have no property `{property}` to write to")));
    }
    match &item.link {
        Some(_) => change(session, item).await,
        None => create(session, item).await,
    }
}

async fn create(session: &Session, item: &Outbound<Task>) -> Result<Receipt> {
    let team = &item.destination.as_ref().ok_or_else(|| Error::invalid("choose the team that issues go to"))?.id;
    // Without a state, Linear takes the one that the team chose for new issues.
    let state = match item.item.progress {
        Progress::Open => None,
        progress => {
            let states = ask(session, StatesOfTeam::build(ById { id: team })).await?.team.states;
            Some(map::state_for(progress, &states.nodes).ok_or_else(no_such_state)?)
        }
    };
    let input = map::creation(item, team, state);
    match ask(session, CreateIssue::build(NewIssue { input })).await {
        Ok(answer) => {
            let issue = answer.issue_create.issue.ok_or_else(|| Error::protocol("Linear created an issue and does not show it"))?;
            settle(session, item, &issue, map::seen_at_creation(&issue)).await
        }
        // Only we choose this id: an earlier try of this very write got through.
        Err(error) if error.kind == ErrorKind::Conflict => {
            let issue = read(session, &item.key.to_string()).await?;
            settle(session, item, &issue, map::seen_later(&issue, &item.item)).await
        }
        Err(error) => Err(error),
    }
}

async fn change(session: &Session, item: &Outbound<Task>) -> Result<Receipt> {
    let link = item.link.as_ref().ok_or_else(|| Error::invalid("an update needs the issue it is about"))?;
    let changed = map::changed(&item.item, link);
    if changed.is_empty() {
        return Ok(Receipt { id: link.id.clone(), version: link.version.clone(), url: link.url.clone(), seen: Some(link.base.clone()) });
    }
    let state = if changed.contains(&"progress") {
        // Of the team where the issue is now; somebody may have moved it.
        let states = ask(session, StatesAroundIssue::build(ById { id: &link.id })).await?.issue.team.states;
        Some(map::state_for(item.item.progress, &states.nodes).ok_or_else(no_such_state)?)
    } else {
        None
    };
    let input = map::update(&item.item, &changed, state);
    let answer = ask(session, UpdateIssue::build(ChangedIssue { id: &link.id, input })).await?;
    let issue = answer.issue_update.issue.ok_or_else(|| Error::protocol("Linear changed an issue and does not show it"))?;
    let seen = map::seen_after_update(&issue, &changed, &link.base);
    Ok(receipt(&issue, seen))
}

/// Hangs the meeting's page on a new issue, and writes the receipt.
async fn settle(session: &Session, item: &Outbound<Task>, issue: &Issue, seen: Fields) -> Result<Receipt> {
    if let (Some(meeting), None) = (&item.item.from, &item.link) {
        let input = map::attachment(issue.id.inner(), meeting);
        done(ask(session, Attach::build(NewAttachment { input })).await?.attachment_create.success)?;
    }
    Ok(receipt(issue, seen))
}

fn receipt(issue: &Issue, seen: Fields) -> Receipt {
    Receipt { id: issue.id.inner().to_owned(), version: Some(issue.updated_at.to_string()), url: Some(issue.url.clone()), seen: Some(seen) }
}

async fn read(session: &Session, id: &str) -> Result<Issue> {
    Ok(ask(session, OneIssue::build(ById { id })).await?.issue)
}

pub(super) fn done(success: bool) -> Result<()> {
    if success { Ok(()) } else { Err(Error::new(ErrorKind::Unavailable, "Linear says that it did not succeed, and not why")) }
}

fn no_such_state() -> Error {
    Error::invalid("the team's workflow has no state for this progress")
}
