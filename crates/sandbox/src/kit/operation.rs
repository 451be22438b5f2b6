//! One described operation of an API: its path, parameters, body and answers, and whether a request or a response fits. Knows no file format.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::schema::{Schema, read_text};

/// A misfit: where, and why.
pub(super) type Misfit = (String, String);

#[derive(Debug)]
pub(super) struct Operation {
    pub method: Method,
    /// With its `{parameters}`.
    pub template: String,
    pub path: Vec<Parameter>,
    pub query: Vec<Parameter>,
    pub body: Option<Body>,
    /// `200`, `2XX` or `default`; the schema where a JSON answer is described.
    pub responses: Vec<(String, Option<Schema>)>,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub name: String,
    pub required: bool,
    /// May stand in the query several times.
    pub repeated: bool,
    pub schema: Schema,
}

#[derive(Debug)]
pub(super) struct Body {
    pub required: bool,
    /// Media type without parameters, and the schema of such a body.
    pub kinds: Vec<(String, Schema)>,
    /// `OpenAPI` 2 describes JSON bodies by form fields: a field that is a text there may be an object or a list in JSON.
    pub form_fields: bool,
}

/// Does the path fit the template? A template's `{…}` stands for one segment, or for what of it stands before a `:verb`. More
/// literal segments win, and a verb counts as one.
pub(super) fn fit(template: &str, path: &str) -> Option<usize> {
    let mut literals = 0;
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(literals),
            (Some(one), Some(other)) if one == other => literals += 1,
            (Some(one), Some(other)) if one.starts_with('{') && !other.is_empty() => {
                let verb = one.rsplit_once('}').map_or("", |(_, verb)| verb);
                literals += usize::from(!verb.is_empty());
                other.strip_suffix(verb).filter(|named| !named.is_empty())?;
            }
            _ => return None,
        }
    }
}

impl Operation {
    pub(super) fn check_request(
        &self,
        path: &str,
        query: Option<&str>,
        unknown_query: bool,
        media_type: &str,
        body: &[u8],
    ) -> Result<(), Misfit> {
        self.check_path(path)?;
        self.check_query(query.unwrap_or_default(), unknown_query)?;
        self.check_body(media_type, body)
    }

    fn check_path(&self, path: &str) -> Result<(), Misfit> {
        for (wanted, given) in self.template.split('/').zip(path.split('/')) {
            let Some(name) = wanted.strip_prefix('{').and_then(|n| n.strip_suffix('}')) else {
                continue;
            };
            let described = self.path.iter().find(|parameter| parameter.name == name);
            if let Some(parameter) = described {
                let text = decode(given);
                let value = read_text(&text, parameter.schema.kind());
                at(&format!("path {name}"), parameter.schema.check(&value))?;
            }
        }
        Ok(())
    }

    fn check_query(&self, query: &str, unknown_query: bool) -> Result<(), Misfit> {
        let given: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for (name, _) in &given {
            let known = self.query.iter().any(|parameter| parameter.name == *name);
            if !known && !unknown_query {
                return Err((format!("query {name}"), "no such parameter".into()));
            }
        }
        for parameter in &self.query {
            let values: Vec<&str> = given.iter().filter(|(name, _)| *name == parameter.name).map(|(_, value)| value.as_str()).collect();
            let place = format!("query {}", parameter.name);
            match values.as_slice() {
                [] if parameter.required => return Err((place, "is required".into())),
                [] => {}
                [_, _, ..] if !parameter.repeated => {
                    return Err((place, "stands there more than once".into()));
                }
                values => parameter.check(&place, values)?,
            }
        }
        Ok(())
    }

    fn check_body(&self, media_type: &str, body: &[u8]) -> Result<(), Misfit> {
        let Some(described) = &self.body else {
            return if body.is_empty() { Ok(()) } else { Err(("body".into(), "this operation takes no body".into())) };
        };
        if body.is_empty() {
            return if described.required { Err(("body".into(), "is required".into())) } else { Ok(()) };
        }
        let kind = described.kinds.iter().find(|(kind, _)| kind == media_type);
        let Some((_, schema)) = kind else {
            return Err(("body".into(), format!("media type {media_type:?} is not described")));
        };
        let mut value = match media_type {
            "application/json" => serde_json::from_slice(body).map_err(|error| ("body".to_owned(), format!("is no JSON: {error}")))?,
            "application/x-www-form-urlencoded" => read_form(body, schema),
            // Bodies of other kinds (files) have no schema that could be held against them.
            _ => return Ok(()),
        };
        if described.form_fields && media_type == "application/json" {
            encode_structures(&mut value, schema);
        }
        at("body", schema.check(&value))
    }

    /// Only JSON answers are held against their schema.
    pub(super) fn check_response(&self, status: StatusCode, media_type: &str, body: &[u8]) -> Result<(), Misfit> {
        let exact = status.as_str().to_owned();
        let range = format!("{}XX", &exact[..1]);
        let find = |wanted: &str| self.responses.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted));
        let described = find(&exact).or_else(|| find(&range)).or_else(|| find("default"));
        match described {
            None if status.is_success() => Err(("status".into(), format!("{exact} is not described"))),
            Some((_, Some(schema))) if media_type == "application/json" => {
                let value: Value = serde_json::from_slice(body).map_err(|error| ("body".to_owned(), format!("is no JSON: {error}")))?;
                at("body", schema.check(&value))
            }
            _ => Ok(()),
        }
    }
}

impl Parameter {
    fn check(&self, place: &str, values: &[&str]) -> Result<(), Misfit> {
        if self.schema.kind() == "array" {
            let split = values.iter().flat_map(|value| value.split(','));
            let list = split.map(|text| read_text(text, "string")).collect();
            return at(place, self.schema.check(&Value::Array(list)));
        }
        for text in values {
            let value = read_text(text, self.schema.kind());
            at(place, self.schema.check(&value))?;
        }
        Ok(())
    }
}

/// A form as an object; each text is read as its property's kind.
fn read_form(body: &[u8], schema: &Schema) -> Value {
    let mut map = Map::new();
    for (name, text) in form_urlencoded::parse(body) {
        let value = read_text(&text, schema.property_kind(&name));
        map.insert(name.into_owned(), value);
    }
    Value::Object(map)
}

/// Writes objects and lists as the JSON texts that the form would have carried.
fn encode_structures(value: &mut Value, schema: &Schema) {
    for (name, field) in value.as_object_mut().into_iter().flatten() {
        let structured = field.is_object() || field.is_array();
        if structured && schema.property_kind(name) == "string" {
            *field = Value::String(field.to_string());
        }
    }
}

fn at(place: &str, result: Result<(), (String, String)>) -> Result<(), Misfit> {
    result.map_err(|(pointer, reason)| (format!("{place}{pointer}"), reason))
}

/// One percent-decoding; `+` stays itself, as in a path.
fn decode(segment: &str) -> String {
    let plus_kept = segment.replace('+', "%2B");
    let pair = format!("v={plus_kept}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
