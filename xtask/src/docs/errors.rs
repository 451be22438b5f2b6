//! The pages about error codes, `docs/errors/CODE.md`: a table of them, and whether every code in use has one.

use std::collections::BTreeMap;

use anyhow::Result;
use proc_macro2::{Group, TokenStream, TokenTree};

use super::markdown;
use crate::finding::Finding;
use crate::repository::Repository;
use crate::tokens;

const FOLDER: &str = "docs/errors";

/// The index beside the pages.
const INDEX: &str = "docs/errors/README.md";

/// The rooms that answer people. Tools' own codes (connectors, sandbox) are not ours to explain.
const ROOMS: [&str; 2] = ["server", "harmony"];

/// The list of codes: `const CODES: … = [(status, "code", "title"), …]`.
const LIST: &str = "CODES";

/// What makes a problem of a code: `Problem::new("code", …)`; beside the list also `Self::new("code", …)`.
const MAKER: &str = "Problem";

/// A code of the list.
#[derive(Debug, PartialEq, Eq)]
struct Declared {
    place: String,
    code: String,
    title: String,
}

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

/// Codes without a page or outside the list, pages without a code, titles that differ.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let (mut declared, mut used) = (Vec::new(), BTreeMap::new());
    for room in ROOMS {
        for path in repository.files(&format!("crates/{room}/src"), ".rs")? {
            let code = tokens::without_tests(tokens::read(&path, &repository.read(&path)?)?);
            let list = declarations(&path, code.clone());
            let makers = if list.is_empty() { vec![MAKER] } else { vec![MAKER, "Self"] };
            declared.extend(list);
            for (line, code) in uses(code, &makers) {
                used.entry(code).or_insert_with(|| format!("{path}:{line}"));
            }
        }
    }
    Ok(compare(&declared, &used, &pages(repository)?))
}

fn compare(declared: &[Declared], used: &BTreeMap<String, String>, pages: &[ErrorPage]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in declared {
        let (code, title) = (&one.code, &one.title);
        match pages.iter().find(|page| page.code == *code) {
            None => findings
                .push(Finding::new(&one.place, format!("`{code}` has no page: write {FOLDER}/{code}.md (what it means, what to do)"))),
            Some(page) if page.title.as_ref() != Some(title) => {
                findings.push(Finding::at_line(&page.path, 1, format!("must be `# {code}: {title}`, as in the list")));
            }
            Some(_) => {}
        }
    }
    let listed = |code: &str| declared.iter().any(|one| one.code == code);
    for (code, place) in used.iter().filter(|(code, _)| !listed(code)) {
        findings.push(Finding::new(place, format!("`{code}` is not in the list `{LIST}`, so it would be answered with status 500")));
    }
    for page in pages.iter().filter(|page| !listed(&page.code)) {
        findings.push(Finding::new(&page.path, format!("is about a code that is not in the list `{LIST}`: remove it")));
    }
    findings
}

/// The entries of the list, where this file holds it.
fn declarations(path: &str, stream: TokenStream) -> Vec<Declared> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let is = |tree: &TokenTree, word: &str| matches!(tree, TokenTree::Ident(name) if name == word);
    let Some(at) = trees.windows(2).position(|pair| is(&pair[0], "const") && is(&pair[1], LIST)) else { return Vec::new() };
    let statement = trees[at..].iter().take_while(|tree| !matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ';'));
    let value = statement.filter_map(group).last().map(|group| group.stream().into_iter().collect::<Vec<_>>()).unwrap_or_default();
    let entries = value.iter().filter_map(group).filter_map(|entry| {
        let mut texts = entry.stream().into_iter().filter_map(|tree| text(&tree));
        let place = format!("{path}:{}", entry.span_open().start().line);
        Some(Declared { place, code: texts.next()?, title: texts.next()? })
    });
    entries.collect()
}

/// The codes of which this file makes problems, with their lines.
fn uses(stream: TokenStream, makers: &[&str]) -> Vec<(usize, String)> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut found: Vec<(usize, String)> = trees.iter().filter_map(group).flat_map(|group| uses(group.stream(), makers)).collect();
    for call in trees.windows(5) {
        if let [TokenTree::Ident(maker), TokenTree::Punct(_), TokenTree::Punct(_), TokenTree::Ident(new), TokenTree::Group(arguments)] =
            call
            && makers.iter().any(|known| maker == known)
            && new == "new"
            && let Some(code) = arguments.stream().into_iter().next().and_then(|first| text(&first))
        {
            found.push((maker.span().start().line, code));
        }
    }
    found
}

fn group(tree: &TokenTree) -> Option<&Group> {
    if let TokenTree::Group(group) = tree { Some(group) } else { None }
}

fn text(tree: &TokenTree) -> Option<String> {
    if let TokenTree::Literal(literal) = tree { tokens::quoted(&literal.to_string()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(text: &str) -> TokenStream {
        tokens::read("a.rs", text).unwrap()
    }

    #[test]
    fn the_list_is_read() {
        let text = "pub const CODES: [(u16, &str, &str); 2] = [\n    (404, \"not_found\", \"Nothing there\"),\n    (413, \"too_large\", \"Too large\"),\n];\nconst OTHER: [u8; 1] = [1];";
        let read = |line: usize, code: &str, title: &str| Declared {
            place: format!("a.rs:{line}"),
            code: code.to_owned(),
            title: title.to_owned(),
        };
        assert_eq!(declarations("a.rs", stream(text)), [read(2, "not_found", "Nothing there"), read(3, "too_large", "Too large")]);
        assert_eq!(declarations("a.rs", stream("fn f() { CODES.iter() }")), []);
    }

    #[test]
    fn the_codes_in_use_are_found() {
        let text =
            "fn f() -> Problem { g(Problem::new(\"not_found\", words)) }\nfn h() { Self::new(\"too_large\", words); Other::new(\"x\") }";
        assert_eq!(uses(stream(text), &["Problem"]), [(1, "not_found".to_owned())]);
        assert_eq!(uses(stream(text), &["Problem", "Self"]).len(), 2);
    }

    #[test]
    fn list_uses_and_pages_are_held_against_each_other() {
        let declared = |code: &str| Declared { place: "p.rs:1".to_owned(), code: code.to_owned(), title: "Nothing there".to_owned() };
        let used = BTreeMap::from([("not_found".to_owned(), "a.rs:1".to_owned()), ("made_up".to_owned(), "a.rs:2".to_owned())]);
        let pages = [
            page("docs/errors/not_found.md", "# not_found: Nothing there\n"),
            page("docs/errors/other.md", "# other: Something\n"),
            page("docs/errors/gone.md", "# gone: Gone\n"),
        ];
        let findings = compare(&[declared("not_found"), declared("other"), declared("too_large")], &used, &pages);
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            findings,
            [
                "docs/errors/other.md:1: must be `# other: Nothing there`, as in the list",
                "p.rs:1: `too_large` has no page: write docs/errors/too_large.md (what it means, what to do)",
                "a.rs:2: `made_up` is not in the list `CODES`, so it would be answered with status 500",
                "docs/errors/gone.md: is about a code that is not in the list `CODES`: remove it",
            ]
        );
        assert_eq!(table(&pages[..1]), "| code | what it means |\n|---|---|\n| [`not_found`](not_found.md) | Nothing there |\n");
    }
}
