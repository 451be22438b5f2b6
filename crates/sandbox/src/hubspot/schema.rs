//! What a property is: its definition, and how it is answered by the properties API. Which ones there are at first is definitions.rs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::render::moment;

/// What values a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Number,
    Day,
    Moment,
    Yes,
    /// One of the options.
    Choice,
    /// Several of the options, separated by semicolons.
    Choices,
    /// The options are elsewhere: owners, pipelines, the stages of pipelines.
    Owner,
    Pipeline,
    Stage,
}

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "number",
            Self::Day => "date",
            Self::Moment => "datetime",
            Self::Yes => "bool",
            _ => "enumeration",
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Day | Self::Moment => "date",
            Self::Yes => "booleancheckbox",
            Self::Choices => "checkbox",
            _ => "select",
        }
    }

    fn options_elsewhere(self) -> bool {
        matches!(self, Self::Owner | Self::Pipeline | Self::Stage)
    }
}

/// Where a property comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    HubSpot,
    /// HubSpot's own, and its values too.
    HubSpotKept,
    /// An app or a person.
    App,
}

/// One option of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub label: String,
    pub value: String,
    pub hidden: bool,
}

/// The definition of one property of one kind of object.
#[derive(Clone, Debug)]
pub struct Definition {
    pub name: String,
    pub label: String,
    pub description: String,
    pub group: String,
    pub kind: Type,
    pub field: String,
    pub options: Vec<Choice>,
    pub unique: bool,
    pub maker: Maker,
    pub archived: bool,
    pub created: Timestamp,
}

impl Definition {
    pub fn built_in(name: &str, label: &str, kind: Type, options: &[&str], group: &str) -> Self {
        let choice = |value: &&str| Choice { label: (*value).to_owned(), value: (*value).to_owned(), hidden: false };
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            description: String::new(),
            group: group.to_owned(),
            kind,
            field: kind.field().to_owned(),
            options: options.iter().map(choice).collect(),
            unique: false,
            maker: Maker::HubSpot,
            archived: false,
            created: Timestamp::UNIX_EPOCH,
        }
    }

    /// Whether HubSpot alone writes its values.
    pub fn read_only(&self) -> bool {
        self.maker == Maker::HubSpotKept
    }

    /// As the properties API answers it (schema `Property`).
    pub fn answer(&self) -> Value {
        let by_hubspot = self.maker != Maker::App;
        let options: Vec<Value> = (0..)
            .zip(&self.options)
            .map(|(order, option): (i32, _)| {
                json!({ "label": option.label, "value": option.value, "displayOrder": order, "hidden": option.hidden })
            })
            .collect();
        json!({
            "name": self.name,
            "label": self.label,
            "type": self.kind.name(),
            "fieldType": self.field,
            "description": self.description,
            "groupName": self.group,
            "options": options,
            "displayOrder": -1,
            "calculated": false,
            "externalOptions": self.kind.options_elsewhere(),
            "hasUniqueValue": self.unique,
            "hidden": false,
            "hubspotDefined": by_hubspot,
            "formField": !self.read_only(),
            "dataSensitivity": "non_sensitive",
            "archived": self.archived,
            "createdAt": moment(self.created),
            "updatedAt": moment(self.created),
            "modificationMetadata": {
                "archivable": !by_hubspot,
                "readOnlyDefinition": by_hubspot,
                "readOnlyOptions": by_hubspot,
                "readOnlyValue": self.read_only(),
            },
        })
    }
}
