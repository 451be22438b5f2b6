//! Asking by SOQL: how values are written in a query, and how a whole result is read.

use connector_kit::{Error, Result, Session};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::wire::Records;

/// The version of the API that this connector was written for; Salesforce answers each for three years at least.
pub(super) const API: &str = "/services/data/v64.0";
/// Most values in one `IN`: an address is cut off beyond 16,384 bytes.
const MOST_VALUES: usize = 100;
/// Most pages of one result; 2,000 records each.
const MOST_PAGES: usize = 100;

/// A text between quotes. SOQL and SOSL Reference, "Quoted String Escape Sequences".
pub(super) fn text(value: &str) -> String {
    format!("'{}'", escaped(value))
}

/// A text that is contained, for LIKE.
pub(super) fn contains(value: &str) -> String {
    format!("'%{}%'", escaped(value).replace('%', "\\%").replace('_', "\\_"))
}

fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | '\'' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out
}

/// A time as a query writes it: without quotes.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The whole result.
pub(super) async fn all<T: DeserializeOwned>(session: &Session, query: &str) -> Result<Vec<T>> {
    let mut page: Records<T> = session.get(format!("{API}/query")).query("q", query).fetch().await?;
    let mut records = page.records;
    for _ in 0..MOST_PAGES {
        let Some(next) = page.next_records_url.filter(|_| !page.done) else { return Ok(records) };
        // It is told from the root of the host; the session knows the host.
        page = session
            .get(format!("{API}/query/{}", connector_kit::request::segment(next.rsplit('/').next().unwrap_or_default())))
            .fetch()
            .await?;
        records.append(&mut page.records);
    }
    Err(Error::protocol("a result of Salesforce does not end"))
}

/// The whole result of a query that ends with `… IN`, for all these values.
pub(super) async fn all_in<T: DeserializeOwned>(session: &Session, query: &str, values: &[String]) -> Result<Vec<T>> {
    let mut records = Vec::new();
    for some in values.chunks(MOST_VALUES) {
        let list: Vec<String> = some.iter().map(|value| text(value)).collect();
        records.extend(all(session, &format!("{query} ({})", list.join(","))).await?);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b17_no_value_leaves_its_quotes() {
        assert_eq!(text("O'Neil\\ OR Id != null"), r"'O\'Neil\\ OR Id != null'");
        assert_eq!(contains("50%_off'"), r"'%50\%\_off\'%'");
        assert_eq!(text("a\nb"), r"'a\nb'");
        assert_eq!(time("2026-11-02T10:00:00.5Z".parse().unwrap()), "2026-11-02T10:00:00.500Z");
    }
}
