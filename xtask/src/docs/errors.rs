//! The pages about error codes, `docs/errors/CODE.md`: a table of them, and whether every code in use has one.

use std::collections::BTreeMap;

use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};

use super::markdown;
use crate::finding::Finding;
use crate::repository::Repository;
use crate::tokens;

const FOLDER: &str = "docs/errors";

/// The index beside the pages.
const INDEX: &str = "docs/errors/README.md";

/// Where codes that a person can see are declared. Tools' own codes (connectors, sandbox) are not ours to explain.
const ROOMS: [&str; 6] = ["model", "connector-kit", "store", "sync", "server", "harmony"];

/// A code is the text in `Code("…")`, `Code::new("…")`: this name, then at most a path to a function, then the text in parentheses.
const MAKER: &str = "Code";

/// A page, by its code.
pub struct ErrorPage {
    path: String,
    code: String,
    /// `None`: its first line is not `# code: title`.
    title: Option<String>,
}

/// All pages, by code.
pub fn pages(repository: &Repository) -> Result<Vec<ErrorPage>> {
    let mut pages = Vec::new();
    for path in repository.files(FOLDER, ".md")? {
        if path != INDEX {
            pages.push(page(&path, &repository.read(&path)?));
        }
    }
    Ok(pages)
}

fn page(path: &str, text: &str) -> ErrorPage {
    let code = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md").to_owned();
    let head = text.lines().next().unwrap_or_default();
    let title = head.strip_prefix(&format!("# {code}: ")).map(str::trim).filter(|title| !title.is_empty());
    ErrorPage { path: path.to_owned(), title: title.map(str::to_owned), code }
}

/// Code and title.
pub fn table(pages: &[ErrorPage]) -> String {
    let rows = pages.iter().map(|page| vec![format!("[`{}`]({}.md)", page.code, page.code), page.title.clone().unwrap_or_default()]);
    markdown::table(&["code", "what it means"], rows)
}

/// Codes without a page, pages without a code, pages without a title.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let mut used = BTreeMap::new();
    for room in ROOMS {
        for path in repository.files(&format!("crates/{room}/src"), ".rs")? {
            let code = tokens::without_tests(tokens::read(&path, &repository.read(&path)?)?);
            for (line, code) in codes(code) {
                used.entry(code).or_insert_with(|| format!("{path}:{line}"));
            }
        }
    }
    Ok(compare(&used, &pages(repository)?))
}

fn compare(used: &BTreeMap<String, String>, pages: &[ErrorPage]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (code, place) in used {
        if !pages.iter().any(|page| page.code == *code) {
            findings.push(Finding::new(place, format!("the code `{code}` has no page: write {FOLDER}/{code}.md (cause, what to do)")));
        }
    }
    for page in pages {
        if page.title.is_none() {
            findings.push(Finding::at_line(&page.path, 1, format!("must begin with `# {}: ` and a title", page.code)));
        }
        if !used.contains_key(&page.code) {
            findings.push(Finding::new(&page.path, "is about a code that nothing uses: remove it"));
        }
    }
    findings
}

/// The codes declared in a file, with their lines.
fn codes(stream: TokenStream) -> Vec<(usize, String)> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => found.extend(codes(group.stream())),
            TokenTree::Ident(name) if name == MAKER => {
                let path = trees[at + 1..].iter().take_while(|next| matches!(next, TokenTree::Punct(sign) if sign.as_char() == ':'));
                let after = match path.count() {
                    2 => trees.get(at + 4),
                    _ => trees.get(at + 1),
                };
                found.extend(after.and_then(only_text).map(|code| (tree.span().start().line, code)));
            }
            _ => {}
        }
    }
    found
}

fn only_text(tree: &TokenTree) -> Option<String> {
    let TokenTree::Group(group) = tree else { return None };
    match group.stream().into_iter().next() {
        Some(TokenTree::Literal(literal)) => tokens::quoted(&literal.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_where_they_are_declared() {
        let text = "const A: Code = Code::new(\"not_found\");\nfn f() { g(Code(\"too_long\")); }\nstruct Code(&'static str);\nfn h(code: Code) -> Code { Code::of(code) }";
        assert_eq!(codes(tokens::read("a.rs", text).unwrap()), [(1, "not_found".to_owned()), (2, "too_long".to_owned())]);
    }

    #[test]
    fn codes_and_pages_are_held_against_each_other() {
        let used = BTreeMap::from([("not_found".to_owned(), "a.rs:1".to_owned()), ("too_long".to_owned(), "a.rs:2".to_owned())]);
        let pages = [page("docs/errors/not_found.md", "# not_found: Nothing there\n"), page("docs/errors/gone.md", "# Gone\n")];
        let findings: Vec<String> = compare(&used, &pages).iter().map(ToString::to_string).collect();
        assert_eq!(
            findings,
            [
                "a.rs:2: the code `too_long` has no page: write docs/errors/too_long.md (cause, what to do)",
                "docs/errors/gone.md:1: must begin with `# gone: ` and a title",
                "docs/errors/gone.md: is about a code that nothing uses: remove it",
            ]
        );
        assert_eq!(table(&pages[..1]), "| code | what it means |\n|---|---|\n| [`not_found`](not_found.md) | Nothing there |\n");
    }
}
