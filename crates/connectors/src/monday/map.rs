//! Between monday.com's items and our tasks. Pure, and total: what is unknown has a fallback.

use std::collections::BTreeMap;

use connector_kit::{Entry, Error, Outbound, Remote, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::action_item::Task;
use model::person::normal_email;
use model::{Fields, Person, Priority, Progress};
use serde_json::{Map, Value, json};

use super::columns::{self, Columns, Known, Written};
use super::wire::{Column, ColumnType, ColumnValue, Item, Json, Kind, User};

/// The two-way fields of a task, by their names in the model.
const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];
/// A name has so many characters at most; a longer text stands whole in the update.
const LONGEST_NAME: usize = 255;

/// People by monday.com's id.
pub(super) type People = BTreeMap<String, Person>;

pub(super) fn person(user: &User) -> Person {
    Person {
        name: Some(user.name.clone()).filter(|name| !name.is_empty()),
        email: Some(normal_email(&user.email)).filter(|email| !email.is_empty()),
        phone: None,
    }
}

/// A name is one line, and no longer than monday.com takes it.
pub(super) fn name(text: &str) -> String {
    let line = line(text);
    if line.chars().count() <= LONGEST_NAME {
        return line;
    }
    let cut: String = line.chars().take(LONGEST_NAME - 1).collect();
    format!("{}…", cut.trim_end())
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn known(value: &ColumnValue) -> Option<Known<'_>> {
    match value {
        ColumnValue::StatusValue(cell) => Some((cell.id.inner(), &cell.column.title, ColumnType::Status)),
        ColumnValue::PeopleValue(cell) => Some((cell.id.inner(), &cell.column.title, ColumnType::People)),
        ColumnValue::DateValue(cell) => Some((cell.id.inner(), &cell.column.title, ColumnType::Date)),
        ColumnValue::Other => None,
    }
}

/// The person whom the owner's column names first; teams are nobody.
pub(super) fn assignee(item: &Item) -> Option<&str> {
    let cells: Vec<Known<'_>> = item.column_values.iter().filter_map(known).collect();
    let owner = columns::choose(&cells).owner?;
    item.column_values.iter().find_map(|value| match value {
        ColumnValue::PeopleValue(cell) if cell.id.inner() == owner => {
            let persons = cell.persons_and_teams.iter().flatten().filter(|one| matches!(one.kind, None | Some(Kind::Person)));
            persons.map(|one| one.id.inner()).next()
        }
        _ => None,
    })
}

pub(super) fn task(item: &Item, people: &People) -> Task {
    let cells: Vec<Known<'_>> = item.column_values.iter().filter_map(known).collect();
    let chosen = columns::choose(&cells);
    let mut task = Task { text: item.name.clone(), ..Task::default() };
    for value in &item.column_values {
        match value {
            ColumnValue::StatusValue(cell) if Some(cell.id.inner()) == chosen.progress => {
                task.progress = columns::progress(cell.label.as_deref(), cell.is_done == Some(true));
            }
            ColumnValue::StatusValue(cell) if Some(cell.id.inner()) == chosen.priority => {
                task.priority = columns::priority(cell.label.as_deref());
            }
            ColumnValue::DateValue(cell) if Some(cell.id.inner()) == chosen.due => {
                task.due = cell.date.as_deref().and_then(|text| text.parse::<Date>().ok());
            }
            _ => {}
        }
    }
    task.assignee = assignee(item).map(str::to_owned);
    task.owner = task.assignee.as_ref().map(|id| people.get(id).cloned().unwrap_or_default());
    task
}

pub(super) fn entry(item: &Item, people: &People) -> Entry<Task> {
    Entry::Present(Remote {
        id: item.id.inner().to_owned(),
        version: item.updated_at.map(|at| at.to_string()),
        modified: item.updated_at,
        url: Some(item.url.clone()),
        item: task(item, people),
    })
}

/// What is written into the cells of a new item. A new open one gets no status, so that the board's own default holds.
pub(super) fn creation(item: &Outbound<Task>, chosen: &Columns<'_>, board: &[Column], marker: &str) -> Result<Json> {
    let task = &item.item;
    let mut cells = Map::from_iter([(marker.to_owned(), json!(item.key.to_string()))]);
    if let (Some(column), Some(id)) = (chosen.owner, &task.assignee) {
        cells.insert(column.to_owned(), persons(Some(id)));
    }
    if let (Some(column), Some(due)) = (chosen.due, task.due) {
        cells.insert(column.to_owned(), date(due));
    }
    if let (Some(column), true) = (chosen.priority, task.priority != Priority::None) {
        write(&mut cells, column, columns::priority_label(task.priority, &labels(board, column)));
    }
    if let (Some(column), true) = (chosen.progress, task.progress != Progress::Open) {
        write(&mut cells, column, progress_written(task.progress, board, column)?);
    }
    Ok(in_a_string(cells))
}

/// The two-way fields in which the task differs from what both sides last agreed on.
pub(super) fn changed(item: &Outbound<Task>) -> Vec<&'static str> {
    let (task, wanted) = (&item.item, Fields::of(&item.item));
    let agreed = |field: &str| item.link.as_ref().map_or(&Value::Null, |link| link.base.get(field));
    let differs = |field: &&str| match *field {
        "text" => agreed("text").as_str().map(name) != Some(name(&task.text)),
        "owner" => !same_owner(task, agreed("owner")),
        field => item.sends(field, wanted.get(field)),
    };
    TWO_WAY.into_iter().filter(differs).collect()
}

/// Whether the agreed owner is the wanted one, in whichever words: monday.com writes a person its own way.
fn same_owner(task: &Task, agreed: &Value) -> bool {
    let agreed: Option<Person> = serde_json::from_value(agreed.clone()).ok();
    match (&task.assignee, &agreed) {
        (None, None) => true,
        (Some(_), Some(agreed)) => task.owner.as_ref().is_some_and(|owner| owner.is(agreed)),
        _ => false,
    }
}

/// What an update writes: the changed fields alone, and of them what the board has a column and a label for. Answers which.
pub(super) fn update(
    item: &Outbound<Task>,
    changed: &[&'static str],
    chosen: &Columns<'_>,
    board: &[Column],
) -> Result<(Vec<&'static str>, Json)> {
    let (task, mut cells, mut sent) = (&item.item, Map::new(), Vec::new());
    for field in changed.iter().copied() {
        let written = match field {
            "text" => Some(("name", Written::Cell(json!(name(&task.text))))),
            "owner" => chosen.owner.map(|column| (column, Written::Cell(persons(task.assignee.as_deref())))),
            "due" => chosen.due.map(|column| (column, task.due.map_or(Written::Empty, |due| Written::Cell(date(due))))),
            "priority" => chosen.priority.map(|column| (column, columns::priority_label(task.priority, &labels(board, column)))),
            _ => match chosen.progress {
                Some(column) => Some((column, progress_written(task.progress, board, column)?)),
                None => None,
            },
        };
        if let Some((column, written)) = written
            && write(&mut cells, column, written)
        {
            sent.push(field);
        }
    }
    Ok((sent, in_a_string(cells)))
}

fn progress_written(progress: Progress, board: &[Column], column: &str) -> Result<Written> {
    match columns::progress_label(progress, &labels(board, column)) {
        Written::Nothing if progress.is_over() => Err(Error::invalid("the board's status column has no label that means done")),
        written => Ok(written),
    }
}

fn labels(board: &[Column], column: &str) -> Vec<columns::Label> {
    let column = board.iter().find(|one| one.id.inner() == column);
    columns::labels(column.and_then(|column| column.settings.as_ref()).map(|settings| &settings.0))
}

/// Writes a cell; an empty object empties it. Answers whether there was anything to write.
fn write(cells: &mut Map<String, Value>, column: &str, written: Written) -> bool {
    let cell = match written {
        Written::Cell(cell) => cell,
        Written::Empty => json!({}),
        Written::Nothing => return false,
    };
    cells.insert(column.to_owned(), cell);
    true
}

fn persons(id: Option<&str>) -> Value {
    let entity = |id: &str| json!({ "id": id.parse::<u64>().map_or_else(|_| json!(id), |number| json!(number)), "kind": "person" });
    json!({ "personsAndTeams": id.map(entity).into_iter().collect::<Vec<_>>() })
}

fn date(due: Date) -> Value {
    json!({ "date": due.to_string() })
}

fn in_a_string(cells: Map<String, Value>) -> Json {
    Json(Value::String(Value::Object(cells).to_string()))
}

/// What is agreed after a creation: what monday.com made of it.
pub(super) fn seen_at_creation(theirs: &Task) -> Fields {
    two_way(theirs)
}

/// What is agreed after an update: monday.com's form of the fields sent. The others keep their base, so that an edit which
/// somebody made meanwhile is still found by the next pull.
pub(super) fn seen_after_update(theirs: &Task, sent: &[&str], base: &Fields) -> Fields {
    overlaid(base, &two_way(theirs), |name| sent.contains(&name))
}

/// What is agreed about an item found later: what was sent, in monday.com's form where it says the same. A person may have edited
/// it since, and that edit must still be found.
pub(super) fn seen_later(theirs: &Task, sent: &Task) -> Fields {
    let unsaid = theirs.priority == Priority::None || (sent.priority, theirs.priority) == (Priority::Urgent, Priority::High);
    overlaid(&two_way(sent), &two_way(theirs), |field| match field {
        "text" => theirs.text == name(&sent.text),
        "owner" => theirs.assignee == sent.assignee,
        "priority" => unsaid,
        "progress" => sent.progress.is_over() && theirs.progress.is_over(),
        _ => false,
    })
}

fn two_way(task: &Task) -> Fields {
    Fields::of(task).only(&TWO_WAY)
}

fn overlaid(base: &Fields, newer: &Fields, takes: impl Fn(&str) -> bool) -> Fields {
    let mut fields = base.clone();
    for name in TWO_WAY.into_iter().filter(|name| takes(name)) {
        fields.set(name, newer.get(name).clone());
    }
    fields
}

/// The update below a new item, in HTML: a text that the name could not hold, the words around it, and where it was agreed.
pub(super) fn update_body(task: &Task) -> Option<String> {
    let whole = Some(line(&task.text)).filter(|line| *line != name(&task.text));
    let context = task.context.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let paragraphs = [whole, context].into_iter().flatten().map(|text| format!("<p>{}</p>", escaped(&text).replace('\n', "<br>")));
    let from = task.from.as_ref().map(|meeting| {
        let day = meeting.start.to_zoned(TimeZone::UTC).strftime("%-d %B %Y");
        format!("<p>From meeting: <a href=\"{}\">{}</a>, {day}</p>", escaped(&meeting.url), escaped(&line(&meeting.title)))
    });
    let body: String = paragraphs.chain(from).collect();
    Some(body).filter(|body| !body.is_empty())
}

/// Whether one of an item's updates says already where it was agreed.
pub(super) fn is_said<'a>(task: &Task, mut updates: impl Iterator<Item = &'a str>) -> bool {
    let mark = task.from.as_ref().map(|meeting| escaped(&meeting.url)).or_else(|| update_body(task));
    mark.is_none_or(|mark| updates.any(|body| body.contains(&mark)))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
