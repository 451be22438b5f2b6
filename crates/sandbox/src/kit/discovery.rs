//! Reads a Google discovery document into operations. Does not judge requests.

use axum::http::Method;
use serde_json::{Map, Value};

use super::operation::{Body, Operation, Parameter};
use super::schema::{Dialect, Schema};
use super::validate::Rules;

/// All methods of the document, those of nested resources too.
pub(super) fn operations(document: &Value, rules: &Rules) -> Vec<Operation> {
    let none = Map::new();
    let dialect = |nulls| Dialect {
        named: document["schemas"].as_object().unwrap_or(&none),
        ref_prefix: "",
        closed: rules.closed,
        extra: rules.extra_properties,
        nulls,
    };
    let reader = Reader {
        request: dialect(true),
        response: dialect(false),
        common: document["parameters"].as_object().unwrap_or(&none),
        base: rules.base,
    };
    let mut operations = Vec::new();
    reader.resources(document, &mut operations);
    operations
}

struct Reader<'a> {
    request: Dialect<'a>,
    response: Dialect<'a>,
    /// Parameters that every method takes (`fields`, `prettyPrint`, …).
    common: &'a Map<String, Value>,
    base: &'static str,
}

impl Reader<'_> {
    fn resources(&self, parent: &Value, operations: &mut Vec<Operation>) {
        for method in parent["methods"].as_object().into_iter().flatten() {
            operations.extend(self.operation(method.1));
        }
        for resource in parent["resources"].as_object().into_iter().flatten() {
            self.resources(resource.1, operations);
        }
    }

    fn operation(&self, method: &Value) -> Option<Operation> {
        let own = method["parameters"].as_object().into_iter().flatten();
        let own: Vec<(&String, &Value)> = own.collect();
        let of = |place: &str| -> Vec<Parameter> {
            own.iter()
                .copied()
                .chain(self.common)
                .filter(|(_, parameter)| parameter["location"] == place)
                .map(|(name, parameter)| self.parameter(name, parameter))
                .collect()
        };
        let answer = method.get("response").map(|schema| {
            // A described answer is JSON unless the method says it is a media download.
            Schema::new(&self.response, schema)
        });
        let empty = answer.is_none();
        let mut responses = vec![("200".to_owned(), answer)];
        if empty {
            responses.push(("204".to_owned(), None));
        }
        if method["supportsMediaDownload"] == true {
            // A range of the file (RFC 9110 section 15.3.7).
            responses.push(("206".to_owned(), None));
        }
        Some(Operation {
            method: Method::from_bytes(method["httpMethod"].as_str()?.as_bytes()).ok()?,
            // `path` may hold `{+name}`, a whole resource name; `flatPath` names each of its segments.
            template: self.template(method["flatPath"].as_str().or(method["path"].as_str())?),
            path: of("path"),
            query: of("query"),
            body: method.get("request").map(|schema| Body {
                required: false,
                kinds: vec![("application/json".into(), Schema::new(&self.request, schema))],
                form_fields: false,
            }),
            responses,
        })
    }

    /// A document without a service path writes the base into each path.
    fn template(&self, path: &str) -> String {
        let whole = format!("/{path}");
        if whole.starts_with(&format!("{}/", self.base)) { whole } else { format!("{}{whole}", self.base) }
    }

    fn parameter(&self, name: &str, parameter: &Value) -> Parameter {
        Parameter {
            name: name.to_owned(),
            required: parameter["required"] == true,
            repeated: parameter["repeated"] == true,
            schema: Schema::new(&self.response, parameter),
        }
    }
}
