//! Complexity of a document: 0.1 per property, 1 per object, connections multiply their children by `first` (50 without it).
//! <https://linear.app/developers/rate-limiting>

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::Value as Literal;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;

/// No single document may cost more.
pub(super) const DEAREST: u64 = 10_000;

const DEFAULT_PAGE: f64 = 50.0;

/// What a document costs, in whole points.
pub(super) fn of(document: &ExecutableDocument, operation: &Operation, variables: &JsonMap) -> u64 {
    let cost = Meter { document, variables }.set(&operation.selection_set);
    // A cost above 2^53 points, or below none, does not come out of a document that fits the size limit.
    format!("{:.0}", cost.ceil()).parse().unwrap_or(u64::MAX)
}

struct Meter<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
}

impl Meter<'_> {
    fn set(&self, set: &SelectionSet) -> f64 {
        set.selections.iter().map(|selection| self.selection(selection)).sum()
    }

    fn selection(&self, selection: &Selection) -> f64 {
        match selection {
            Selection::Field(field) => self.field(field),
            Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.fragment_name);
                fragment.map_or(0.0, |fragment| self.set(&fragment.selection_set))
            }
        }
    }

    fn field(&self, field: &Field) -> f64 {
        if field.selection_set.selections.is_empty() {
            return 0.1;
        }
        let children = self.set(&field.selection_set);
        if field.selection_set.ty.ends_with("Connection") { children * self.page(field) } else { 1.0 + children }
    }

    fn page(&self, field: &Field) -> f64 {
        let size =
            field.arguments.iter().filter(|argument| argument.name == "first" || argument.name == "last").find_map(
                |argument| match argument.value.as_ref() {
                    Literal::Int(number) => number.try_to_i32().ok().map(f64::from),
                    Literal::Variable(name) => self.variables.get(name.as_str()).and_then(apollo_compiler::response::JsonValue::as_f64),
                    _ => None,
                },
            );
        size.unwrap_or(DEFAULT_PAGE).max(0.0)
    }
}
