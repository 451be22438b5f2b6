//! How tasks change: what a body may say of one, and what is told of it to whoever follows its projects.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::errors::invalid;
use super::world::{Event, External, Logged, Task, World};
use super::{Asana, webhooks};
use crate::kit::Refusal;

/// Who does something.
#[derive(Clone, Copy)]
pub(super) struct Actor<'a> {
    pub user: &'a str,
    /// The app by which it is done.
    pub client: &'a str,
}

/// Fields that only a creation takes.
const CREATE_ONLY: &[&str] = &["projects", "workspace", "followers", "tags", "parent"];

impl Task {
    /// Takes over what the body says; answers which fields it changed.
    pub(super) fn take(
        &mut self,
        world: &World,
        data: &Map<String, Value>,
        actor: Actor<'_>,
        now: Timestamp,
    ) -> Result<Vec<&'static str>, Refusal> {
        let before = self.clone();
        for (name, value) in data.iter().filter(|(name, _)| !CREATE_ONLY.contains(&name.as_str())) {
            match name.as_str() {
                "name" => self.name = text(name, value)?,
                "notes" => self.notes = text(name, value)?,
                "assignee" => self.assignee = assignee(world, value, actor)?,
                "due_on" => self.due_on = date(value)?,
                "completed" => match value.as_bool() {
                    Some(true) => self.completed_at = self.completed_at.or(Some(now)),
                    Some(false) => self.completed_at = None,
                    None => return Err(invalid("completed: Not a boolean")),
                },
                "custom_fields" => self.take_custom_fields(world, value)?,
                "external" => self.take_external(world, value, actor)?,
                other => return Err(invalid(&format!("{other}: the emulator does not keep this field"))),
            }
        }
        let differs = [
            ("name", self.name != before.name),
            ("notes", self.notes != before.notes),
            ("assignee", self.assignee != before.assignee),
            ("due_on", self.due_on != before.due_on),
            ("completed", self.completed_at.is_some() != before.completed_at.is_some()),
            ("custom_fields", self.priority != before.priority),
            ("external", self.external != before.external),
        ];
        let changed: Vec<&str> = differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
        if !changed.is_empty() {
            self.modified_at = now;
        }
        Ok(changed)
    }

    fn take_custom_fields(&mut self, world: &World, value: &Value) -> Result<(), Refusal> {
        let fields = value.as_object().ok_or_else(|| invalid("custom_fields: Not an object"))?;
        for (gid, option) in fields {
            if *gid != world.priority.gid || !world.has_priority(self) {
                return Err(invalid(&format!("Custom field with ID {gid} is not on given object")));
            }
            self.priority = match option.as_str() {
                None if option.is_null() => None,
                Some(option) if world.option_name(option).is_some() => Some(option.to_owned()),
                _ => return Err(invalid("custom_fields: Not a recognized enum option")),
            };
        }
        Ok(())
    }

    /// An id that another task of this app has is refused; how that is worded is known second-hand.
    fn take_external(&mut self, world: &World, value: &Value, actor: Actor<'_>) -> Result<(), Refusal> {
        let part = |name: &str| value[name].as_str().map(str::to_owned);
        let external = External { client: actor.client.to_owned(), gid: part("gid"), data: part("data") };
        let longest = |text: &Option<String>, most: usize| text.as_ref().is_none_or(|text| text.chars().count() <= most);
        if !longest(&external.gid, 1_024) || !longest(&external.data, 32_768) {
            return Err(invalid("external: Value too long"));
        }
        let taken = |task: &Task| {
            let known = task.external.as_ref();
            task.gid != self.gid && known.is_some_and(|known| known.client == external.client && known.gid == external.gid)
        };
        if external.gid.is_some() && world.tasks.iter().any(taken) {
            return Err(invalid("external: The gid is already assigned to another object"));
        }
        self.external = Some(external);
        Ok(())
    }
}

fn text(name: &str, value: &Value) -> Result<String, Refusal> {
    value.as_str().map(str::to_owned).ok_or_else(|| invalid(&format!("{name}: Not a string")))
}

fn date(value: &Value) -> Result<Option<Date>, Refusal> {
    match value.as_str() {
        None if value.is_null() => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| invalid("due_on: Not a valid date")),
        None => Err(invalid("due_on: Not a valid date")),
    }
}

fn assignee(world: &World, value: &Value, actor: Actor<'_>) -> Result<Option<String>, Refusal> {
    match value.as_str() {
        None if value.is_null() => Ok(None),
        Some(text) => match world.user_named(text, actor.user) {
            Some(user) => Ok(Some(user.gid.clone())),
            None => Err(invalid(&format!("assignee: Not a recognized ID: {text}"))),
        },
        None => Err(invalid("assignee: Not a recognized ID")),
    }
}

impl Asana {
    /// An event about this task.
    pub(super) fn event(&self, task: &Task, user: &str, action: &'static str) -> Event {
        Event {
            at: self.kit.clock.now(),
            user: user.to_owned(),
            action,
            kind: "task",
            gid: task.gid.clone(),
            name: task.name.clone(),
            parent: None,
            field: None,
        }
    }

    /// A new task is in the world and in its projects.
    pub(super) fn made(&self, world: &mut World, task: Task, user: &str) {
        let added = |project: &String| Event { parent: Some((project.clone(), "project")), ..self.event(&task, user, "added") };
        let events: Vec<Event> = task.projects.iter().map(added).collect();
        let resources = task.projects.clone();
        world.tasks.push(task);
        self.tell(world, &resources, events);
    }

    /// A task is as it is now; each change leaves a story, too.
    pub(super) fn changed(&self, world: &mut World, task: Task, fields: &[&'static str], user: &str) {
        let mut events = Vec::new();
        for field in fields.iter().filter(|field| **field != "external") {
            events.push(Event { field: Some(field), ..self.event(&task, user, "changed") });
            events.push(self.story(world, &task, user));
        }
        self.keep(world, task, events);
    }

    /// A comment, or a line in the task's history.
    pub(super) fn story(&self, world: &mut World, task: &Task, user: &str) -> Event {
        let parent = Some((task.gid.clone(), "task"));
        Event { kind: "story", gid: world.new_gid(), name: String::new(), parent, ..self.event(task, user, "added") }
    }

    /// Puts a task back as it is now, and tells these events of it.
    pub(super) fn keep(&self, world: &mut World, task: Task, events: Vec<Event>) {
        let mut resources = task.projects.clone();
        resources.push(task.gid.clone());
        if let Some(known) = world.task_mut(&task.gid) {
            *known = task;
        }
        self.tell(world, &resources, events);
    }

    pub(super) fn tell(&self, world: &mut World, resources: &[String], events: Vec<Event>) {
        webhooks::deliver(self, world, resources, &events);
        world.log.extend(events.into_iter().map(|event| Logged { resources: resources.to_vec(), event }));
    }
}
