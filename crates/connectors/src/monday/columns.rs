//! Which column of a board holds what, and what the labels of its status columns mean. Pure.

use model::{Priority, Progress};
use serde_json::{Value, json};

use super::wire::{Column, ColumnType};

/// The title of the column that keeps our id.
pub(super) const MARKER: &str = "Harmony ID";

/// A column by id and title, with its type.
pub(super) type Known<'a> = (&'a str, &'a str, ColumnType);

/// Which column holds what; `None`: the board has none for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns<'a> {
    pub progress: Option<&'a str>,
    pub priority: Option<&'a str>,
    pub owner: Option<&'a str>,
    pub due: Option<&'a str>,
    pub marker: Option<&'a str>,
}

/// By type, and among several of a type by title; without a title that says so, the first one, as boards are made.
pub(super) fn choose<'a>(all: &[Known<'a>]) -> Columns<'a> {
    let titled = |kind: ColumnType, titles: &[&str]| {
        let of_kind = |title: &&str| all.iter().find(|(_, own, of)| *of == kind && normal(own) == **title);
        titles.iter().find_map(of_kind).map(|(id, ..)| *id)
    };
    let first = |kind: ColumnType, but: Option<&str>| all.iter().find(|(id, _, of)| *of == kind && Some(*id) != but).map(|(id, ..)| *id);
    let priority = titled(ColumnType::Status, &["priority"]);
    Columns {
        progress: titled(ColumnType::Status, &["status", "progress", "state"]).or_else(|| first(ColumnType::Status, priority)),
        priority,
        owner: titled(ColumnType::People, &["owner", "assignee", "person", "people"]).or_else(|| first(ColumnType::People, None)),
        due: titled(ColumnType::Date, &["due date", "due", "deadline", "date"]).or_else(|| first(ColumnType::Date, None)),
        marker: titled(ColumnType::Text, &[&normal(MARKER)]),
    }
}

/// The columns of a board.
pub(super) fn of_board(columns: &[Column]) -> Vec<Known<'_>> {
    columns.iter().map(|column| (column.id.inner(), column.title.as_str(), column.kind)).collect()
}

/// Lower case, without what is neither letter nor digit at the ends.
fn normal(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

const OPEN: [&str; 8] = ["not started", "to do", "todo", "open", "new", "backlog", "planned", "ready to start"];
const STARTED: [&str; 7] = ["working on it", "in progress", "doing", "started", "stuck", "in review", "on hold"];
const DONE: [&str; 6] = ["done", "completed", "complete", "finished", "closed", "resolved"];
const DROPPED: [&str; 6] = ["dropped", "cancelled", "canceled", "won't do", "wont do", "rejected"];

/// What a label counts as. People name labels as they like: which of them mean done, the board says; a label that is not known
/// counts as open.
pub(super) fn progress(label: Option<&str>, is_done: bool) -> Progress {
    let label = normal(label.unwrap_or_default());
    let says = |words: &[&str]| words.contains(&label.as_str());
    if says(&DROPPED) {
        Progress::Dropped
    } else if is_done || says(&DONE) {
        Progress::Done
    } else if says(&STARTED) {
        Progress::Started
    } else {
        Progress::Open
    }
}

pub(super) fn priority(label: Option<&str>) -> Priority {
    match normal(label.unwrap_or_default()).as_str() {
        "critical" | "urgent" | "highest" => Priority::Urgent,
        "high" => Priority::High,
        "medium" | "normal" => Priority::Medium,
        "low" | "lowest" => Priority::Low,
        _ => Priority::None,
    }
}

/// A label of a status column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub text: String,
    pub is_done: bool,
}

/// The labels in a column's settings: an object, or JSON in a string.
pub(super) fn labels(settings: Option<&Value>) -> Vec<Label> {
    let parsed = settings.and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let labels = parsed.as_ref().or(settings).and_then(|settings| settings["labels"].as_array());
    let usable = labels.into_iter().flatten().filter(|label| label["is_deactivated"] != true);
    let label = |label: &Value| {
        let text = label["label"].as_str().filter(|text| !text.trim().is_empty())?;
        Some(Label { text: text.to_owned(), is_done: label["is_done"] == true })
    };
    usable.filter_map(label).collect()
}

/// What is written into a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    Cell(Value),
    /// The cell is emptied.
    Empty,
    /// The column has no label for it.
    Nothing,
}

fn labelled(label: &Label) -> Written {
    Written::Cell(json!({ "label": label.text }))
}

/// The first label that says so. What is given up counts as done where nothing says it more exactly.
pub(super) fn progress_label(wanted: Progress, labels: &[Label]) -> Written {
    let saying = |wanted| labels.iter().find(|label| progress(Some(&label.text), label.is_done) == wanted);
    let named = |words: &[&str]| labels.iter().find(|label| words.contains(&normal(&label.text).as_str()));
    let found = match wanted {
        Progress::Open => named(&OPEN),
        Progress::Started => saying(Progress::Started),
        Progress::Done => saying(Progress::Done),
        Progress::Dropped => saying(Progress::Dropped).or_else(|| saying(Progress::Done)),
    };
    match (found, wanted) {
        (Some(label), _) => labelled(label),
        (None, Progress::Open) => Written::Empty,
        (None, _) => Written::Nothing,
    }
}

/// The first label that says so; urgent is high where nothing is above that.
pub(super) fn priority_label(wanted: Priority, labels: &[Label]) -> Written {
    let saying = |wanted| labels.iter().find(|label| priority(Some(&label.text)) == wanted);
    let found = match wanted {
        Priority::None => return Written::Empty,
        Priority::Urgent => saying(Priority::Urgent).or_else(|| saying(Priority::High)),
        other => saying(other),
    };
    found.map_or(Written::Nothing, labelled)
}
