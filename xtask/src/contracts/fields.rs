//! The fields that a connector reads from a tool's answers: those of the structs that its folder deserializes, under the tool's names.

use anyhow::{Context, Result};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Fields, Item, Lit, Meta, Token, Type};

use crate::repository::Repository;

/// One field of one struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub file: String,
    /// The struct, and for a variant's fields the variant.
    pub object: String,
    /// Every name that the tool may use for it.
    pub field: String,
    pub also: Vec<String>,
}

/// All fields read in `wire` files and, for GraphQL, wherever a fragment stands.
pub fn read(repository: &Repository, folder: &str) -> Result<Vec<Read>> {
    let mut all = Vec::new();
    for path in repository.files(folder, ".rs")? {
        let name = path.rsplit('/').next().unwrap_or_default();
        if name == "tests.rs" || name == "contract.rs" || path.contains("/tests/") || path.contains("/contract/") {
            continue;
        }
        let file = syn::parse_file(&repository.read(&path)?).with_context(|| format!("{path} is no Rust"))?;
        // Cursors and connect-time fields are our own texts; what a tool writes stands in `wire`.
        let is_wire = name.starts_with("wire") || path.contains("/wire/");
        for item in file.items {
            all.extend(of_item(&path, &item, is_wire));
        }
    }
    Ok(all)
}

fn of_item(path: &str, item: &Item, is_wire: bool) -> Vec<Read> {
    match item {
        Item::Struct(one) => {
            let derives = derived(&one.attrs);
            let is_fragment = derives.iter().any(|name| name == "QueryFragment");
            let is_read = is_wire && derives.iter().any(|name| name == "Deserialize");
            if !is_fragment && !is_read {
                return Vec::new();
            }
            let case = if is_fragment { Some("camelCase".to_owned()) } else { text_of(&one.attrs, "serde", "rename_all") };
            let mut all = of_fields(path, &one.ident.to_string(), &one.fields, case.as_deref());
            if is_fragment {
                // A schema whose names have underscores keeps them.
                let own = one.fields.iter().map(|field| field.ident.as_ref().map(ToString::to_string));
                all.iter_mut().zip(own).for_each(|(read, own)| read.also.extend(own));
            }
            all
        }
        Item::Enum(one) if is_wire && derived(&one.attrs).iter().any(|name| name == "Deserialize") => {
            let case = text_of(&one.attrs, "serde", "rename_all_fields");
            let of_variant = |variant: &syn::Variant| {
                let case = text_of(&variant.attrs, "serde", "rename_all").or_else(|| case.clone());
                of_fields(path, &format!("{}::{}", one.ident, variant.ident), &variant.fields, case.as_deref())
            };
            one.variants.iter().flat_map(of_variant).collect()
        }
        _ => Vec::new(),
    }
}

fn of_fields(path: &str, object: &str, fields: &Fields, case: Option<&str>) -> Vec<Read> {
    let Fields::Named(named) = fields else { return Vec::new() };
    let mut all = Vec::new();
    for field in &named.named {
        let is_skipped = has_flag(&field.attrs, "skip") || has_flag(&field.attrs, "skip_deserializing");
        if is_skipped || has_flag(&field.attrs, "flatten") || is_marker(&field.ty) {
            continue;
        }
        let own = field.ident.as_ref().map(|ident| ident.to_string().trim_start_matches("r#").to_owned()).unwrap_or_default();
        let renamed = text_of(&field.attrs, "serde", "rename").or_else(|| text_of(&field.attrs, "cynic", "rename"));
        let name = renamed.unwrap_or_else(|| cased(&own, case));
        let also = text_of(&field.attrs, "serde", "alias").into_iter().collect();
        all.push(Read { file: path.to_owned(), object: object.to_owned(), field: name, also });
    }
    all
}

fn is_marker(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "PhantomData"))
}

fn cased(name: &str, case: Option<&str>) -> String {
    let capitalised = |word: &str| -> String {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    };
    let words: Vec<&str> = name.split('_').collect();
    match case {
        Some("camelCase") => {
            words.iter().enumerate().map(|(at, word)| if at == 0 { (*word).to_owned() } else { capitalised(word) }).collect()
        }
        Some("PascalCase") => words.iter().map(|word| capitalised(word)).collect(),
        Some("kebab-case") => words.join("-"),
        Some("SCREAMING_SNAKE_CASE") => name.to_uppercase(),
        _ => name.to_owned(),
    }
}

fn derived(attributes: &[Attribute]) -> Vec<String> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let paths = lists.filter_map(|attribute| attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated).ok());
    paths.flatten().filter_map(|path| path.segments.last().map(|last| last.ident.to_string())).collect()
}

/// The metas of `#[serde(…)]` or `#[cynic(…)]`.
fn metas<'a>(attributes: &'a [Attribute], owner: &'a str) -> impl Iterator<Item = Meta> + 'a {
    let own = attributes.iter().filter(move |attribute| attribute.path().is_ident(owner));
    own.filter_map(|attribute| attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()).flatten()
}

fn text_of(attributes: &[Attribute], owner: &str, key: &str) -> Option<String> {
    metas(attributes, owner).find_map(|meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident(key) => text(&pair.value),
        // `rename(deserialize = "…")`
        Meta::List(list) if list.path.is_ident(key) => {
            let pairs = list.parse_args_with(Punctuated::<syn::MetaNameValue, Token![,]>::parse_terminated).ok()?;
            pairs.iter().find(|pair| pair.path.is_ident("deserialize")).and_then(|pair| text(&pair.value))
        }
        _ => None,
    })
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn has_flag(attributes: &[Attribute], flag: &str) -> bool {
    metas(attributes, "serde").chain(metas(attributes, "cynic")).any(|meta| meta.path().is_ident(flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_tools_own() {
        let source = r#"
            #[derive(Debug, serde::Deserialize)]
            #[serde(rename_all = "camelCase")]
            struct Page { next_page: String, #[serde(rename = "@odata.x", alias = "x")] r#type: u8, #[serde(flatten)] rest: Rest, #[serde(skip)] ours: u8 }
            #[derive(Serialize)]
            struct Sent { gone: u8 }
            #[derive(Deserialize)]
            enum Event { Made { object_id: String }, Other }
        "#;
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::at(folder.path());
        repository.write("tool/wire.rs", source).unwrap();
        repository.write("tool/pull.rs", "#[derive(Deserialize)] struct Place { after: u8 }").unwrap();
        let read = read(&repository, "tool").unwrap();
        let names: Vec<_> = read.iter().map(|read| (read.object.as_str(), read.field.as_str())).collect();
        assert_eq!(names, [("Page", "nextPage"), ("Page", "@odata.x"), ("Event::Made", "object_id")]);
        assert_eq!(read[1].also, ["x"]);
    }
}
