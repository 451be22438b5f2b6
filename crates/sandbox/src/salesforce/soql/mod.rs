//! SOQL, as far as it is answered here: one object, its fields and those of its parents, conditions, order, limit. SOQL and SOSL Reference.

mod parse;
mod run;

pub(super) use parse::parse;
pub(super) use run::run;

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    pub fields: Vec<String>,
    pub object: String,
    pub filter: Option<Condition>,
    /// Field, and whether it falls.
    pub order: Vec<(String, bool)>,
    pub limit: Option<usize>,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare { field: String, operator: Operator, value: Literal },
    In { field: String, values: Vec<Literal> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Like,
}

/// A value as written in a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    /// A date, time or number: without quotes.
    Bare(String),
    Flag(bool),
    Null,
}

impl Condition {
    /// Every comparison in it.
    pub(super) fn fields(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Not(part) => part.fields(),
            Self::Compare { field, .. } | Self::In { field, .. } => vec![field],
        }
    }

    /// Whether it holds only for these values of that field: by `=` or `IN`, not below an `OR`.
    pub(super) fn pins(&self, name: &str) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(|part| part.pins(name)),
            Self::Compare { field, operator: Operator::Equal, .. } | Self::In { field, .. } => field.eq_ignore_ascii_case(name),
            _ => false,
        }
    }
}
