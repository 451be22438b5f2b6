//! XML as a tree with namespaces, for emulators that speak SOAP. No document types, no entities of anybody's own, nothing fetched.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{PrefixDeclaration, ResolveResult};
use quick_xml::reader::NsReader;

/// Deeper documents are refused.
const DEEPEST: usize = 100;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Empty: none.
    pub namespace: String,
    pub name: String,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Element>,
    /// All character data directly inside.
    pub text: String,
}

/// What a declaration of a namespace is bound to; its name is the prefix, and empty for `xmlns` itself.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// One attribute, or a declaration of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Empty: none.
    pub namespace: String,
    pub name: String,
    pub value: String,
}

impl Element {
    /// An attribute without a namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|one| one.namespace.is_empty() && one.name == name);
        found.map(|one| one.value.as_str())
    }

    /// The first child of that local name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that local name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// Reads a document.
///
/// # Errors
/// It is not well formed, or holds what no SOAP message may hold (SOAP 1.1 section 3).
pub fn read(text: &str) -> Result<Element, String> {
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                if root.is_some() || open.len() >= DEEPEST {
                    return Err("there is a second root, or it is too deep".to_owned());
                }
                open.push(element(&reader, &start)?);
            }
            Event::Empty(start) => {
                let done = element(&reader, &start)?;
                close(done, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let done = open.pop().ok_or("an end without a beginning")?;
                close(done, &mut open, &mut root)?;
            }
            Event::Text(text) => characters(&mut open, &text.xml10_content().map_err(|error| error.to_string())?)?,
            Event::CData(text) => characters(&mut open, &text.decode().map_err(|error| error.to_string())?)?,
            Event::GeneralRef(reference) => characters(&mut open, &resolved(&reference)?)?,
            Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
            Event::PI(_) => return Err("a processing instruction is not allowed".to_owned()),
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => return root.filter(|_| open.is_empty()).ok_or_else(|| "the document ends too early".to_owned()),
        }
    }
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return Err("there is a second root".to_owned()),
    }
    Ok(())
}

fn characters(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(inside) => inside.text.push_str(text),
        None if text.trim_matches('\u{feff}').trim().is_empty() => {}
        None => return Err("there is text outside of the root".to_owned()),
    }
    Ok(())
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|error| error.to_string())?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| format!("the entity {name} is not known"))
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, String> {
    let (namespace, name) = reader.resolver().resolve_element(start.name());
    let mut element = Element { namespace: bound(&namespace)?, name: utf8(name.as_ref())?, ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?.into_owned();
        if let Some(declared) = attribute.key.as_namespace_binding() {
            let prefix = if let PrefixDeclaration::Named(prefix) = declared { utf8(prefix)? } else { String::new() };
            element.attributes.push(Attribute { namespace: XMLNS.to_owned(), name: prefix, value });
            continue;
        }
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        element.attributes.push(Attribute { namespace: bound(&namespace)?, name: utf8(name.as_ref())?, value });
    }
    Ok(element)
}

fn bound(namespace: &ResolveResult<'_>) -> Result<String, String> {
    match namespace {
        ResolveResult::Bound(namespace) => utf8(namespace.as_ref()),
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => Err(format!("the prefix {} is not declared", String::from_utf8_lossy(prefix))),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn names_are_resolved_and_text_is_unescaped() {
        let root =
            read("\u{feff}<?xml version='1.0'?><a:x xmlns:a='urn:a' xmlns='urn:d' k='&lt;1&#33;'><y>1 &amp; <![CDATA[<2>]]></y></a:x>")
                .unwrap();
        assert_eq!((root.namespace.as_str(), root.name.as_str(), root.attribute("k")), ("urn:a", "x", Some("<1!")));
        assert_eq!((root.children[0].namespace.as_str(), root.text_of("y")), ("urn:d", Some("1 & <2>")));
    }

    #[test]
    fn what_no_soap_message_holds_is_refused() {
        let deep = "<a>".repeat(200);
        for text in [
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<a>&b;</a>",
            "<a><?run it?></a>",
            "<a/><b/>",
            "<a>",
            "</a>",
            "<b:a/>",
            "a<b/>",
            "",
            deep.as_str(),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
