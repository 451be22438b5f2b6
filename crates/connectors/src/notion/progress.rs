//! How a database says how far a task is, and how urgent: by a status with its groups, by a box to tick, by a choice. Pure.

use model::{Priority, Progress};
use serde_json::{Value, json};

use super::columns::{Columns, named};
use super::wire::{Cell, Choice, Column, Options};

const OPEN: &[&str] = &["not started", "to do", "todo", "to-do", "open", "backlog", "new"];
const STARTED: &[&str] = &["in progress", "doing", "started", "ongoing"];
const DONE: &[&str] = &["done", "complete", "completed", "finished", "closed"];
const DROPPED: &[&str] = &["cancelled", "canceled", "dropped", "won't do", "wont do", "abandoned", "declined", "rejected"];

/// The column that tells it.
#[derive(Debug, Clone)]
pub(super) enum Progressing {
    Status { column: String, options: Options },
    Tick { column: String },
    Select { column: String, options: Vec<Choice> },
}

fn is_one(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

impl Progressing {
    /// A status first, then a box, then a choice that bears the name.
    pub(super) fn of(columns: &Columns, status: Option<(&str, &Column)>) -> Option<Self> {
        if let Some((name, column)) = status {
            return Some(Self::Status { column: name.to_owned(), options: column.status.clone().unwrap_or_default() });
        }
        if let Some((name, _)) = named(columns, "checkbox", &["done", "completed", "complete"]) {
            return Some(Self::Tick { column: name.to_owned() });
        }
        let (name, column) = named(columns, "select", &["status", "progress", "state"])?;
        Some(Self::Select { column: name.to_owned(), options: column.select.clone().unwrap_or_default().options })
    }

    pub(super) fn column(&self) -> &str {
        match self {
            Self::Status { column, .. } | Self::Tick { column } | Self::Select { column, .. } => column,
        }
    }

    /// What a cell says; one without a value, or with one that nobody knows, is open.
    pub(super) fn read(&self, cell: &Cell) -> Progress {
        match self {
            Self::Tick { .. } => {
                if cell.checkbox == Some(true) {
                    Progress::Done
                } else {
                    Progress::Open
                }
            }
            Self::Status { options, .. } => cell.status.as_ref().map_or(Progress::Open, |choice| in_group(options, choice)),
            Self::Select { .. } => cell.select.as_ref().map_or(Progress::Open, |choice| by_name(&choice.name).unwrap_or_default()),
        }
    }

    /// What says it; `None`: this database has no word for it.
    pub(super) fn write(&self, progress: Progress) -> Option<Value> {
        match self {
            Self::Tick { .. } => Some(json!({ "checkbox": progress.is_over() })),
            Self::Status { options, .. } => self.choice(&options.options, progress).map(|name| json!({ "status": { "name": name } })),
            Self::Select { options, .. } => self.choice(options, progress).map(|name| json!({ "select": { "name": name } })),
        }
    }

    /// What a cell will say after that was written.
    pub(super) fn rounded(&self, progress: Progress) -> Progress {
        match self {
            Self::Tick { .. } => {
                if progress.is_over() {
                    Progress::Done
                } else {
                    Progress::Open
                }
            }
            Self::Status { options, .. } => self.told(&options.options, progress),
            Self::Select { options, .. } => self.told(options, progress),
        }
    }

    fn told(&self, options: &[Choice], progress: Progress) -> Progress {
        let known = self.choice(options, progress).and_then(|name| options.iter().find(|option| option.name == name));
        known.map_or(progress, |choice| self.means(choice))
    }

    fn means(&self, choice: &Choice) -> Progress {
        match self {
            Self::Status { options, .. } => in_group(options, choice),
            _ => by_name(&choice.name).unwrap_or_default(),
        }
    }

    /// The first option that means it; what was given up counts as done where there is no word for that, and what was started as open.
    fn choice<'o>(&self, options: &'o [Choice], progress: Progress) -> Option<&'o str> {
        let meaning = |wanted: Progress| options.iter().find(|option| self.means(option) == wanted && self.is_sure(option));
        let found = meaning(progress).or_else(|| match progress {
            Progress::Dropped => meaning(Progress::Done),
            Progress::Started => meaning(Progress::Open),
            _ => None,
        });
        found.map(|option| option.name.as_str())
    }

    /// Of a choice without groups, only a known word says anything.
    fn is_sure(&self, option: &Choice) -> bool {
        matches!(self, Self::Status { .. }) || by_name(&option.name).is_some()
    }
}

fn by_name(name: &str) -> Option<Progress> {
    let words = [(OPEN, Progress::Open), (STARTED, Progress::Started), (DONE, Progress::Done), (DROPPED, Progress::Dropped)];
    words.into_iter().find(|(names, _)| is_one(name, names)).map(|(_, progress)| progress)
}

/// A status has three groups, in this order: to do, in progress, complete.
fn in_group(options: &Options, choice: &Choice) -> Progress {
    let group = options.groups.iter().position(|group| group.option_ids.contains(&choice.id));
    match group {
        Some(0) => Progress::Open,
        Some(1) => Progress::Started,
        Some(2) if is_one(&choice.name, DROPPED) => Progress::Dropped,
        Some(2) => Progress::Done,
        _ => by_name(&choice.name).unwrap_or_default(),
    }
}

fn level(name: &str) -> Option<Priority> {
    let words: [(&[&str], Priority); 4] = [
        (&["low"], Priority::Low),
        (&["medium", "normal", "mid"], Priority::Medium),
        (&["high"], Priority::High),
        (&["urgent", "critical", "highest"], Priority::Urgent),
    ];
    words.into_iter().find(|(names, _)| is_one(name, names)).map(|(_, level)| level)
}

/// What a cell says of the priority; a word that nobody knows says nothing.
pub(super) fn priority(cell: &Cell) -> Priority {
    cell.select.as_ref().and_then(|choice| level(&choice.name)).unwrap_or_default()
}

/// The option that says it; the most urgent is high where there is no word for that. Options are never made.
pub(super) fn option(options: &[Choice], wanted: Priority) -> Option<&Choice> {
    let meaning = |wanted: Priority| options.iter().find(|option| level(&option.name) == Some(wanted));
    meaning(wanted).or_else(|| if wanted == Priority::Urgent { meaning(Priority::High) } else { None })
}
