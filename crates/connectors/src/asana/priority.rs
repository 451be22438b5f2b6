//! Priorities. Asana's tasks have none of their own; projects can have the custom field "Priority" from Asana's template.

use connector_kit::request::segment;
use connector_kit::{ErrorKind, Result, Session};
use model::Priority;

use super::places;
use super::wire::{CustomField, CustomFieldSetting, Data, EnumOption, FieldsOfTask};

/// Fields that tell which custom field it is, and its options.
const FIELD: [&str; 3] = ["asana_created_field", "enum_options.name", "enum_options.enabled"];

/// What a priority is written as: a custom field and one of its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub field: String,
    pub option: String,
}

/// The priority that a task tells; a project without the field has none.
pub(super) fn read(fields: &[CustomField]) -> Priority {
    match template_field(fields).and_then(|field| field.enum_value.as_ref()) {
        Some(value) => named(&value.name),
        None => Priority::None,
    }
}

/// How to write a priority in a project's field; `None` where the project cannot say it.
pub(super) fn choose(wanted: Priority, fields: &[CustomField]) -> Option<Choice> {
    let field = template_field(fields)?;
    let option = |priority: Priority| {
        let fits = |option: &&EnumOption| option.enabled != Some(false) && named(&option.name) == priority;
        field.enum_options.iter().find(fits).filter(|_| priority != Priority::None)
    };
    // The template has three levels; where nobody added an urgent one, the highest stands for it.
    let option = option(wanted).or_else(|| option(Priority::High).filter(|_| wanted == Priority::Urgent))?;
    Some(Choice { field: field.gid.clone(), option: option.gid.clone() })
}

/// For a new task of this project.
pub(super) async fn in_project(session: &Session, project: &str, wanted: Priority) -> Result<Option<Choice>> {
    if wanted == Priority::None {
        return Ok(None);
    }
    let fields = FIELD.map(|name| format!("custom_field.{name}")).join(",");
    let path = format!("/projects/{}/custom_field_settings", segment(project));
    match places::all::<CustomFieldSetting>(session, &path, &[("opt_fields", &fields)]).await {
        Ok(settings) => Ok(choose(wanted, &settings.into_iter().map(|setting| setting.custom_field).collect::<Vec<_>>())),
        // Some plans have no custom fields.
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// For a task where it is now; somebody may have moved it to another project.
pub(super) async fn of_task(session: &Session, task: &str, wanted: Priority) -> Result<Option<Choice>> {
    let fields = FIELD.map(|name| format!("custom_fields.{name}")).join(",");
    let request = session.get(format!("/tasks/{}", segment(task))).query("opt_fields", &fields);
    Ok(choose(wanted, &request.fetch::<Data<FieldsOfTask>>().await?.data.custom_fields))
}

fn template_field(fields: &[CustomField]) -> Option<&CustomField> {
    fields.iter().find(|field| field.asana_created_field.as_deref() == Some("priority"))
}

/// An option by its name; one that people made up counts as none.
fn named(name: &str) -> Priority {
    match name.trim().to_lowercase().as_str() {
        "urgent" => Priority::Urgent,
        "high" => Priority::High,
        "medium" => Priority::Medium,
        "low" => Priority::Low,
        _ => Priority::None,
    }
}
