//! `/errors/{code}`: what a code means and what to do, from the project's own documents.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::page_error::{Paged, render};
use crate::problem::{CODES, Problem};

macro_rules! documents {
    ($($code:literal)*) => {
        &[$(($code, include_str!(concat!("../../../../docs/errors/", $code, ".md")))),*]
    };
}

const DOCUMENTS: &[(&str, &str)] = documents! {
    "invalid" "malformed" "unauthenticated" "forbidden" "foreign_origin" "not_found" "method_not_allowed" "not_set_up" "not_connected"
    "other_account" "stale_preview" "sign_in_expired" "changed_meanwhile" "too_large" "unsupported_media_type" "consent_denied"
    "too_many_attempts" "tool_failed" "internal"
};

enum Block<'a> {
    Heading(&'a str),
    Paragraph(String),
}

#[derive(Template)]
#[template(path = "explain.html")]
struct ExplainPage<'a> {
    title: &'a str,
    blocks: Vec<Block<'a>>,
    codes: Vec<(&'static str, &'static str)>,
}

/// `/errors` and `/errors/{code}`.
pub fn router() -> Router<App> {
    Router::new().route("/errors", get(list)).route("/errors/{code}", get(explain))
}

async fn list() -> Response {
    render(&ExplainPage { title: "Error codes", blocks: Vec::new(), codes: CODES.iter().map(|(_, code, title)| (*code, *title)).collect() })
}

async fn explain(Path(code): Path<String>) -> Paged {
    let found = DOCUMENTS.iter().find(|(known, _)| *known == code);
    let (_, text) = found.ok_or_else(|| Problem::not_found("This error code"))?;
    let (title, rest) = text.split_once('\n').unwrap_or((text, ""));
    let blocks = rest.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).map(|block| match block.strip_prefix("## ") {
        Some(heading) => Block::Heading(heading),
        None => Block::Paragraph(block.replace('\n', " ")),
    });
    Ok(render(&ExplainPage { title: title.trim_start_matches("# "), blocks: blocks.collect(), codes: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained() {
        let known: Vec<&str> = CODES.iter().map(|(_, code, _)| *code).collect();
        assert!(known.iter().all(|code| DOCUMENTS.iter().any(|(own, text)| own == code && text.contains(code))));
        assert_eq!(known.len(), DOCUMENTS.len());
    }
}
