//! The emulator's own table of fields, held against the official schema; ids, and what `describe` tells.

use super::super::description::Description;
use super::super::org::{full, id};
use super::super::schema::{OBJECTS, SYSTEM, Type, object_by_id};
use super::{API, harness, token};

#[test]
fn every_field_is_described_with_that_type() {
    let harness = harness();
    let description = Description::load(harness.sandbox.kit()).unwrap();
    let mut held = 0;
    for object in &OBJECTS {
        for field in SYSTEM.iter().chain(object.fields) {
            let Some(kind) = description.kind(object.name, field.name) else { continue };
            let system = SYSTEM.iter().any(|own| own.name == field.name);
            let Some(kind) = kind else {
                assert!(system, "{} has no {}", object.name, field.name);
                continue;
            };
            let wanted = match field.kind {
                Type::Number => "number",
                Type::Flag => "boolean",
                Type::Date | Type::DateTime => "DateString",
                _ => "string",
            };
            assert_eq!(kind.trim_end_matches(" | null"), wanted, "{}.{}", object.name, field.name);
            held += 1;
        }
    }
    assert!(held > 100 || harness.sandbox.kit().options.specs.is_none(), "{held} fields held against the schema");
}

#[test]
fn an_id_has_three_characters_that_say_which_others_are_capitals() {
    assert_eq!(full("001A0000006Vm9r").as_deref(), Some("001A0000006Vm9rIAC"));
    assert_eq!(full("001A0000006Vm9rIAC").as_deref(), Some("001A0000006Vm9rIAC"));
    for bad in ["001A0000006Vm9rIAD", "001A0000006Vm9", "", "001A0000006Vm9r'x'"] {
        assert_eq!(full(bad), None, "{bad}");
    }
    assert_eq!(object_by_id(&id("00U", 7)).map(|object| object.name), Some("Event"));
}

#[tokio::test]
async fn describe_tells_types_lengths_and_whether_the_external_id_is_there() {
    let harness = harness();
    let token = token(&harness).await;
    let fields = async || harness.get(&format!("{API}/sobjects/Event/describe"), &token).await.json()["fields"].clone();
    let find = |fields: &serde_json::Value, name: &str| fields.as_array().unwrap().iter().find(|field| field["name"] == name).cloned();
    let before = fields().await;
    let subject = find(&before, "Subject").unwrap();
    assert_eq!(
        (subject["type"].as_str(), subject["length"].as_u64(), subject["updateable"].as_bool()),
        (Some("string"), Some(255), Some(true))
    );
    assert_eq!(find(&before, "Harmony_Id__c").unwrap()["externalId"], true);
    harness.control("PUT", "/external-ids", serde_json::json!({ "objects": ["Task"] })).await;
    assert_eq!(find(&fields().await, "Harmony_Id__c"), None);
}
