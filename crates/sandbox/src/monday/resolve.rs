//! Between apollo-compiler's executor and our answers: objects are JSON with their type's name in them; fields with arguments are asked of
//! query, mutation or board. Remembers failures, and webhooks whose address is still to be asked.

use std::cell::RefCell;
use std::collections::BTreeMap;

use apollo_compiler::ast::Type;
use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Value, json};

use super::failure::Failure;
use super::{Monday, mutation, query, render};
use crate::kit::{Caller, Quota, Side};

/// One request on its way.
pub(super) struct Context<'a> {
    pub monday: &'a Monday,
    pub caller: &'a Caller,
    /// The budget of complexity after this request, and what the request cost.
    pub quota: Quota,
    pub points: u64,
    /// By message: the executor carries nothing else of an error.
    failures: RefCell<BTreeMap<String, Failure>>,
    handshakes: RefCell<Vec<String>>,
}

/// What a field holds; `None`: it is not emulated.
pub(super) type Field = Result<Option<Value>, Failure>;

impl<'a> Context<'a> {
    pub(super) fn new(monday: &'a Monday, caller: &'a Caller, quota: Quota, points: u64) -> Self {
        Self { monday, caller, quota, points, failures: RefCell::default(), handshakes: RefCell::default() }
    }

    /// This scope must have been granted.
    pub(super) fn need(&self, scope: &str) -> Result<(), Failure> {
        if self.caller.may(&[scope]) { Ok(()) } else { Err(Failure::scope()) }
    }

    /// The address of this webhook is asked when everything else is done.
    pub(super) fn ask_later(&self, webhook: &str) {
        self.handshakes.borrow_mut().push(webhook.to_owned());
    }

    pub(super) fn handshakes(&self) -> Vec<String> {
        self.handshakes.borrow().clone()
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

/// An object being resolved.
pub(super) struct Object<'a> {
    context: &'a Context<'a>,
    node: Value,
}

impl<'a> Object<'a> {
    pub(super) fn root(context: &'a Context<'a>, mutation: bool) -> Self {
        Self { context, node: json!({ "__typename": if mutation { "Mutation" } else { "Query" } }) }
    }

    fn field(&self, name: &str, arguments: &Value) -> Field {
        let held = || Ok(self.node.get(name).cloned());
        match self.type_name() {
            "Query" => query::field(self.context, name, arguments),
            "Mutation" => mutation::field(self.context, name, arguments),
            "Board" => Ok(render::of_board(self.context, &self.node, name, arguments)?.or_else(|| self.node.get(name).cloned())),
            "Item" => Ok(render::of_item(self.context, &self.node, name, arguments)?.or_else(|| self.node.get(name).cloned())),
            "User" if name == "account" => query::account(self.context).map(Some),
            _ => held(),
        }
    }

    fn resolved(&'a self, value: Value, of: &Type) -> ResolvedValue<'a> {
        let kind = self.context.monday.sdl.schema.types.get(of.inner_named_type());
        let composite = matches!(kind, Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)));
        shaped(self.context, value, composite, of.is_list())
    }
}

fn shaped<'a>(context: &'a Context<'a>, value: Value, composite: bool, list: bool) -> ResolvedValue<'a> {
    match value {
        Value::Null => ResolvedValue::null(),
        Value::Array(values) if list => ResolvedValue::list(values.into_iter().map(move |value| shaped(context, value, composite, false))),
        node if composite => ResolvedValue::object(Object { context, node }),
        leaf => ResolvedValue::Leaf(JsonValue::from(leaf)),
    }
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        self.node["__typename"].as_str().unwrap_or_default()
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let name = info.field_name();
        let arguments = serde_json::to_value(info.arguments()).unwrap_or(Value::Null);
        match self.field(name, &arguments) {
            Ok(Some(value)) => Ok(self.resolved(value, &info.field_definition().ty)),
            Ok(None) => {
                let what = format!("{}.{name}", self.type_name());
                let checks = &self.context.monday.kit.checks;
                checks.violation(super::ID, "POST", "/v2", Side::Request, &what, "is not emulated");
                Err(self.context.fail(Failure::not_emulated(&what)))
            }
            Err(failure) => Err(self.context.fail(failure)),
        }
    }
}
