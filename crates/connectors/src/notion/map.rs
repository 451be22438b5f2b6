//! Between Notion's rows and ours. Pure, and total: what is unknown has a fallback.

use connector_kit::connector::Account;
use connector_kit::{Entry, Member, Outbound, Receipt, Remote, Secret, signature};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::action_item::Task;
use model::person::normal_email;
use model::{Activity, Fields, Person, Progress};
use serde_json::{Value, json};

use super::blocks;
use super::columns::TaskColumns;
use super::markdown::{self, Block, Piece, Style};
use super::progress;
use super::values;
use super::wire::{Cell, Me, Page, User, Values};

/// The two-way fields of a task, by their names in the model.
pub(super) const TWO_WAY: [&str; 5] = ["text", "owner", "due", "priority", "progress"];

pub(super) fn account(me: Me) -> Account {
    let id = me.bot.workspace_id.unwrap_or(me.id);
    let named = |name: Option<String>| name.filter(|name| !name.is_empty());
    Account { name: named(me.bot.workspace_name).or_else(|| named(me.name)).unwrap_or_else(|| id.clone()), id }
}

/// A person of the workspace; bots are none.
pub(super) fn member(user: User) -> Option<Member> {
    let person = user.person?;
    Some(Member { name: user.name.unwrap_or_else(|| user.id.clone()), id: user.id, email: person.email })
}

/// Of somebody whom the integration may not look up, the id is all that is known.
fn person(user: &User) -> Person {
    let email = user.person.as_ref().and_then(|person| person.email.as_deref()).map(normal_email).filter(|email| !email.is_empty());
    let name = user.name.clone().filter(|name| !name.is_empty()).or_else(|| email.is_none().then(|| user.id.clone()));
    Person { name, email, phone: None }
}

/// A row as a task, by the columns of its database.
pub(super) fn task(page: &Page, columns: &TaskColumns) -> Task {
    let cell = |name: Option<&str>| name.and_then(|name| page.properties.get(name));
    let owner = cell(columns.owner.as_deref()).and_then(|cell| cell.people.iter().flatten().next());
    let progress = columns.progress.as_ref().zip(cell(columns.progress.as_ref().map(progress::Progressing::column)));
    Task {
        text: cell(Some(&columns.title)).and_then(|cell| cell.title.as_deref()).map(values::plain).unwrap_or_default(),
        owner: owner.map(person),
        assignee: owner.map(|user| user.id.clone()),
        due: cell(columns.due.as_deref()).and_then(day),
        priority: cell(columns.priority.as_ref().map(|(name, _)| name.as_str())).map(progress::priority).unwrap_or_default(),
        progress: progress.map_or(Progress::Open, |(progressing, cell)| progressing.read(cell)),
        from: None,
        context: None,
    }
}

/// The day of a date; of a moment, the day that its own offset tells.
fn day(cell: &Cell) -> Option<Date> {
    let start = &cell.date.as_ref()?.start;
    start.get(..10).unwrap_or(start).parse().ok()
}

pub(super) fn entry(page: &Page, item: Task) -> Entry<Task> {
    Entry::Present(Remote {
        id: page.id.clone(),
        version: Some(page.last_edited_time.to_string()),
        modified: Some(page.last_edited_time),
        url: page.url.clone(),
        item,
    })
}

/// How the database will show a task that was written to it.
pub(super) fn rounded(task: &Task, columns: &TaskColumns) -> Task {
    let progress = columns.progress.as_ref().map_or(Progress::Open, |progressing| progressing.rounded(task.progress));
    let said = columns.priority.as_ref().and_then(|(_, options)| progress::option(options, task.priority));
    Task {
        text: values::one_line(&task.text),
        owner: task.owner.clone().filter(|_| columns.owner.is_some()),
        due: task.due.filter(|_| columns.due.is_some()),
        priority: said.map(|choice| progress::priority(&Cell { select: Some(choice.clone()), ..Cell::default() })).unwrap_or_default(),
        progress,
        ..task.clone()
    }
}

/// The values of these fields, as far as the database has columns for them.
pub(super) fn task_values(task: &Task, columns: &TaskColumns, wanted: impl Fn(&str) -> bool) -> Values {
    let mut out = Values::new();
    let mut put = |field: &str, column: Option<&String>, value: Option<Value>| {
        if let (true, Some(column), Some(value)) = (wanted(field), column, value) {
            out.insert(column.clone(), value);
        }
    };
    put("text", Some(&columns.title), Some(json!({ "title": blocks::plain(&values::one_line(&task.text)) })));
    let owner: Vec<Value> = task.assignee.iter().map(|id| json!({ "object": "user", "id": id })).collect();
    put("owner", columns.owner.as_ref(), Some(json!({ "people": owner })));
    put("due", columns.due.as_ref(), Some(json!({ "date": task.due.map(|due| json!({ "start": due })) })));
    if let Some((column, options)) = &columns.priority {
        let value = match task.priority {
            model::Priority::None => Some(json!({ "select": null })),
            level => progress::option(options, level).map(|choice| json!({ "select": { "name": choice.name } })),
        };
        put("priority", Some(column), value);
    }
    if let Some(progressing) = &columns.progress {
        put("progress", Some(&progressing.column().to_owned()), progressing.write(task.progress));
    }
    out
}

/// What is agreed of a task: the form that Notion has or will have.
pub(super) fn agreed(task: &Task) -> Fields {
    Fields::of(task).only(&TWO_WAY)
}

pub(super) fn receipt(page: &Page, seen: Option<Fields>) -> Receipt {
    Receipt { id: page.id.clone(), version: Some(page.last_edited_time.to_string()), url: page.url.clone(), seen }
}

/// The words around a task and where it was agreed, for the page behind its row.
pub(super) fn task_body(item: &Outbound<Task>) -> Vec<Block> {
    let mut body = item.item.context.as_deref().map(markdown::read).unwrap_or_default();
    if let Some(meeting) = &item.item.from {
        let day = meeting.start.to_zoned(TimeZone::UTC).strftime("%-d %B %Y");
        let text = format!("From meeting: {}, {day}", values::one_line(&meeting.title));
        body.push(Block::paragraph(Piece { text, link: Some(meeting.url.clone()), ..Piece::default() }));
    }
    body
}

/// What stands in a meeting's box.
pub(super) fn meeting_body(meeting: &Activity) -> Vec<Block> {
    let mut body = Vec::new();
    if meeting.cancelled {
        body.push(Block::paragraph(Piece::styled("This meeting was cancelled.", Style::Bold)));
    }
    body.extend(markdown::read(&meeting.body));
    body
}

/// Title and time of a meeting.
pub(super) fn title(text: &str) -> Value {
    json!({ "title": blocks::plain(&values::one_line(text)) })
}

pub(super) fn span(meeting: &Activity) -> Value {
    json!({ "date": { "start": meeting.start, "end": meeting.end } })
}

/// Our id, as it stands in its column.
pub(super) fn mark(key: &str) -> Value {
    json!({ "rich_text": blocks::plain(key) })
}

/// A short digest of texts, to know a row and its state again.
pub(super) fn digest(parts: &[&str], length: usize) -> String {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    signature::hmac_hex(&Secret::from("row"), &parts).chars().take(length).collect()
}
