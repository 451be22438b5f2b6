//! How answers of the API are shown: as tables for people, or as they came for programs.

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use super::client::{Answer, Ask, Client};

/// What every noun of the API has.
#[derive(Debug, clap::Args)]
pub struct Noun<C: clap::Subcommand> {
    #[command(subcommand)]
    pub command: C,
    /// Prints the API's answer as it is, in JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Which part of a long list.
#[derive(Debug, Clone, clap::Args)]
pub struct Paging {
    /// Rows at most, up to 200.
    #[arg(long)]
    limit: Option<u32>,
    /// Goes on where the page before ended.
    #[arg(long)]
    cursor: Option<String>,
}

impl Paging {
    /// The request for that part.
    pub fn of(self, ask: Ask) -> Ask {
        ask.query("limit", self.limit).query("cursor", self.cursor)
    }
}

/// A heading, and where its value stands in an item: a JSON pointer, in which `*` is every element of a list.
pub type Column = (&'static str, &'static str);

/// Asks the hub and shows its answers.
pub struct Desk {
    client: Client,
    json: bool,
}

impl Desk {
    /// At the hub that the environment names.
    pub fn open(json: bool) -> Result<Self> {
        Ok(Self { client: Client::from_environment()?, json })
    }

    /// Asks, and shows nothing yet.
    pub async fn ask(&self, ask: Ask) -> Result<Answer> {
        self.client.ask(ask).await
    }

    /// Asks for a list and shows it.
    pub async fn list(&self, ask: Ask, columns: &[Column]) -> Result<()> {
        let answer = self.ask(ask).await?;
        self.show(&answer, |value| {
            rows(value.get("items").unwrap_or(&Value::Null), columns);
            if let Some(next) = value.get("next").and_then(Value::as_str) {
                println!("There are more: --cursor {next}");
            }
        });
        Ok(())
    }

    /// Asks for one thing and shows it.
    pub async fn one(&self, ask: Ask) -> Result<()> {
        let answer = self.ask(ask).await?;
        self.show(&answer, facts);
        Ok(())
    }

    /// Shows an answer, to people by `words`.
    pub fn show(&self, answer: &Answer, words: impl FnOnce(&Value)) {
        match (self.json, &answer.value) {
            (true, _) => println!("{}", answer.text),
            (false, Value::Null) => println!("Done."),
            (false, value) => words(value),
        }
    }
}

/// A list as a table.
pub fn rows(items: &Value, columns: &[Column]) {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        println!("None.");
        return;
    }
    let mut table = table();
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    for item in items {
        table.add_row(columns.iter().map(|(_, place)| at(item, place)));
    }
    println!("{table}");
}

fn at(item: &Value, place: &str) -> String {
    match place.split_once("/*") {
        None => item.pointer(place).map(cell).unwrap_or_default(),
        Some((list, rest)) => {
            let elements = item.pointer(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            elements.iter().map(|element| at(element, rest)).collect::<Vec<_>>().join(", ")
        }
    }
}

/// One thing as a table: a row for each value, named by its place in it.
pub fn facts(value: &Value) {
    let mut found = Vec::new();
    collect("", value, &mut found);
    let mut table = table();
    for (name, value) in found {
        table.add_row([name, value]);
    }
    println!("{table}");
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

fn collect(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(part, value)| collect(&below(part), value, found)),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().enumerate().for_each(|(at, value)| collect(&below(&at.to_string()), value, found));
        }
        value => found.push((name.to_owned(), cell(value))),
    }
}

/// A value as a person reads it. Control characters stay out of terminals.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if !items.iter().any(Value::is_object) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    plain(&text)
}

/// Text without what would steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control() || matches!(sign, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_thing_is_told_value_by_value() {
        let value = json!({ "id": "con_1", "status": { "label": "Connected" }, "granted": ["read", "write"], "facts": [{ "name": "delayed" }], "none": null });
        let mut found = Vec::new();
        collect("", &value, &mut found);
        found.sort();
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected =
            [("facts.0.name", "delayed"), ("granted", "read, write"), ("id", "con_1"), ("none", ""), ("status.label", "Connected")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_column_may_gather_from_a_list() {
        let item = json!({ "seq": 4, "fields": [{ "field": "title" }, { "field": "when" }] });
        assert_eq!(
            (at(&item, "/fields/*/field"), at(&item, "/seq"), at(&item, "/none/*/x")),
            ("title, when".into(), "4".into(), String::new())
        );
    }

    #[test]
    fn b04_no_word_of_a_tool_steers_the_terminal() {
        assert_eq!(cell(&json!("\u{1b}[2J\u{7}title\r")), "[2Jtitle");
    }
}
