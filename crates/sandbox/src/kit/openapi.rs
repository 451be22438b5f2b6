//! Reads `OpenAPI` 3.0 and `OpenAPI` 2.0 files into operations. Does not judge requests.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::operation::{Body, Operation, Parameter};
use super::schema::{Dialect, Schema};
use super::validate::Rules;

const METHODS: &[&str] = &["get", "put", "post", "delete", "patch"];

/// All operations of the description.
pub(super) fn operations(document: &Value, rules: &Rules) -> Vec<Operation> {
    let none = Map::new();
    let second = document.get("swagger").is_some();
    let (pointer, ref_prefix) = if second { ("/definitions", "#/definitions/") } else { ("/components/schemas", "#/components/schemas/") };
    let dialect = Dialect {
        named: document.pointer(pointer).and_then(Value::as_object).unwrap_or(&none),
        ref_prefix,
        closed: rules.closed,
        extra: rules.extra_properties,
        nulls: false,
    };
    let reader = Reader { document, dialect, second };
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(*method) {
                let template = format!("{}{path}", rules.base);
                operations.extend(reader.operation(template, method, item, operation));
            }
        }
    }
    operations
}

struct Reader<'a> {
    document: &'a Value,
    dialect: Dialect<'a>,
    /// `OpenAPI` 2.
    second: bool,
}

impl Reader<'_> {
    fn operation(&self, template: String, method: &str, item: &Value, operation: &Value) -> Option<Operation> {
        let parameters: Vec<&Value> = [&item["parameters"], &operation["parameters"]]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| self.resolve(parameter))
            .collect();
        let of = |place: &str| -> Vec<Parameter> {
            parameters.iter().filter(|parameter| parameter["in"] == place).map(|parameter| self.parameter(parameter)).collect()
        };
        let body =
            if self.second { self.second_body(&parameters, operation) } else { self.third_body(self.resolve(&operation["requestBody"])) };
        Some(Operation {
            method: Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?,
            template,
            path: of("path"),
            query: of("query"),
            body,
            responses: self.responses(operation),
        })
    }

    fn resolve<'b>(&'b self, value: &'b Value) -> &'b Value {
        value["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| self.document.pointer(pointer))
            .unwrap_or(value)
    }

    fn parameter(&self, parameter: &Value) -> Parameter {
        let schema = parameter.get("schema").unwrap_or(parameter);
        let schema = Schema::new(&self.dialect, &without_flag(schema));
        Parameter {
            name: parameter["name"].as_str().unwrap_or_default().to_owned(),
            required: parameter["required"] == true,
            repeated: schema.kind() == "array",
            schema,
        }
    }

    fn third_body(&self, body: &Value) -> Option<Body> {
        let content = body["content"].as_object()?;
        let kinds = content.iter().map(|(media_type, described)| {
            let schema = described.get("schema").unwrap_or(&Value::Bool(true));
            (essence(media_type), Schema::new(&self.dialect, schema))
        });
        Some(Body { required: body["required"] == true, kinds: kinds.collect(), form_fields: false })
    }

    fn second_body(&self, parameters: &[&Value], operation: &Value) -> Option<Body> {
        let of = |place: &'static str| parameters.iter().filter(move |one| one["in"] == place);
        if let Some(body) = of("body").next() {
            return Some(Body {
                required: body["required"] == true,
                kinds: vec![("application/json".into(), Schema::new(&self.dialect, &body["schema"]))],
                form_fields: false,
            });
        }
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in of("formData") {
            let name = field["name"].as_str().unwrap_or_default();
            properties.insert(name.to_owned(), without_flag(field));
            if field["required"] == true {
                required.push(name);
            }
        }
        let consumes = operation["consumes"].as_array()?;
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        Some(Body {
            required: !required.is_empty(),
            kinds: consumes
                .iter()
                .filter_map(Value::as_str)
                .map(|media_type| (essence(media_type), Schema::new(&self.dialect, &schema)))
                .collect(),
            form_fields: true,
        })
    }

    fn responses(&self, operation: &Value) -> Vec<(String, Option<Schema>)> {
        let responses = operation["responses"].as_object().into_iter().flatten();
        responses
            .map(|(status, response)| {
                let response = self.resolve(response);
                let schema = response.get("schema").or_else(|| {
                    let content = response["content"].as_object()?;
                    let json = content.iter().find(|(media_type, _)| essence(media_type) == "application/json");
                    json?.1.get("schema")
                });
                (status.clone(), schema.map(|schema| Schema::new(&self.dialect, schema)))
            })
            .collect()
    }
}

/// In `OpenAPI` 2 the parameter is its own schema, and `required` there is a flag of the parameter.
fn without_flag(parameter: &Value) -> Value {
    let mut schema = parameter.clone();
    if let Some(map) = schema.as_object_mut() {
        map.retain(|key, value| key != "required" || value.is_array());
    }
    schema
}

/// A media type without its parameters.
pub(super) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
