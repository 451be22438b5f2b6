//! Turns a schema of `OpenAPI` 2, `OpenAPI` 3 or Google discovery into a self-contained JSON Schema 2020-12 document. Knows no operations.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Draft;
use serde_json::{Map, Value, json};

/// How schemas of one description are read.
pub(super) struct Dialect<'a> {
    /// Named schemas, by name.
    pub named: &'a Map<String, Value>,
    /// What stands before the name in a `$ref`.
    pub ref_prefix: &'static str,
    /// Are properties that the description lacks a misfit?
    pub closed: bool,
    /// Real properties newer than the description.
    pub extra: &'static [&'static str],
    /// May any property be null (a JSON patch clears a field with it)?
    pub nulls: bool,
}

/// A schema compiled at first use.
#[derive(Debug)]
pub(super) struct Schema {
    text: Value,
    compiled: OnceLock<Result<jsonschema::Validator, String>>,
}

impl Schema {
    /// Converts `schema` and everything it refers to.
    pub(super) fn new(dialect: &Dialect<'_>, schema: &Value) -> Self {
        Self { text: bundle(dialect, schema), compiled: OnceLock::new() }
    }

    /// Does the value fit? Otherwise the place (a JSON pointer) and the reason of the first misfit.
    pub(super) fn check(&self, value: &Value) -> Result<(), (String, String)> {
        let compiled = self.compiled.get_or_init(|| {
            jsonschema::options()
                .with_draft(Draft::Draft202012)
                .should_validate_formats(true)
                .should_ignore_unknown_formats(true)
                .build(&self.text)
                .map_err(|error| error.to_string())
        });
        let validator = compiled.as_ref().map_err(|error| (String::new(), format!("schema does not compile: {error}")))?;
        validator.validate(value).map_err(|error| {
            let reason: String = error.to_string().chars().take(300).collect();
            (error.instance_path().to_string(), reason)
        })
    }

    /// `integer`, `boolean`, `array`, …: what a text in a query or form is read as.
    pub(super) fn kind(&self) -> &str {
        kind_of(&self.text)
    }

    /// The kind of one property, for forms.
    pub(super) fn property_kind(&self, name: &str) -> &str {
        self.text.pointer(&format!("/properties/{name}")).map_or("string", kind_of)
    }
}

fn kind_of(schema: &Value) -> &str {
    let kind = &schema["type"];
    kind.as_str().or_else(|| kind.get(0).and_then(Value::as_str)).unwrap_or("string")
}

/// Reads a text as the kind says; a text that is none stays a text, and the schema then refuses it.
pub(super) fn read_text(text: &str, kind: &str) -> Value {
    let read = match kind {
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "number" => text.parse::<f64>().ok().map(Value::from),
        "boolean" => match text {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    };
    read.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Keywords that mean the same in every dialect and hold no schema.
const KEPT: &[&str] = &[
    "type",
    "enum",
    "required",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "multipleOf",
    "minProperties",
    "maxProperties",
];

struct Bundle<'a> {
    dialect: &'a Dialect<'a>,
    /// `None` while it is being converted, so that recursion ends.
    definitions: BTreeMap<String, Option<Value>>,
}

fn bundle(dialect: &Dialect<'_>, schema: &Value) -> Value {
    let mut bundle = Bundle { dialect, definitions: BTreeMap::new() };
    let root = bundle.convert(schema, false);
    let definitions: Map<String, Value> =
        bundle.definitions.into_iter().map(|(name, value)| (name, value.unwrap_or(Value::Bool(true)))).collect();
    match root {
        Value::Object(mut map) => {
            map.insert("$defs".into(), Value::Object(definitions));
            Value::Object(map)
        }
        other => other,
    }
}

impl Bundle<'_> {
    /// `open`: the schema is one branch of a composition; the composition is what gets closed.
    fn convert(&mut self, schema: &Value, open: bool) -> Value {
        let Some(map) = schema.as_object() else {
            return schema.clone();
        };
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let target = self.refer(reference, open);
            return nullable(map, target);
        }
        let mut out = Map::new();
        for key in KEPT {
            if let Some(value) = map.get(*key) {
                copy_keyword(&mut out, key, value);
            }
        }
        exclusive_bounds(map, &mut out);
        self.children(map, &mut out);
        if !open && self.dialect.closed && self.can_close(schema) {
            self.close(&mut out);
        }
        nullable(map, Value::Object(out))
    }

    fn refer(&mut self, reference: &str, open: bool) -> Value {
        let name = reference.strip_prefix(self.dialect.ref_prefix).unwrap_or(reference);
        let key = if open { format!("{name}.open") } else { name.to_owned() };
        if !self.definitions.contains_key(&key) {
            self.definitions.insert(key.clone(), None);
            let converted = match self.dialect.named.get(name) {
                Some(schema) => self.convert(schema, open),
                None => Value::Bool(true),
            };
            self.definitions.insert(key.clone(), Some(converted));
        }
        json!({ "$ref": format!("#/$defs/{key}") })
    }

    fn children(&mut self, map: &Map<String, Value>, out: &mut Map<String, Value>) {
        if let Some(properties) = map.get("properties").and_then(Value::as_object) {
            let mut converted = Map::new();
            for (name, property) in properties {
                let mut value = self.convert(property, false);
                if self.dialect.nulls {
                    value = or_null(value);
                }
                converted.insert(name.clone(), value);
            }
            out.insert("properties".into(), Value::Object(converted));
        }
        match map.get("items") {
            Some(Value::Array(items)) => {
                let items = items.iter().map(|item| self.convert(item, false));
                out.insert("prefixItems".into(), items.collect());
            }
            Some(items) => {
                let items = self.convert(items, false);
                out.insert("items".into(), items);
            }
            None => {}
        }
        if let Some(more) = map.get("additionalProperties") {
            let more = self.convert(more, false);
            out.insert("additionalProperties".into(), more);
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            if let Some(branches) = map.get(key).and_then(Value::as_array) {
                let branches = branches.iter().map(|branch| self.convert(branch, true));
                out.insert(key.into(), branches.collect());
            }
        }
    }

    fn close(&self, out: &mut Map<String, Value>) {
        if !self.dialect.extra.is_empty() {
            let properties = out.entry("properties").or_insert_with(|| Value::Object(Map::new()));
            if let Some(properties) = properties.as_object_mut() {
                for name in self.dialect.extra {
                    properties.entry(*name).or_insert(Value::Bool(true));
                }
            }
        }
        out.insert("unevaluatedProperties".into(), Value::Bool(false));
    }

    /// An object whose every part names its properties, and that does not say itself what more it may have.
    fn can_close(&self, schema: &Value) -> bool {
        let (mut named, mut free) = (false, false);
        self.survey(schema, &mut named, &mut free, 0);
        named && !free
    }

    fn survey(&self, schema: &Value, named: &mut bool, free: &mut bool, depth: usize) {
        let resolved = schema["$ref"]
            .as_str()
            .map(|reference| reference.strip_prefix(self.dialect.ref_prefix).unwrap_or(reference))
            .and_then(|name| self.dialect.named.get(name))
            .unwrap_or(schema);
        let has = |key: &str| resolved.get(key).is_some();
        let composed = has("allOf") || has("anyOf") || has("oneOf");
        if has("properties") {
            *named = true;
        } else if kind_of(resolved) == "object" && has("type") && !composed {
            *free = true;
        }
        // Depth ends a reference that leads back to itself.
        if has("additionalProperties") || depth > 8 {
            *free = true;
            return;
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for branch in resolved[key].as_array().into_iter().flatten() {
                self.survey(branch, named, free, depth + 1);
            }
        }
    }
}

fn copy_keyword(out: &mut Map<String, Value>, key: &str, value: &Value) {
    let value = match (key, value) {
        // Discovery: "any" is no JSON Schema type, bounds are texts, `required` may be a flag.
        ("type", Value::String(kind)) if kind == "any" || kind == "file" => return,
        ("required", Value::Bool(_)) => return,
        ("minimum" | "maximum", Value::String(bound)) => match bound.parse::<f64>() {
            Ok(bound) => Value::from(bound),
            Err(_) => return,
        },
        (_, value) => value.clone(),
    };
    out.insert(key.to_owned(), value);
}

/// `OpenAPI` 2 and 3.0 say `exclusiveMinimum: true` beside `minimum`.
fn exclusive_bounds(map: &Map<String, Value>, out: &mut Map<String, Value>) {
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if map.get(flag) == Some(&Value::Bool(true))
            && let Some(value) = out.remove(bound)
        {
            out.insert(flag.into(), value);
        }
    }
}

fn nullable(map: &Map<String, Value>, converted: Value) -> Value {
    let flagged = |map: &Map<String, Value>| ["nullable", "x-nullable"].iter().any(|key| map.get(*key) == Some(&Value::Bool(true)));
    // Beside a reference no other word counts (`OpenAPI` 3.0), so vendors write the flag into a branch and mean the whole.
    let in_a_branch = || map.get("allOf").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).any(flagged);
    if flagged(map) {
        or_null(converted)
    } else if in_a_branch() {
        json!({ "anyOf": [converted, { "type": "null" }] })
    } else {
        converted
    }
}

/// Lets null in. Where the type is plain, it is widened, so that a misfit deeper down keeps its place.
fn or_null(mut schema: Value) -> Value {
    let Some(kind) = schema.get("type").and_then(Value::as_str).map(str::to_owned) else {
        return json!({ "anyOf": [schema, { "type": "null" }] });
    };
    schema["type"] = json!([kind, "null"]);
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
    schema
}
