//! Mapped fields: what `describe` says of them decides how a text is written, and what cannot be written is named before it is sent.

use std::collections::BTreeMap;

use connector_kit::{Error, Result, Session};
use serde_json::{Map, Value, json};

use super::soql::{self, API};
use super::wire::{DescribedField, Description};

/// The fields of an object.
pub(super) async fn describe(session: &Session, object: &str) -> Result<Vec<DescribedField>> {
    let described: Description = session.get(format!("{API}/sobjects/{object}/describe")).fetch().await?;
    Ok(described.fields)
}

/// The values to write for these texts, each in its field's type.
pub(super) fn typed(fields: &[DescribedField], texts: &BTreeMap<String, String>) -> Result<Map<String, Value>> {
    texts.iter().map(|(name, text)| Ok((name.clone(), value(fields, name, text)?))).collect()
}

fn value(fields: &[DescribedField], name: &str, text: &str) -> Result<Value> {
    let field = fields.iter().find(|field| field.name == *name);
    let field = field.ok_or_else(|| Error::invalid(format!("Salesforce has no field `{name}`, or the user may not see it")))?;
    if !field.updateable {
        return Err(Error::invalid(format!("the Salesforce user may not change `{name}`")));
    }
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let misfit = || Error::invalid(format!("`{name}` takes a {} in Salesforce", field.kind));
    match field.kind.as_str() {
        "boolean" => text.to_lowercase().parse().map(Value::Bool).map_err(|_| misfit()),
        "int" => text.parse::<i64>().map(Value::from).map_err(|_| misfit()),
        "double" | "currency" | "percent" => {
            text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from).ok_or_else(misfit)
        }
        "date" => text.get(..10).and_then(|day| day.parse::<jiff::civil::Date>().ok()).map(|day| json!(day.to_string())).ok_or_else(misfit),
        "datetime" => text.parse::<jiff::Timestamp>().map(|at| json!(at.to_string())).map_err(|_| misfit()),
        "picklist" | "combobox" if field.restricted_picklist => {
            let mut active = field.picklist_values.iter().filter(|one| one.active).filter_map(|one| one.value.as_deref());
            active
                .find(|one| one.eq_ignore_ascii_case(text))
                .map(Value::from)
                .ok_or_else(|| Error::invalid(format!("`{name}` takes one of the values of its list in Salesforce, and this is none")))
        }
        _ if field.length > 0 && text.chars().count() > field.length => {
            Err(Error::invalid(format!("`{name}` holds {} characters in Salesforce, and the text is longer", field.length)))
        }
        _ => Ok(json!(text)),
    }
}

/// The present values of a record's fields, by name; one without a value is absent, and so is one that the object has not.
pub(super) async fn values(session: &Session, object: &str, id: &str, names: &[&str]) -> Result<BTreeMap<String, Value>> {
    let fields = describe(session, object).await?;
    let known: Vec<&str> = names.iter().copied().filter(|name| fields.iter().any(|field| field.name == **name)).collect();
    if known.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = format!("SELECT {} FROM {object} WHERE Id = {}", known.join(", "), soql::text(id));
    let mut records: Vec<BTreeMap<String, Value>> = soql::all(session, &query).await?;
    let record = records.pop().unwrap_or_default();
    Ok(record.into_iter().filter(|(name, value)| name != "attributes" && !value.is_null()).collect())
}

/// A value as a text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a record's value is what was to be written, in whatever form Salesforce shows it.
pub(super) fn same(wanted: &Value, present: Option<&Value>) -> bool {
    let present = present.unwrap_or(&Value::Null);
    let time = |value: &Value| value.as_str().and_then(super::map::time);
    match (wanted.as_f64(), present.as_f64(), time(wanted), time(present)) {
        (Some(one), Some(other), ..) => (one - other).abs() < 1e-9,
        (_, _, Some(one), Some(other)) => one == other,
        _ => wanted == present,
    }
}
