//! Points of complexity of a document. How monday.com counts is not published; here each field costs one point, and a list costs its
//! fields as often as its `limit` (25 without one) or its ids say. <https://developer.monday.com/api-reference/docs/rate-limits>

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::Value as Literal;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::response::{JsonMap, JsonValue};

/// No single document may cost more.
pub(super) const DEAREST: u64 = 5_000_000;

const DEFAULT_LIMIT: u64 = 25;

/// What a document costs, in points.
pub(super) fn of(document: &ExecutableDocument, operation: &Operation, variables: &JsonMap) -> u64 {
    Meter { document, variables }.set(&operation.selection_set)
}

struct Meter<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
}

impl Meter<'_> {
    fn set(&self, set: &SelectionSet) -> u64 {
        set.selections.iter().map(|selection| self.selection(selection)).fold(0, u64::saturating_add)
    }

    fn selection(&self, selection: &Selection) -> u64 {
        match selection {
            Selection::Field(field) => self.field(field),
            Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.fragment_name);
                fragment.map_or(0, |fragment| self.set(&fragment.selection_set))
            }
        }
    }

    fn field(&self, field: &Field) -> u64 {
        let children = self.set(&field.selection_set);
        children.saturating_mul(self.times(field)).saturating_add(1)
    }

    fn times(&self, field: &Field) -> u64 {
        let argument = |name: &str| field.arguments.iter().find(|argument| argument.name == name).map(|argument| argument.value.as_ref());
        if let Some(ids) = argument("ids") {
            return match ids {
                Literal::List(ids) => ids.len() as u64,
                Literal::Variable(name) => {
                    self.variables.get(name.as_str()).and_then(JsonValue::as_array).map_or(1, |ids| ids.len() as u64)
                }
                _ => 1,
            };
        }
        let limited = field.definition.arguments.iter().any(|argument| argument.name == "limit");
        match argument("limit") {
            Some(Literal::Int(number)) => number.try_to_i32().ok().and_then(|number| u64::try_from(number).ok()).unwrap_or(DEFAULT_LIMIT),
            Some(Literal::Variable(name)) => self.variables.get(name.as_str()).and_then(JsonValue::as_u64).unwrap_or(DEFAULT_LIMIT),
            _ if limited => DEFAULT_LIMIT,
            _ => 1,
        }
    }
}
