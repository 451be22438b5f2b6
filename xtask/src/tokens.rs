//! Rust source as tokens with lines: enough to find functions, names and texts, also inside macros, without a parser.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// The line of `fn`.
    pub first: usize,
    /// The line of the closing brace.
    pub last: usize,
}

/// A name or a text in the code.
#[derive(Debug, PartialEq, Eq)]
pub enum Word {
    Name(String),
    /// A string literal, without its quotes and with its escapes as written.
    Text(String),
}

/// Reads a file's text.
pub fn read(path: &str, text: &str) -> Result<TokenStream> {
    text.parse().map_err(|error| anyhow!("{path} is no Rust: {error}"))
}

/// The same without attributes (documentation among them) and without the items that exist in tests alone.
pub fn without_tests(stream: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                trees.next_if(|next| is_punct(next, '!'));
                let attribute = trees.next_if(|next| bracketed(next).is_some());
                if attribute.as_ref().and_then(bracketed).is_some_and(marks_a_test) {
                    skip_item(&mut trees);
                }
            }
            TokenTree::Group(group) => {
                kept.push(TokenTree::Group(Group::new(group.delimiter(), without_tests(group.stream()))));
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn marks_a_test(attribute: &Group) -> bool {
    let mut trees = attribute.stream().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Ident(name)), None) => name == "test",
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(list))) if name == "cfg" => {
            matches!(list.stream().into_iter().next(), Some(TokenTree::Ident(first)) if first == "test")
        }
        _ => false,
    }
}

/// To the end of an item: its body, or its semicolon (which may follow a braced list, as in `use`).
fn skip_item(trees: &mut std::iter::Peekable<impl Iterator<Item = TokenTree>>) {
    while let Some(tree) = trees.next() {
        if is_punct(&tree, ';') {
            return;
        }
        if matches!(&tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace) {
            trees.next_if(|next| is_punct(next, ';'));
            return;
        }
    }
}

fn is_punct(tree: &TokenTree, sign: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn bracketed(tree: &TokenTree) -> Option<&Group> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some(group),
        _ => None,
    }
}

/// Every function with a body, nested ones and those inside macros as well.
pub fn functions(stream: TokenStream) -> Vec<Function> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            found.extend(functions(group.stream()));
        }
        if let Some(name) = function_name(&trees, at)
            && let Some(body) = body(&trees[at..])
        {
            found.push(Function { name, first: tree.span().start().line, last: body.span_close().end().line });
        }
    }
    found.sort_by_key(|function| function.first);
    found
}

fn function_name(trees: &[TokenTree], at: usize) -> Option<String> {
    match (&trees[at], trees.get(at + 1)) {
        (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" => Some(name.to_string()),
        _ => None,
    }
}

/// The first braces before a semicolon.
fn body(trees: &[TokenTree]) -> Option<&Group> {
    trees.iter().take_while(|tree| !is_punct(tree, ';')).find_map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    })
}

/// The lines on which an `impl` block defines a function.
pub fn methods(stream: TokenStream) -> Vec<usize> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut lines = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if word == "impl" => {
                let inside: Vec<TokenTree> = body(&trees[at..]).map(|block| block.stream().into_iter().collect()).unwrap_or_default();
                let starts = (0..inside.len()).filter(|&start| function_name(&inside, start).is_some());
                lines.extend(starts.map(|start| inside[start].span().start().line));
            }
            TokenTree::Group(group) => lines.extend(methods(group.stream())),
            _ => {}
        }
    }
    lines
}

/// Every name and text, each with its line.
pub fn words(stream: TokenStream) -> Vec<(usize, Word)> {
    let mut found = Vec::new();
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => found.extend(words(group.stream())),
            TokenTree::Ident(name) => found.push((line, Word::Name(name.to_string()))),
            TokenTree::Literal(literal) => found.extend(quoted(&literal.to_string()).map(|text| (line, Word::Text(text)))),
            TokenTree::Punct(_) => {}
        }
    }
    found
}

/// What stands between the quotes; `None` for a number or a character.
pub fn quoted(literal: &str) -> Option<String> {
    let (first, last) = (literal.find('"')?, literal.rfind('"')?);
    (first < last && !literal.starts_with('\'')).then(|| literal[first + 1..last].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(text: &str) -> TokenStream {
        read("here.rs", text).unwrap()
    }

    #[test]
    fn functions_are_found_with_their_lines_also_nested_and_in_macros() {
        let text = "trait T { fn declared(); }\nfn outer(f: fn(u8) -> u8) -> u8\nwhere\n    u8: Copy,\n{\n    fn inner() {}\n    f(1)\n}\nproptest! {\n    fn in_a_macro(x in 0..3) {\n    }\n}";
        let found: Vec<_> = functions(stream(text)).into_iter().map(|function| (function.name, function.first, function.last)).collect();
        assert_eq!(found, [("outer".to_owned(), 2, 8), ("inner".to_owned(), 6, 6), ("in_a_macro".to_owned(), 10, 11)]);
    }

    #[test]
    fn tests_and_documentation_are_left_out() {
        let text = "//! head\n/// doc\nfn kept() { #[cfg(test)] use a::{b, c}; \"text\"; }\n#[cfg(test)]\nmod tests { fn gone() {} }\n#[cfg(not(test))]\nfn also_kept() {}\n#[test]\nfn gone_too() {}";
        let names: Vec<String> = words(without_tests(stream(text)))
            .into_iter()
            .map(|(_, word)| match word {
                Word::Name(name) => name,
                Word::Text(text) => format!("“{text}”"),
            })
            .collect();
        assert_eq!(names, ["fn", "kept", "“text”", "fn", "also_kept"]);
    }

    #[test]
    fn methods_are_found_and_free_functions_are_not() {
        let text = "struct A;\nfn free() {}\nimpl Default for A {\n    fn default() -> Self { A }\n}";
        assert_eq!(methods(stream(text)), [4]);
    }

    #[test]
    fn only_string_literals_have_text() {
        assert_eq!(quoted("r#\"a\"b\"#").as_deref(), Some("a\"b"));
        assert_eq!(quoted("'\"'"), None);
        assert_eq!(quoted("12"), None);
    }
}
