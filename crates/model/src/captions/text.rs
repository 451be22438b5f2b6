//! The words of one cue: markup taken off, voices told apart, `Name: text` split. Times and files are above.

/// What one voice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    pub speaker: Option<String>,
    /// One line, trimmed.
    pub text: String,
}

/// A longer name is none.
const LONGEST_NAME: usize = 80;
/// Nor is one of more words.
const MOST_WORDS: usize = 6;

/// `Name: text`, if it begins so. A name has a letter, and does not end a sentence.
pub(super) fn named(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(':')?;
    let behind = rest.strip_prefix(' ').or_else(|| rest.is_empty().then_some(rest))?;
    let name = name.trim();
    let fits = name.len() <= LONGEST_NAME
        && name.split_whitespace().count() <= MOST_WORDS
        && name.chars().any(char::is_alphabetic)
        && !name.contains(['?', '!', ';', ',']);
    fits.then(|| (name, behind.trim()))
}

/// The cue text of `WebVTT`: voice tags name speakers, other tags and timestamps are dropped, character references read.
/// A `<` that opens no tag is kept, for some writers do not escape it.
pub(super) fn webvtt(text: &str) -> Vec<Spoken> {
    let mut spoken = vec![Spoken { speaker: None, text: String::new() }];
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (plain, behind) = rest.split_at(at);
        append(&mut spoken, plain);
        rest = if let Some((tag, behind)) = tag(behind) {
            if let Some(name) = voice(tag) {
                spoken.push(Spoken { speaker: Some(name).filter(|name| !name.is_empty()), text: String::new() });
            } else if tag.trim() == "/v" {
                spoken.push(Spoken { speaker: None, text: String::new() });
            }
            behind
        } else if let Some((character, behind)) = reference(behind) {
            append(&mut spoken, character.encode_utf8(&mut [0; 4]));
            behind
        } else {
            append(&mut spoken, &behind[..1]);
            &behind[1..]
        };
    }
    append(&mut spoken, rest);
    tidy(spoken)
}

/// The text of a `SubRip` cue: the few tags in use are dropped (`<i>`, `<b>`, `<u>`, `<s>`, `<font …>`, `{\an8}`), all else is text.
pub(super) fn subrip(text: &str) -> Vec<Spoken> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{']) {
        let (plain, behind) = rest.split_at(at);
        out.push_str(plain);
        let dropped = match tag(behind) {
            Some((tag, after)) => {
                let name = tag.trim_start_matches('/').split([' ', '=']).next().unwrap_or_default();
                ["i", "b", "u", "s", "font"].iter().any(|known| name.eq_ignore_ascii_case(known)).then_some(after)
            }
            None => behind.strip_prefix("{\\").and_then(|inner| inner.split_once('}')).map(|(_, after)| after),
        };
        rest = dropped.unwrap_or_else(|| {
            out.push_str(&behind[..1]);
            &behind[1..]
        });
    }
    out.push_str(rest);
    tidy(vec![Spoken { speaker: None, text: out }])
}

fn append(spoken: &mut [Spoken], text: &str) {
    if let Some(last) = spoken.last_mut() {
        last.text.push_str(text);
    }
}

/// Each voice on one line; those without words are dropped.
fn tidy(spoken: Vec<Spoken>) -> Vec<Spoken> {
    let one_line = |text: &str| text.replace('\0', "\u{fffd}").split_whitespace().collect::<Vec<_>>().join(" ");
    let tidied = spoken.into_iter().map(|spoken| Spoken { text: one_line(&spoken.text), ..spoken });
    tidied.filter(|spoken| !spoken.text.is_empty()).collect()
}

/// What stands between `<` and `>`, if it can be a tag; and what comes behind.
fn tag(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let opens = inner.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    inner.split_once('>').filter(|(tag, _)| opens && !tag.contains(['<', '\n']))
}

/// The name in `<v Name>` or `<v.class Name>`.
fn voice(tag: &str) -> Option<String> {
    let rest = tag.strip_prefix('v')?;
    let name = match rest.strip_prefix('.') {
        Some(classes) => classes.split_once([' ', '\t']).map_or("", |(_, name)| name),
        None if rest.is_empty() => rest,
        None => rest.strip_prefix([' ', '\t'])?,
    };
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = if let Some((character, behind)) = reference(&rest[at..]) {
            plain.push(character);
            behind
        } else {
            plain.push('&');
            &rest[at + 1..]
        };
    }
    plain.push_str(rest);
    Some(plain.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A character reference: the named ones that the standard lists for cue text, and numbers.
fn reference(text: &str) -> Option<(char, &str)> {
    let (name, behind) = text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= 10)?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((character, behind))
}
