//! A tool's description as sets of names that stand together: the properties of a schema, the fields of a type, the elements of an XML
//! schema. Where the description may not be kept, the facts in the connector's README take its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::fields::Read;
use crate::repository::Repository;

/// Where each tool's description lies below the folder of descriptions. A tool that is not here has none that may be kept.
const FILES: [(&str, &[&str]); 12] = [
    ("asana", &["asana/asana_oas.trimmed.json"]),
    ("exchange", &["ews"]),
    ("google-calendar", &["google/calendar.v3.json", "google/oauth2.v2.json"]),
    (
        "google-meet",
        &[
            "google/meet.v2.json",
            "google/drive.v3.trimmed.json",
            "google/workspaceevents.v1.json",
            "google/pubsub.v1.trimmed.json",
            "google/oauth2.v2.json",
        ],
    ),
    ("linear", &["linear/schema.graphql"]),
    ("microsoft-365", &["microsoft-graph/openapi.v1.0.trimmed.json"]),
    ("microsoft-teams", &["microsoft-graph/openapi.v1.0.trimmed.json"]),
    ("monday", &["monday/schema.graphql"]),
    ("notion", &["notion/notion-openapi.json"]),
    ("salesforce", &["salesforce/standard-schema.trimmed.json"]),
    ("slack", &["slack/web_openapi_v2.trimmed.json", "slack/events_asyncapi_v1.json", "slack/event_wrapper.schema.json"]),
    ("zoom", &["zoom/meetings.openapi.trimmed.json"]),
];

/// Names that stand together, and names that may stand anywhere.
pub struct Description {
    name: &'static str,
    schemas: Vec<BTreeSet<String>>,
    /// What the README states with its source: names in backticks.
    stated: BTreeSet<String>,
}

impl Description {
    /// `None`: the folder of descriptions is not at hand.
    pub fn of(repository: &Repository, specs: Option<&Path>, folder: &str, tool: &str) -> Result<Option<Self>> {
        let stated = stated(&repository.read(&format!("{folder}/README.md"))?);
        let Some((_, files)) = FILES.iter().find(|(known, _)| *known == tool) else {
            return Ok(Some(Self { name: "its README's facts", schemas: Vec::new(), stated }));
        };
        let Some(specs) = specs else { return Ok(None) };
        let mut schemas = Vec::new();
        for file in *files {
            schemas.extend(load(&specs.join(file))?);
        }
        if schemas.is_empty() {
            bail!("the description of {tool} describes nothing");
        }
        Ok(Some(Self { name: "its description", schemas, stated }))
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The fields that are not in the schema that fits their struct best, nor stated in the README.
    pub fn missing<'r>(&self, read: &'r [Read]) -> Vec<&'r Read> {
        let mut objects: BTreeMap<(&str, &str), Vec<&Read>> = BTreeMap::new();
        for one in read {
            objects.entry((&one.file, &one.object)).or_default().push(one);
        }
        objects.into_values().flat_map(|fields| self.missing_of(fields)).collect()
    }

    fn missing_of<'r>(&self, fields: Vec<&'r Read>) -> Vec<&'r Read> {
        let has =
            |schema: &BTreeSet<String>, read: &Read| schema.contains(&read.field) || read.also.iter().any(|name| schema.contains(name));
        let best = self.schemas.iter().max_by_key(|schema| fields.iter().filter(|read| has(schema, read)).count());
        fields.into_iter().filter(|read| !best.is_some_and(|schema| has(schema, read)) && !has(&self.stated, read)).collect()
    }
}

fn load(path: &Path) -> Result<Vec<BTreeSet<String>>> {
    if path.is_dir() {
        return xml_folder(path);
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    if path.extension().is_some_and(|ending| ending == "graphql") {
        return Ok(graphql(&text));
    }
    let document: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    let mut found = Vec::new();
    json(&document, &document, &mut found);
    Ok(found)
}

/// Every schema object of a JSON description, wherever it stands: its properties, and those of what it is put together from.
fn json(root: &Value, node: &Value, found: &mut Vec<BTreeSet<String>>) {
    match node {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) || members.contains_key("allOf") {
                let mut names = BTreeSet::new();
                gather(root, node, &mut names, 8);
                found.push(names);
            }
            // Salesforce's schema: an object's fields and what it relates to.
            if let Some(Value::Object(fields)) = members.get("Fields") {
                found.push(
                    members
                        .values()
                        .filter_map(Value::as_object)
                        .flat_map(|part| part.keys().cloned())
                        .chain(fields.keys().cloned())
                        .collect(),
                );
            }
            members.values().for_each(|member| json(root, member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| json(root, item, found)),
        _ => {}
    }
}

fn gather(root: &Value, schema: &Value, names: &mut BTreeSet<String>, depth: usize) {
    if depth == 0 {
        return;
    }
    if let Some(target) = schema["$ref"].as_str().and_then(|reference| resolve(root, reference)) {
        gather(root, target, names, depth - 1);
    }
    if let Some(properties) = schema["properties"].as_object() {
        names.extend(properties.keys().cloned());
    }
    for part in ["allOf", "anyOf", "oneOf"] {
        schema[part].as_array().into_iter().flatten().for_each(|part| gather(root, part, names, depth - 1));
    }
}

/// `#/components/schemas/X`, or a discovery document's bare `X`.
fn resolve<'v>(root: &'v Value, reference: &str) -> Option<&'v Value> {
    match reference.strip_prefix('#') {
        Some(pointer) => root.pointer(pointer),
        None => root["schemas"].get(reference),
    }
}

/// The fields of each type and interface of a schema in GraphQL's own language.
fn graphql(text: &str) -> Vec<BTreeSet<String>> {
    let (mut all, mut open, mut depth): (Vec<BTreeSet<String>>, Option<BTreeSet<String>>, i32) = (Vec::new(), None, 0);
    let mut in_words = false;
    for line in text.lines().map(str::trim) {
        let marks = line.matches("\"\"\"").count();
        if in_words || marks > 0 {
            in_words ^= marks % 2 == 1;
            continue;
        }
        if line.starts_with('#') || line.starts_with('"') {
            continue;
        }
        if line.ends_with('{') && ["type ", "interface ", "extend type "].iter().any(|word| line.starts_with(word)) {
            (open, depth) = (Some(BTreeSet::new()), 0);
            continue;
        }
        if line == "}" {
            all.extend(open.take());
            continue;
        }
        if let (Some(names), 0) = (&mut open, depth) {
            let name: String = line.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            names.extend((!name.is_empty()).then_some(name));
        }
        // Arguments may take lines of their own.
        depth += i32::try_from(line.matches('(').count()).unwrap_or(0) - i32::try_from(line.matches(')').count()).unwrap_or(0);
    }
    all
}

/// The names of all elements and attributes of a folder of XML schemas.
fn xml_folder(folder: &Path) -> Result<Vec<BTreeSet<String>>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "xsd") {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            for part in text.split("name=\"").skip(1) {
                names.extend(part.split('"').next().map(str::to_owned));
            }
        }
    }
    Ok(vec![names])
}

/// Names in backticks.
fn stated(readme: &str) -> BTreeSet<String> {
    let spans = readme.split('`').skip(1).step_by(2);
    let words = spans.flat_map(|span| span.split(|letter: char| !(letter.is_alphanumeric() || "_-.@".contains(letter))));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: &str, field: &str) -> Read {
        Read { file: "wire.rs".into(), object: object.into(), field: field.into(), also: Vec::new() }
    }

    #[test]
    fn a_field_must_stand_with_its_fellows() {
        let document = json!({ "components": { "schemas": {
            "Task": { "allOf": [{ "$ref": "#/components/schemas/Compact" }, { "properties": { "name": {} } }] },
            "Compact": { "properties": { "gid": {} } },
            "Other": { "properties": { "colour": {} } },
        } } });
        let mut schemas = Vec::new();
        json(&document, &document, &mut schemas);
        let description = Description { name: "its description", schemas, stated: stated("`stated` in [D]") };
        let read = [read("Task", "gid"), read("Task", "name"), read("Task", "colour"), read("Task", "stated")];
        let missing: Vec<_> = description.missing(&read).into_iter().map(|read| read.field.as_str()).collect();
        assert_eq!(missing, ["colour"]);
    }

    #[test]
    fn a_graphql_types_fields_are_read_and_arguments_are_not() {
        let schema = "\"\"\"\nA type {\n\"\"\"\ntype Issue implements Node {\n  id: ID!\n  comments(\n    first: Int\n  ): [Comment]\n  title(a: Int): String\n}\ninput Sent {\n  only: Int\n}\n";
        assert_eq!(graphql(schema), [["comments", "id", "title"].map(str::to_owned).into()]);
    }
}
