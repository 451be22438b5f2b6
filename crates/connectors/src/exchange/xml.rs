//! Reading XML that came from outside: what no SOAP message may hold is refused before anything is read. Nothing is fetched, and
//! only the five entities that XML itself has are resolved.

use connector_kit::{Error, Reply, Result};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde::de::DeserializeOwned;

/// Deeper documents are refused.
const DEEPEST: usize = 64;

/// Reads an answer; the error says where it does not fit, never what it says.
pub fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T> {
    let misfit = |what: &str| {
        let (status, bytes) = (reply.status, reply.body.len());
        Error::protocol(format!("the answer (status {status}, {bytes} bytes) does not fit the description of EWS: {what}"))
    };
    let text = std::str::from_utf8(&reply.body).map_err(|_| misfit("it is not UTF-8"))?;
    admissible(text).map_err(misfit)?;
    quick_xml::de::from_str(text).map_err(|error| misfit(&kind_of(&error)))
}

/// SOAP 1.1 section 3: no document type, no processing instructions. With the former, entities of its own are gone too.
fn admissible(text: &str) -> Result<(), &'static str> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut empty) = (0_usize, true);
    loop {
        match reader.read_event().map_err(|_| "it is no well-formed XML")? {
            Event::Start(_) if depth >= DEEPEST => return Err("it is too deep"),
            Event::Start(_) => {
                depth += 1;
                empty = false;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Empty(_) => empty = false,
            Event::DocType(_) => return Err("it has a document type"),
            Event::PI(_) => return Err("it has a processing instruction"),
            Event::GeneralRef(reference) => {
                let known = reference.is_char_ref() || reference.decode().is_ok_and(|name| resolve_predefined_entity(&name).is_some());
                if !known {
                    return Err("it has an entity of its own");
                }
            }
            Event::Eof if depth > 0 || empty => return Err("it ends too early"),
            Event::Eof => return Ok(()),
            Event::Text(_) | Event::CData(_) | Event::Decl(_) | Event::Comment(_) => {}
        }
    }
}

/// The kinds of error that name a place; the others might repeat what was in the answer.
fn kind_of(error: &quick_xml::DeError) -> String {
    match error {
        quick_xml::DeError::UnexpectedStart(_) => "an element stands where text is wanted".to_owned(),
        quick_xml::DeError::Custom(words) if words.starts_with("missing field") || words.starts_with("duplicate field") => words.clone(),
        _ => "a value is of another kind".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::admissible;

    #[test]
    fn b12_document_types_entities_and_bombs_are_refused() {
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><l>&b;</l>";
        let outside = "<!DOCTYPE r [<!ENTITY f SYSTEM \"file:///etc/hostname\">]><r>&f;</r>";
        let deep = "<a>".repeat(100_000);
        for bad in [laughs, outside, "<r>&f;</r>", "<?run it?><r/>", "", "words", "<r>", "<r></s>", &deep] {
            assert!(admissible(bad).is_err(), "{}", &bad[..bad.len().min(40)]);
        }
        assert_eq!(admissible("\u{feff}<?xml version=\"1.0\"?><!-- c --><r a=\"1\">&amp;&#x5;<s/></r>"), Ok(()));
    }
}
