//! Search: filter groups, one sort, pages within the first 10,000, over an index that lags behind.
//! Limits: developers.hubspot.com/docs/api-reference/search/guide.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    bodies::{Direction, Filter, Operator, Search, Sort, Way, read},
    errors::invalid,
    hub::Hub,
    kind::Kind,
    objects::{kind_of, named},
    portal::Portal,
    records::{Record, Version},
    render::{object, value_of},
    schema::Type,
    values::instant,
};
use crate::kit::Refusal;

const MOST_RESULTS: usize = 10_000;
const MOST_PER_PAGE: usize = 200;
const MOST_GROUPS: usize = 5;
const MOST_FILTERS: usize = 6;
const MOST_FILTERS_IN_ALL: usize = 18;

/// `POST /crm/v3/objects/{objectType}/search`
pub async fn search(State(hub): State<Arc<Hub>>, Path(kind): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let kind = kind_of(&kind)?;
    hub.caller(&headers, kind.read())?;
    let asked: Search = read(&headers, &body)?;
    let portal = hub.portal();
    check(&portal, kind, &asked)?;
    let after: usize = if asked.after.is_empty() {
        0
    } else {
        asked.after.parse().map_err(|_| invalid(&format!("after has an invalid value: {}", asked.after)))?
    };
    if after + asked.limit > MOST_RESULTS {
        return Err(invalid(&format!("Paging through search results is limited to {MOST_RESULTS} records.")));
    }
    let mut hits = matching(&hub, &portal, kind, &asked);
    if let Some(order) = Order::read(&portal, kind, &asked.sorts)? {
        hits.sort_by(|one, other| order.compare(one, other));
    }
    let names = named(&portal, kind, asked.properties);
    let page = hits.iter().skip(after).take(asked.limit);
    let results: Vec<Value> = page.map(|(record, version)| Value::Object(object(kind, record, version, &names))).collect();
    let end = after + results.len();
    let mut answer = json!({ "total": hits.len(), "results": results });
    if end < hits.len() {
        answer["paging"] = json!({ "next": { "after": end.to_string() } });
    }
    Ok(Json(answer).into_response())
}

type Hit<'a> = (&'a Record, &'a Version);

fn check(portal: &Portal, kind: Kind, asked: &Search) -> Result<(), Refusal> {
    if !(1..=MOST_PER_PAGE).contains(&asked.limit) {
        return Err(invalid(&format!("limit has to be between 1 and {MOST_PER_PAGE}, not {}", asked.limit)));
    }
    let all: usize = asked.filter_groups.iter().map(|group| group.filters.len()).sum();
    if asked.filter_groups.len() > MOST_GROUPS || all > MOST_FILTERS_IN_ALL {
        return Err(invalid(&format!("At most {MOST_GROUPS} filterGroups with {MOST_FILTERS_IN_ALL} filters in all are allowed.")));
    }
    if asked.query.as_ref().is_some_and(|query| query.len() > 3_000) {
        return Err(invalid("query cannot exceed 3000 characters"));
    }
    for group in &asked.filter_groups {
        if group.filters.len() > MOST_FILTERS {
            return Err(invalid(&format!("At most {MOST_FILTERS} filters are allowed in a filterGroup.")));
        }
        for filter in &group.filters {
            check_filter(portal, kind, filter)?;
        }
    }
    Ok(())
}

fn check_filter(portal: &Portal, kind: Kind, filter: &Filter) -> Result<(), Refusal> {
    let name = &filter.property_name;
    let problem = |what: String| Err(invalid(&format!("There was a problem with the request. {what}")));
    let Some(definition) = portal.definition(kind, name) else {
        return problem(format!("Property {name} does not exist."));
    };
    let (value, high, values) = (filter.value.is_some(), filter.high_value.is_some(), filter.values.is_some());
    let fits = match filter.operator {
        Operator::HasProperty | Operator::NotHasProperty => !value && !high && !values,
        Operator::Between => value && high && !values,
        Operator::In | Operator::NotIn => !value && !high && filter.values.as_ref().is_some_and(|list| !list.is_empty()),
        _ => value && !high && !values,
    };
    if !fits {
        return problem(format!("The operator {:?} has wrong operands.", filter.operator));
    }
    let dated = matches!(definition.kind, Type::Moment | Type::Day) && filter.operator != Operator::ContainsToken;
    let texts = filter.value.iter().chain(&filter.high_value);
    match texts.filter(|_| dated).find(|text| scalar(definition.kind, text).is_none()) {
        Some(text) => problem(format!("{text} is not a date.")),
        None => Ok(()),
    }
}

fn matching<'a>(hub: &Hub, portal: &'a Portal, kind: Kind, asked: &Search) -> Vec<Hit<'a>> {
    let now_ms = hub.now_ms();
    let found = |record: &'a Record| {
        let version = record.searchable(now_ms, portal.lag_ms)?;
        fits(portal, kind, asked, (record, version)).then_some((record, version))
    };
    let table = portal.table(kind);
    match recent(kind, asked) {
        Some(ms) => {
            let mut hits: Vec<Hit<'a>> = table.changed_since(ms).filter_map(found).collect();
            hits.sort_by_key(|(record, _)| record.id);
            hits
        }
        None => table.after(0).filter_map(found).collect(),
    }
}

/// When every group asks for changes since some time, the index of changes is enough: reading what is new stays cheap.
fn recent(kind: Kind, asked: &Search) -> Option<i64> {
    let since = |filter: &Filter| {
        let lower = matches!(filter.operator, Operator::Gt | Operator::Gte | Operator::Between);
        (lower && filter.property_name == kind.modified()).then(|| instant(filter.value.as_deref()?))?
    };
    let groups = asked.filter_groups.iter().map(|group| group.filters.iter().find_map(since));
    let starts: Option<Vec<_>> = groups.collect();
    starts?.into_iter().min().map(jiff::Timestamp::as_millisecond)
}

fn fits(portal: &Portal, kind: Kind, asked: &Search, hit: Hit<'_>) -> bool {
    let (record, version) = hit;
    let words = asked.query.as_ref().is_none_or(|query| {
        let text: Vec<&str> = kind.searched().iter().filter_map(|name| version.values.get(*name)).map(String::as_str).collect();
        let text = text.join(" ").to_lowercase();
        query.to_lowercase().split_whitespace().all(|word| text.contains(word))
    });
    let one = |filter: &Filter| {
        let value = value_of(kind, record, version, &filter.property_name);
        let kind_of_value = portal.definition(kind, &filter.property_name).map_or(Type::Text, |definition| definition.kind);
        passes(kind_of_value, filter, value.as_deref())
    };
    let groups = &asked.filter_groups;
    words && (groups.is_empty() || groups.iter().any(|group| group.filters.iter().all(one)))
}

fn passes(kind: Type, filter: &Filter, held: Option<&str>) -> bool {
    let Some(held) = held else {
        return matches!(filter.operator, Operator::NotHasProperty | Operator::Neq | Operator::NotIn | Operator::NotContainsToken);
    };
    let against = |text: &Option<String>| text.as_deref().and_then(|text| compare(kind, held, text));
    let order = against(&filter.value);
    let listed = || filter.values.iter().flatten().any(|text| compare(kind, held, text) == Some(Ordering::Equal));
    let token = || filter.value.as_deref().is_some_and(|pattern| has_token(held, pattern));
    match filter.operator {
        Operator::HasProperty => true,
        Operator::NotHasProperty => false,
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Neq => order != Some(Ordering::Equal),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Lte => order.is_some_and(Ordering::is_le),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Gte => order.is_some_and(Ordering::is_ge),
        Operator::Between => order.is_some_and(Ordering::is_ge) && against(&filter.high_value).is_some_and(Ordering::is_le),
        Operator::In => listed(),
        Operator::NotIn => !listed(),
        Operator::ContainsToken => token(),
        Operator::NotContainsToken => !token(),
    }
}

/// Texts compare without case, dates and numbers by size.
fn compare(kind: Type, held: &str, text: &str) -> Option<Ordering> {
    match kind {
        Type::Number | Type::Moment | Type::Day => scalar(kind, held)?.partial_cmp(&scalar(kind, text)?),
        _ => Some(held.to_lowercase().cmp(&text.to_lowercase())),
    }
}

#[expect(clippy::cast_precision_loss, reason = "epoch milliseconds stay below 2^53 until the year 287396")]
fn scalar(kind: Type, text: &str) -> Option<f64> {
    if kind == Type::Number {
        return text.parse().ok();
    }
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let at = instant(text).or_else(|| day().map(|day| day.timestamp()))?;
    Some(at.as_millisecond() as f64)
}

/// Words of the value; `*` at an end of the pattern stands for anything.
fn has_token(held: &str, pattern: &str) -> bool {
    let (held, pattern) = (held.to_lowercase(), pattern.to_lowercase());
    let bare = pattern.trim_matches('*');
    let words = || held.split(|letter: char| !letter.is_alphanumeric());
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (true, true) => held.contains(bare),
        (true, false) => held.ends_with(bare) || words().any(|word| word.ends_with(bare)),
        (false, true) => held.starts_with(bare) || words().any(|word| word.starts_with(bare)),
        (false, false) => held == bare || words().any(|word| word == bare),
    }
}

struct Order {
    kind: Kind,
    value: Type,
    name: String,
    way: Way,
}

impl Order {
    fn read(portal: &Portal, kind: Kind, sorts: &[Sort]) -> Result<Option<Self>, Refusal> {
        let (name, way) = match sorts {
            [] => return Ok(None),
            [Sort::Direction(Direction { property_name, direction })] => (property_name.as_str(), *direction),
            [Sort::Name(text)] => match text.strip_prefix('-') {
                Some(name) => (name, Way::Descending),
                None => (text.as_str(), Way::Ascending),
            },
            _ => return Err(invalid("Only one sort is allowed.")),
        };
        let definition = portal.definition(kind, name);
        let value = definition.ok_or_else(|| invalid(&format!("Property {name} does not exist and cannot be sorted by.")))?.kind;
        Ok(Some(Self { kind, value, name: name.to_owned(), way }))
    }

    /// Records without the value come last; equals by id.
    fn compare(&self, one: &Hit<'_>, other: &Hit<'_>) -> Ordering {
        let value = |hit: &Hit<'_>| value_of(self.kind, hit.0, hit.1, &self.name);
        let order = match (value(one), value(other)) {
            (Some(one), Some(other)) => {
                let order = compare(self.value, &one, &other).unwrap_or(Ordering::Equal);
                if self.way == Way::Descending { order.reverse() } else { order }
            }
            (one, other) => other.is_some().cmp(&one.is_some()),
        };
        order.then(one.0.id.cmp(&other.0.id))
    }
}
