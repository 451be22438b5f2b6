//! The emulated part of the schema against Linear's whole one, and a walk through the emulator with the whole one loaded.

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use serde_json::json;

use super::super::EMULATED;
use super::{CREATE, DELETE, UPDATE, probe_with_specs};
use crate::probe::specs;

fn fields(kind: &ExtendedType) -> Vec<(String, String)> {
    let mut found = Vec::new();
    match kind {
        ExtendedType::Object(object) => {
            for (name, field) in &object.fields {
                found.push((name.to_string(), field.ty.to_string()));
                found.extend(field.arguments.iter().map(|argument| (format!("{name}({})", argument.name), argument.ty.to_string())));
            }
        }
        ExtendedType::Interface(interface) => {
            found.extend(interface.fields.iter().map(|(name, field)| (name.to_string(), field.ty.to_string())));
        }
        ExtendedType::InputObject(input) => found.extend(input.fields.iter().map(|(name, field)| (name.to_string(), field.ty.to_string()))),
        ExtendedType::Enum(one) => found.extend(one.values.keys().map(|name| (name.to_string(), String::new()))),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
    }
    found
}

#[test]
fn the_emulated_part_is_a_part_of_the_whole() {
    let Some(folder) = specs() else { return };
    let text = std::fs::read_to_string(folder.join("linear/schema.graphql")).unwrap();
    let whole = Schema::parse_and_validate(text, "whole.graphql").unwrap();
    let part = Schema::parse_and_validate(EMULATED, "part.graphql").unwrap();
    let mut compared = 0;
    for (name, kind) in part.types.iter().filter(|(_, kind)| !kind.is_built_in()) {
        let known = whole.types.get(name).unwrap_or_else(|| panic!("Linear has no {name}"));
        let of_whole = fields(known);
        for field in fields(kind) {
            assert!(of_whole.contains(&field), "{name}.{} is not {} at Linear", field.0, field.1);
            compared += 1;
        }
    }
    assert!(compared > 300, "only {compared} fields were compared");
}

/// What Linear requires of an input, the part must not leave out.
#[test]
fn no_required_input_is_left_out() {
    let Some(folder) = specs() else { return };
    let text = std::fs::read_to_string(folder.join("linear/schema.graphql")).unwrap();
    let whole = Schema::parse_and_validate(text, "whole.graphql").unwrap();
    let part = Schema::parse_and_validate(EMULATED, "part.graphql").unwrap();
    for (name, kind) in &part.types {
        let (ExtendedType::InputObject(ours), Some(ExtendedType::InputObject(theirs))) = (kind, whole.types.get(name)) else {
            continue;
        };
        let required = theirs.fields.iter().filter(|(_, field)| field.is_required());
        for (field, _) in required {
            assert!(ours.fields.contains_key(field), "{name}.{field} is required");
        }
    }
}

#[tokio::test]
async fn the_usual_documents_fit_the_whole_schema() {
    let probe = probe_with_specs().signed_into_linear("read,write,comments:create").await;
    let input = json!({ "teamId": probe.team().await, "title": "Whole" });
    let made = probe.data(CREATE, json!({ "input": input })).await;
    let id = &made["issueCreate"]["issue"]["id"];
    probe.data(UPDATE, json!({ "id": id, "input": { "title": "Wholly" } })).await;
    probe.data(DELETE, json!({ "id": id })).await;
    let checks = &probe.sandbox.kit().checks;
    assert!(checks.violations().is_empty(), "{:?}", checks.violations());
    let counts = checks.counts()["linear"];
    if specs().is_some() {
        assert_eq!((counts.requests_checked, counts.responses_checked, counts.unloaded), (4, 4, 0));
    } else {
        assert_eq!((counts.requests_checked, counts.unloaded), (0, 8));
    }
}
