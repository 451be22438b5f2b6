//! What is written to tasks: a creation under an id of ours, updates of what changed, deletions.

use connector_kit::request::segment;
use connector_kit::{Error, ErrorKind, Link, Outbound, Receipt, Result, Session, Sink, async_trait};
use model::action_item::Task;
use model::settings::Destination;
use model::{Fields, Priority};

use super::people::People;
use super::wire::{self, Data};
use super::{Asana, map, places, priority, pull};

#[async_trait]
impl Sink<Task> for Asana {
    async fn push(&self, session: &Session, items: &[Outbound<Task>]) -> Vec<Result<Receipt>> {
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(write(session, item).await);
        }
        results
    }

    async fn find(&self, session: &Session, item: &Outbound<Task>) -> Result<Option<Receipt>> {
        let path = match &item.link {
            Some(link) => format!("/tasks/{}", segment(&link.id)),
            None => by_our_id(item),
        };
        found(session, item, &path).await
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        match session.delete(format!("/tasks/{}", segment(id))).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn destinations(&self, session: &Session) -> Result<Vec<Destination>> {
        places::projects(session).await
    }
}

/// Wherever Asana takes an id, it takes `external:` and the id of ours.
fn by_our_id(item: &Outbound<Task>) -> String {
    format!("/tasks/external:{}", item.key)
}

async fn write(session: &Session, item: &Outbound<Task>) -> Result<Receipt> {
    if map::title(&item.item.text).is_empty() {
        return Err(Error::invalid("a task needs a name, and this action item has no text"));
    }
    if let Some(property) = item.properties.keys().next() {
        return Err(Error::invalid(format!("Asana's tasks have no property `{property}` to write to")));
    }
    match &item.link {
        Some(link) => change(session, item, link).await,
        None => create(session, item).await,
    }
}

async fn create(session: &Session, item: &Outbound<Task>) -> Result<Receipt> {
    let project = &item.destination.as_ref().ok_or_else(|| Error::invalid("choose the project that tasks go to"))?.id;
    let priority = priority::in_project(session, project, item.item.priority).await?;
    let body = Data { data: map::creation(item, project, priority) };
    // Harmless to send twice: the second task under the same id of ours is refused.
    let request = session.post("/tasks").query("opt_fields", pull::TASK).json(&body).repeatable();
    match request.fetch::<Data<wire::Task>>().await {
        Ok(answer) => receipt(session, answer.data, map::seen_at_creation).await,
        // Only we choose this id. If it is taken, an earlier try of this very write got through; Asana has no code that says so.
        Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::Conflict) => {
            found(session, item, &by_our_id(item)).await?.ok_or(error)
        }
        Err(error) => Err(error),
    }
}

async fn change(session: &Session, item: &Outbound<Task>, link: &Link) -> Result<Receipt> {
    let mut changed = map::changed(&item.item, link);
    let mut choice = None;
    if changed.contains(&"priority") {
        choice = match item.item.priority {
            Priority::None => None,
            wanted => priority::of_task(session, &link.id, wanted).await?,
        };
        // What the project's field cannot say stays as it is there.
        changed.retain(|name| *name != "priority" || choice.is_some());
    }
    if changed.is_empty() {
        return Ok(Receipt { id: link.id.clone(), version: link.version.clone(), url: link.url.clone(), seen: Some(link.base.clone()) });
    }
    let body = Data { data: map::update(&item.item, &changed, choice) };
    let request = session.put(format!("/tasks/{}", segment(&link.id))).query("opt_fields", pull::TASK).json(&body);
    let answer: Data<wire::Task> = request.fetch().await?;
    receipt(session, answer.data, |theirs| map::seen_after_update(theirs, &changed, &link.base)).await
}

async fn found(session: &Session, item: &Outbound<Task>, path: &str) -> Result<Option<Receipt>> {
    match pull::task(session, path).await {
        Ok(task) => receipt(session, task, |theirs| map::seen_later(theirs, &item.item)).await.map(Some),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asana's word; `seen` says what of it is agreed.
async fn receipt(session: &Session, task: wire::Task, seen: impl FnOnce(&Task) -> Fields) -> Result<Receipt> {
    let owner = People::default().person(session, task.assignee.as_ref()).await?;
    let seen = seen(&map::task(&task, owner));
    Ok(Receipt { id: task.gid, version: task.modified_at.map(|at| at.to_string()), url: task.permalink_url, seen: Some(seen) })
}
