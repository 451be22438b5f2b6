//! Rich text and the empty values of properties: what requests and answers are written with.

use serde_json::{Value, json};

use super::errors::invalid;
use crate::kit::Refusal;

/// Characters of one text, as JavaScript counts them (developers.notion.com/reference/request-limits).
const LONGEST_TEXT: usize = 2_000;
/// Elements of an array of rich text.
const MOST_TEXTS: usize = 100;

/// A plain text as Notion answers it.
pub(super) fn rich_text_of(text: &str) -> Value {
    if text.is_empty() { json!([]) } else { json!([answered(text, &Value::Null, &Value::Null)]) }
}

/// What a property has that nobody filled in.
pub(super) fn empty(kind: &str) -> Value {
    match kind {
        "title" | "rich_text" | "people" | "multi_select" | "files" | "relation" => json!([]),
        "checkbox" => json!(false),
        "formula" => json!({ "type": "string", "string": null }),
        _ => Value::Null,
    }
}

/// The text that people see.
pub(super) fn plain(rich: &Value) -> String {
    rich.as_array().into_iter().flatten().filter_map(|one| one["plain_text"].as_str()).collect()
}

fn answered(content: &str, link: &Value, annotations: &Value) -> Value {
    let told = |name: &str| annotations[name] == true;
    json!({
        "type": "text",
        "text": { "content": content, "link": link },
        "annotations": {
            "bold": told("bold"), "italic": told("italic"), "strikethrough": told("strikethrough"), "underline": told("underline"),
            "code": told("code"), "color": annotations["color"].as_str().unwrap_or("default"),
        },
        "plain_text": content,
        "href": link["url"],
    })
}

/// An array of rich text of a request, as it is then answered. `place` is its path in the body.
pub(super) fn rich_text(place: &str, given: &Value) -> Result<Value, Refusal> {
    let texts = given.as_array().ok_or_else(|| invalid(&format!("body failed validation: {place} should be an array.")))?;
    if texts.len() > MOST_TEXTS {
        let count = texts.len();
        return Err(invalid(&format!("body failed validation: {place}.length should be ≤ `{MOST_TEXTS}`, instead was `{count}`.")));
    }
    let mut out = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let content = text["text"]["content"]
            .as_str()
            .ok_or_else(|| invalid(&format!("body failed validation: {place}[{at}].text.content should be a string.")))?;
        let length = content.encode_utf16().count();
        if length > LONGEST_TEXT {
            let place = format!("{place}[{at}].text.content.length");
            return Err(invalid(&format!("body failed validation: {place} should be ≤ `{LONGEST_TEXT}`, instead was `{length}`.")));
        }
        let link = &text["text"]["link"];
        if let Some(url) = link["url"].as_str()
            && (url.encode_utf16().count() > LONGEST_TEXT || !is_address(url))
        {
            return Err(invalid(&format!("body failed validation: {place}[{at}].text.link.url should be a valid URL.")));
        }
        // An empty text is taken, and is not there afterwards.
        if !content.is_empty() {
            out.push(answered(content, link, &text["annotations"]));
        }
    }
    Ok(Value::Array(out))
}

/// Which links are taken is established for addresses of the web and of mail alone.
pub(super) fn is_address(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"))
}
