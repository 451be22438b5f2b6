//! The emulated part of the schema against the whole one, and a walk through the emulator with the whole one loaded.

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use serde_json::json;

use super::super::EMULATED;
use super::{CHANGE, CREATE, DELETE, EVERYTHING, POST, probe_with_specs};
use crate::kit::sdl::read;
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
    let text = std::fs::read_to_string(folder.join("monday/schema.graphql")).unwrap();
    let whole = read(text, "whole.graphql").unwrap();
    let part = Schema::parse_and_validate(EMULATED, "part.graphql").unwrap();
    let mut compared = 0;
    for (name, kind) in part.types.iter().filter(|(_, kind)| !kind.is_built_in()) {
        let known = whole.types.get(name).unwrap_or_else(|| panic!("monday.com has no {name}"));
        let of_whole = fields(known);
        for field in fields(kind) {
            assert!(of_whole.contains(&field), "{name}.{} is not {} at monday.com", field.0, field.1);
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} fields were compared");
}

#[tokio::test]
async fn the_usual_documents_fit_the_whole_schema() {
    let probe = probe_with_specs().signed_into_monday(EVERYTHING).await;
    let board = probe.monday_board("Product").await;
    let made = probe.told(CREATE, json!({ "board": board, "name": "Whole" })).await;
    let id = &made["create_item"]["id"];
    probe.told(CHANGE, json!({ "board": board, "item": id, "cells": "{\"name\":\"Wholly\"}" })).await;
    probe.told(POST, json!({ "item": id, "body": "<p>x</p>" })).await;
    probe.told(DELETE, json!({ "item": id })).await;
    let checks = &probe.sandbox.kit().checks;
    assert!(checks.violations().is_empty(), "{:?}", checks.violations());
    let counts = checks.counts()["monday"];
    if specs().is_some() {
        assert_eq!((counts.requests_checked, counts.responses_checked, counts.unloaded), (5, 5, 0));
    } else {
        assert_eq!((counts.requests_checked, counts.unloaded), (0, 10));
    }
}
