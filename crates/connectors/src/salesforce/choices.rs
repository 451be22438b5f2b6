//! The organisation's own states and priorities of tasks: an admin may have renamed and added some.

use connector_kit::{Error, Result, Session};
use model::{Priority, Progress};

use super::soql;
use super::wire::Choice;

/// Both picklists.
#[derive(Debug, Clone)]
pub(super) struct Choices {
    statuses: Vec<Choice>,
    priorities: Vec<Choice>,
}

/// Reads them, in the order in which people see them.
pub(super) async fn read(session: &Session) -> Result<Choices> {
    let statuses = soql::all(session, "SELECT MasterLabel, ApiName, IsDefault, IsClosed FROM TaskStatus ORDER BY SortOrder").await?;
    let priorities =
        soql::all(session, "SELECT MasterLabel, ApiName, IsDefault, IsHighPriority FROM TaskPriority ORDER BY SortOrder").await?;
    Ok(Choices::new(statuses, priorities))
}

fn name(choice: &Choice) -> Option<&str> {
    choice.api_name.as_deref().or(choice.master_label.as_deref())
}

impl Choices {
    pub(super) const fn new(statuses: Vec<Choice>, priorities: Vec<Choice>) -> Self {
        Self { statuses, priorities }
    }

    /// The state that stands for this progress; what was given up counts as closed, for Salesforce has no state of that meaning.
    pub(super) fn status(&self, progress: Progress) -> Result<&str> {
        let open = || self.statuses.iter().filter(|choice| !choice.is_closed);
        let usual = || open().find(|choice| choice.is_default).or_else(|| open().next());
        let named = |wanted: &str| open().find(|choice| name(choice).is_some_and(|own| own.eq_ignore_ascii_case(wanted)));
        let found = match progress {
            Progress::Open => usual(),
            Progress::Started => named("In Progress").or_else(|| open().find(|choice| !choice.is_default)).or_else(usual),
            Progress::Done | Progress::Dropped => {
                let closed = || self.statuses.iter().filter(|choice| choice.is_closed);
                closed().find(|choice| choice.is_default).or_else(|| closed().next())
            }
        };
        found.and_then(name).ok_or_else(|| Error::invalid("the organisation's tasks have no state that stands for this progress"))
    }

    /// The progress that a state stands for: closed is done, the usual open one and a postponed one are open, any other is started.
    pub(super) fn progress(&self, status: Option<&str>, is_closed: bool) -> Progress {
        if is_closed {
            return Progress::Done;
        }
        let is_usual = |status: &str| self.status(Progress::Open).is_ok_and(|usual| usual.eq_ignore_ascii_case(status));
        match status {
            Some(status) if !is_usual(status) && !status.eq_ignore_ascii_case("Deferred") => Progress::Started,
            _ => Progress::Open,
        }
    }

    /// The priority to write: the highest or lowest of the list, or the usual one.
    pub(super) fn priority(&self, priority: Priority) -> Result<&str> {
        let usual = || self.priorities.iter().find(|choice| choice.is_default);
        let found = match priority {
            Priority::High | Priority::Urgent => self.priorities.iter().find(|choice| choice.is_high_priority).or_else(usual),
            Priority::Low => self.low().or_else(usual),
            Priority::None | Priority::Medium => usual(),
        };
        found
            .or_else(|| self.priorities.first())
            .and_then(name)
            .ok_or_else(|| Error::invalid("the organisation's tasks have no priorities"))
    }

    /// What a priority means; the usual one is medium.
    pub(super) fn meaning(&self, priority: Option<&str>, is_high: bool) -> Priority {
        let low = self.low().and_then(name);
        match priority {
            _ if is_high => Priority::High,
            Some(priority) if low.is_some_and(|low| low.eq_ignore_ascii_case(priority)) => Priority::Low,
            Some(_) => Priority::Medium,
            None => Priority::None,
        }
    }

    /// The last of the list, where it is neither high nor usual.
    fn low(&self) -> Option<&Choice> {
        self.priorities.last().filter(|choice| !choice.is_high_priority && !choice.is_default)
    }
}
