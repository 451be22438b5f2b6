//! Asana's objects as JSON, whole; and the parts of them that a request sees: compact, usual, or by `opt_fields`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::world::{Project, Task, User, Webhook, Workspace, World};

/// Fields that are shown on request alone.
const OPT_IN: &[&str] = &["external", "html_notes"];
/// Fields of the compact form.
const COMPACT: &[&str] = &["gid", "resource_type", "resource_subtype", "name", "active", "resource", "target"];

/// To the millisecond, as Asana writes it.
pub(super) fn stamp(at: Timestamp) -> String {
    Timestamp::from_millisecond(at.as_millisecond()).map_or_else(|_| at.to_string(), |at| format!("{at:.3}"))
}

fn named(gid: &str, kind: &str, name: &str) -> Value {
    json!({ "gid": gid, "resource_type": kind, "name": name })
}

pub(super) fn workspace(workspace: &Workspace) -> Value {
    let mut full = named(&workspace.gid, "workspace", &workspace.name);
    full["is_organization"] = json!(true);
    full
}

pub(super) fn user(world: &World, user: &User) -> Value {
    let mut full = named(&user.gid, "user", &user.name);
    full["email"] = json!(user.email);
    full["photo"] = Value::Null;
    full["workspaces"] = world.workspaces.iter().map(|one| named(&one.gid, "workspace", &one.name)).collect();
    full
}

pub(super) fn project(world: &World, project: &Project) -> Value {
    let mut full = named(&project.gid, "project", &project.name);
    full["archived"] = json!(project.archived);
    full["created_at"] = json!(stamp(project.created_at));
    full["modified_at"] = json!(stamp(project.created_at));
    full["notes"] = json!("");
    full["workspace"] = world.workspace(&project.workspace).map_or(Value::Null, |one| named(&one.gid, "workspace", &one.name));
    full["permalink_url"] = json!(format!("https://app.asana.com/1/{}/project/{}", project.workspace, project.gid));
    full
}

/// The setting by which a project has the priority field; its id is the field's, for there is but one.
pub(super) fn setting(world: &World, project: &Project) -> Value {
    json!({
        "gid": world.priority.gid,
        "resource_type": "custom_field_setting",
        "is_important": true,
        "parent": named(&project.gid, "project", &project.name),
        "project": named(&project.gid, "project", &project.name),
        "custom_field": field(world),
    })
}

fn field(world: &World) -> Value {
    let option = |(gid, name): &(String, &str)| enum_option(gid, name);
    let mut field = named(&world.priority.gid, "custom_field", "Priority");
    field["type"] = json!("enum");
    field["resource_subtype"] = json!("enum");
    field["asana_created_field"] = json!("priority");
    field["enum_options"] = world.priority.options.iter().map(option).collect();
    field
}

fn enum_option(gid: &str, name: &str) -> Value {
    json!({ "gid": gid, "resource_type": "enum_option", "name": name, "enabled": true, "color": "none" })
}

/// A task as the app `client` sees it: external data is the app's own.
pub(super) fn task(world: &World, task: &Task, client: &str) -> Value {
    let mut full = named(&task.gid, "task", &task.name);
    let projects = || task.projects.iter().filter_map(|gid| world.project(gid)).map(|one| named(&one.gid, "project", &one.name));
    let user = |gid: &str| world.user(gid).map(|user| named(&user.gid, "user", &user.name));
    full["resource_subtype"] = json!("default_task");
    full["assignee"] = json!(task.assignee.as_deref().and_then(user));
    full["completed"] = json!(task.completed_at.is_some());
    full["completed_at"] = json!(task.completed_at.map(stamp));
    full["created_at"] = json!(stamp(task.created_at));
    full["created_by"] = json!({ "gid": task.created_by, "resource_type": "user" });
    full["custom_fields"] = if world.has_priority(task) { json!([value(world, task)]) } else { json!([]) };
    full["due_at"] = Value::Null;
    full["due_on"] = json!(task.due_on);
    full["followers"] = user(&task.created_by).into_iter().collect();
    full["html_notes"] = json!(format!("<body>{}</body>", escaped(&task.notes)));
    full["liked"] = json!(false);
    full["memberships"] = projects().map(|project| json!({ "project": project })).collect();
    full["modified_at"] = json!(stamp(task.modified_at));
    full["notes"] = json!(task.notes);
    full["num_subtasks"] = json!(0);
    full["parent"] = Value::Null;
    full["permalink_url"] = json!(format!("https://app.asana.com/1/{}/task/{}", task.workspace, task.gid));
    full["projects"] = projects().collect();
    full["tags"] = json!([]);
    full["workspace"] = world.workspace(&task.workspace).map_or(Value::Null, |one| named(&one.gid, "workspace", &one.name));
    if let Some(external) = task.external.as_ref().filter(|external| external.client == client) {
        let parts = [("gid", &external.gid), ("data", &external.data)];
        full["external"] =
            parts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?)))).collect::<Map<_, _>>().into();
    }
    full
}

/// The priority field with this task's value.
fn value(world: &World, task: &Task) -> Value {
    let chosen = task.priority.as_deref().and_then(|gid| Some((gid, world.option_name(gid)?)));
    let mut field = field(world);
    field["enabled"] = json!(true);
    field["enum_value"] = json!(chosen.map(|(gid, name)| enum_option(gid, name)));
    field["display_value"] = json!(chosen.map(|(_, name)| name));
    field
}

pub(super) fn webhook(world: &World, webhook: &Webhook) -> Value {
    let resource = world.project(&webhook.resource).map(|one| named(&one.gid, "project", &one.name));
    let task = || world.tasks.iter().find(|task| task.gid == webhook.resource).map(|one| named(&one.gid, "task", &one.name));
    json!({
        "gid": webhook.gid,
        "resource_type": "webhook",
        "active": true,
        "resource": resource.or_else(task),
        "target": webhook.target,
        "created_at": stamp(webhook.created_at),
        "filters": webhook.filters,
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The form that lists have; a setting has no other than its whole one.
pub(super) fn compact(full: &Value) -> Value {
    if full["resource_type"] == "custom_field_setting" {
        return full.clone();
    }
    kept(full, |name| COMPACT.contains(&name))
}

/// The form that single objects have.
pub(super) fn usual(full: &Value) -> Value {
    kept(full, |name| !OPT_IN.contains(&name))
}

fn kept(full: &Value, wanted: impl Fn(&str) -> bool) -> Value {
    let fields = full.as_object().into_iter().flatten();
    fields.filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// These fields, by paths with dots. The id of each object comes along unasked.
pub(super) fn pick(full: &Value, paths: &[&str]) -> Value {
    match full {
        Value::Array(all) => all.iter().map(|one| pick(one, paths)).collect(),
        Value::Object(fields) => {
            let mut out = Map::new();
            for (name, value) in fields {
                let deeper: Vec<&str> =
                    paths.iter().filter_map(|path| path.strip_prefix(name.as_str())).filter_map(|rest| rest.strip_prefix('.')).collect();
                if !deeper.is_empty() {
                    out.insert(name.clone(), pick(value, &deeper));
                } else if paths.contains(&name.as_str()) {
                    out.insert(name.clone(), reference(value));
                } else if name == "gid" {
                    out.insert(name.clone(), value.clone());
                }
            }
            out.into()
        }
        plain => plain.clone(),
    }
}

/// An object that is asked for without its fields is known by its id and kind.
fn reference(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(reference).collect(),
        Value::Object(fields) if fields.contains_key("resource_type") => kept(value, |name| matches!(name, "gid" | "resource_type")),
        whole => whole.clone(),
    }
}
