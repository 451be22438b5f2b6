//! Between apollo-compiler's executor and our nodes: one object type that asks query, mutation or node for a field, and remembers failures.

use std::cell::RefCell;
use std::collections::BTreeMap;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use serde_json::Value;

use super::failure::Failure;
use super::node::Node;
use super::{Linear, mutation, query};
use crate::kit::{Caller, Side};

/// One request on its way.
pub(super) struct Context<'a> {
    pub linear: &'a Linear,
    pub caller: &'a Caller,
    /// By message: the executor carries nothing else of an error.
    failures: RefCell<BTreeMap<String, Failure>>,
}

/// What a field holds.
pub(super) enum Found {
    Leaf(Value),
    Node(Node),
    Nothing,
    Nodes(Vec<Node>),
}

impl<'a> Context<'a> {
    pub(super) fn new(linear: &'a Linear, caller: &'a Caller) -> Self {
        Self { linear, caller, failures: RefCell::default() }
    }

    /// One of these scopes must have been granted; the first one is named where none was.
    pub(super) fn need(&self, scopes: &[&'static str]) -> Result<(), Failure> {
        if self.caller.may(scopes) { Ok(()) } else { Err(Failure::scope(scopes.first().copied().unwrap_or("write"))) }
    }

    /// The failure behind an error of the executor, which puts words of its own before the message.
    pub(super) fn failure(&self, message: &str) -> Option<Failure> {
        let message = message.strip_prefix("resolver error: ").unwrap_or(message);
        self.failures.borrow().get(message).cloned()
    }

    fn fail(&self, failure: Failure) -> FieldError {
        let message = failure.message.clone();
        self.failures.borrow_mut().insert(message.clone(), failure);
        FieldError { message }
    }
}

/// A node being resolved.
pub(super) struct Object<'a> {
    context: &'a Context<'a>,
    node: Node,
}

impl<'a> Object<'a> {
    pub(super) fn root(context: &'a Context<'a>, mutation: bool) -> Self {
        Self { context, node: if mutation { Node::Mutation } else { Node::Query } }
    }
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        self.node.type_name()
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let (context, field) = (self.context, info.field_name());
        let arguments = serde_json::to_value(info.arguments()).unwrap_or(Value::Null);
        let found = match &self.node {
            Node::Query => query::field(context, field, &arguments),
            Node::Mutation => mutation::field(context, field, &arguments),
            node => node.field(context, field, &arguments),
        };
        match found {
            Ok(Some(Found::Leaf(value))) if info.field_definition().ty.inner_named_type() == "Float" => {
                Ok(ResolvedValue::Leaf(value.as_f64().map_or(JsonValue::Null, JsonValue::from)))
            }
            Ok(Some(found)) => Ok(self.resolved(found)),
            Ok(None) => {
                let what = format!("{}.{field}", self.type_name());
                let checks = &context.linear.kit.checks;
                checks.violation(super::ID, "POST", "/graphql", Side::Request, &what, "is not emulated");
                Err(context.fail(Failure::not_emulated(&what)))
            }
            Err(failure) => Err(context.fail(failure)),
        }
    }
}

impl<'a> Object<'a> {
    fn resolved(&'a self, found: Found) -> ResolvedValue<'a> {
        let object = |node| ResolvedValue::object(Object { context: self.context, node });
        match found {
            Found::Leaf(value) => ResolvedValue::Leaf(bytes(value)),
            Found::Node(node) => object(node),
            Found::Nothing => ResolvedValue::null(),
            Found::Nodes(nodes) => ResolvedValue::list(nodes.into_iter().map(object)),
        }
    }
}

/// The executor has its own JSON type.
fn bytes(value: Value) -> JsonValue {
    JsonValue::from(value)
}
