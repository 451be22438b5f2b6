//! For the GraphQL tools' tests: holds our part of a tool's schema against the whole, every type, field, argument and enum value.

use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::schema::{Component, ExtendedType};
use apollo_compiler::{Name, Schema};

use crate::emulator::descriptions;

/// Fails when a line of `ours` is not the tool's; `file`: where its whole schema lies below the folder of descriptions.
pub(crate) fn fits(ours: &str, file: &str) {
    let ours = Schema::parse(ours, "ours").unwrap();
    let Some(folder) = descriptions() else {
        println!("no descriptions at hand: our part of {file} was held against nothing");
        return;
    };
    let whole = std::fs::read_to_string(folder.join(file)).unwrap();
    let theirs = Schema::builder().ignore_builtin_redefinitions().parse(whole, "theirs").build().unwrap();
    assert_eq!(misfits(&ours, &theirs), Vec::<String>::new());
}

fn requires(argument: &InputValueDefinition) -> bool {
    matches!(*argument.ty, Type::NonNullNamed(_) | Type::NonNullList(_)) && argument.default_value.is_none()
}

/// Each of ours is among theirs with the same type, and none that they require is missing.
fn arguments_fit<'a>(
    place: &str,
    ours: impl Iterator<Item = &'a InputValueDefinition>,
    theirs: &[&InputValueDefinition],
    misfits: &mut Vec<String>,
) {
    let mut known = Vec::new();
    for own in ours {
        known.push(&own.name);
        match theirs.iter().find(|their| their.name == own.name) {
            Some(their) if their.ty == own.ty => {}
            Some(their) => misfits.push(format!("{place}({}): {} is {} there", own.name, own.ty, their.ty)),
            None => misfits.push(format!("{place}({}) does not exist", own.name)),
        }
    }
    let missing = theirs.iter().filter(|their| requires(their) && !known.contains(&&their.name));
    misfits.extend(missing.map(|their| format!("{place}({}) is required and missing", their.name)));
}

/// The fields of one type, each with its arguments.
fn fields_fit<'a>(
    name: &str,
    ours: impl Iterator<Item = (&'a Name, &'a Component<FieldDefinition>)>,
    theirs: &IndexMap<Name, Component<FieldDefinition>>,
    misfits: &mut Vec<String>,
) {
    for (field, own) in ours {
        let place = format!("{name}.{field}");
        let Some(their) = theirs.get(field) else {
            misfits.push(format!("{place} does not exist"));
            continue;
        };
        if own.ty != their.ty {
            misfits.push(format!("{place}: {} is {} there", own.ty, their.ty));
        }
        let known: Vec<_> = their.arguments.iter().map(|argument| &**argument).collect();
        arguments_fit(&place, own.arguments.iter().map(|argument| &**argument), &known, misfits);
    }
}

fn misfits(ours: &Schema, theirs: &Schema) -> Vec<String> {
    let mut misfits = Vec::new();
    for (name, own) in ours.types.iter().filter(|(name, own)| !own.is_built_in() && !name.starts_with("__")) {
        match (own, theirs.types.get(name)) {
            (ExtendedType::Object(own), Some(ExtendedType::Object(their))) => {
                let implemented = own.implements_interfaces.iter().filter(|one| !their.implements_interfaces.contains(*one));
                misfits.extend(implemented.map(|one| format!("{name} is no {} there", one.name)));
                fields_fit(name, own.fields.iter(), &their.fields, &mut misfits);
            }
            (ExtendedType::Interface(own), Some(ExtendedType::Interface(their))) => {
                fields_fit(name, own.fields.iter(), &their.fields, &mut misfits);
            }
            (ExtendedType::InputObject(own), Some(ExtendedType::InputObject(their))) => {
                let known: Vec<_> = their.fields.values().map(|field| &***field).collect();
                arguments_fit(name, own.fields.values().map(|field| &***field), &known, &mut misfits);
            }
            (ExtendedType::Enum(own), Some(ExtendedType::Enum(their))) => {
                let unknown = own.values.keys().filter(|value| !their.values.contains_key(*value));
                misfits.extend(unknown.map(|value| format!("{name}.{value} does not exist")));
            }
            (ExtendedType::Scalar(_), Some(ExtendedType::Scalar(_))) => {}
            (_, Some(_)) => misfits.push(format!("{name} is of another kind there")),
            (_, None) => misfits.push(format!("{name} does not exist")),
        }
    }
    misfits
}

#[test]
fn a_line_that_does_not_fit_is_found() {
    let theirs = Schema::parse("type Query { a(x: Int!, y: Int): Int } input I { a: Int! } enum E { A }", "theirs").unwrap();
    let ours = Schema::parse("type Query { a(y: Float): Int! b: Int } input I { b: Int } enum E { B } type T { a: Int }", "ours").unwrap();
    let found = misfits(&ours, &theirs);
    for part in [
        "Query.a: Int! is Int",
        "Query.a(y): Float is Int",
        "Query.a(x) is required",
        "Query.b does not",
        "I(b) does not",
        "I(a) is required",
        "E.B does not",
        "T does not",
    ] {
        assert!(found.iter().any(|misfit| misfit.contains(part)), "{part} in {found:?}");
    }
}
