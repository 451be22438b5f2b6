//! XML Schema (parts 1 and 2), as far as the descriptions kept for the emulators use it. A schema that uses more is refused when
//! it is read; a value that would need more (a pattern, `xsi:type`) does not fit. Nothing is passed over in silence.

mod content;
mod simple;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::xml::{self, Element, XMLNS};

const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// Every component of XML Schema that is understood here.
const UNDERSTOOD: [&str; 24] = [
    "annotation",
    "any",
    "anyAttribute",
    "attribute",
    "attributeGroup",
    "choice",
    "complexContent",
    "complexType",
    "element",
    "enumeration",
    "extension",
    "group",
    "import",
    "include",
    "list",
    "maxInclusive",
    "minInclusive",
    "minLength",
    "pattern",
    "restriction",
    "sequence",
    "simpleContent",
    "simpleType",
    "union",
];
/// Attributes of components whose values are qualified names, or lists of them.
const NAMING: [&str; 6] = ["type", "base", "ref", "itemType", "memberTypes", "substitutionGroup"];

/// A place in a document, and what is wrong there.
pub type Misfit = (String, String);

/// Schemas that were read together. Components are known by `{namespace}name`.
#[derive(Debug, Default)]
pub struct Schemas {
    elements: BTreeMap<String, Element>,
    attributes: BTreeMap<String, Element>,
    types: BTreeMap<String, Element>,
    groups: BTreeMap<String, Element>,
    attribute_groups: BTreeMap<String, Element>,
    /// Who may stand where the head is named.
    substitutes: BTreeMap<String, Vec<String>>,
}

impl Schemas {
    /// Reads a file, and what it includes and imports from beside it.
    ///
    /// # Errors
    /// A file is missing, is no schema, or uses what is not understood.
    pub fn load(file: &Path) -> Result<Self, String> {
        let mut schemas = Self::default();
        let folder = file.parent().unwrap_or_else(|| Path::new("."));
        let name = file.file_name().and_then(|name| name.to_str()).ok_or("the schema has no file name")?;
        schemas.add(folder, name, &mut BTreeSet::new())?;
        Ok(schemas)
    }

    fn add(&mut self, folder: &Path, name: &str, seen: &mut BTreeSet<String>) -> Result<(), String> {
        if name.contains(['/', '\\']) || !seen.insert(name.to_owned()) {
            return Ok(());
        }
        let text = std::fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        let (root, beside) = Self::read(&text).map_err(|error| format!("{name}: {error}"))?;
        for component in root.children {
            self.keep(component).map_err(|error| format!("{name}: {error}"))?;
        }
        beside.iter().try_for_each(|location| self.add(folder, location, seen))
    }

    /// The schema with every name in it qualified, and the files that it names.
    fn read(text: &str) -> Result<(Element, Vec<String>), String> {
        let mut root = xml::read(without_prologue(text))?;
        if (root.namespace.as_str(), root.name.as_str()) != (XS, "schema") {
            return Err("it is no schema".to_owned());
        }
        let target = root.attribute("targetNamespace").unwrap_or_default().to_owned();
        let prefixes: BTreeMap<String, String> = root
            .attributes
            .iter()
            .filter(|one| one.namespace == XMLNS)
            .map(|one| (one.name.clone(), one.value.clone()))
            .chain([("xml".to_owned(), "http://www.w3.org/XML/1998/namespace".to_owned())])
            .collect();
        let beside = root.children.iter().filter(|child| ["include", "import"].contains(&child.name.as_str()));
        let beside = beside.filter_map(|child| child.attribute("schemaLocation")).map(str::to_owned).collect();
        root.children.retain(|child| !["include", "import", "annotation"].contains(&child.name.as_str()));
        root.children.iter_mut().try_for_each(|child| qualify(child, &target, &prefixes, true))?;
        Ok((root, beside))
    }

    fn keep(&mut self, component: Element) -> Result<(), String> {
        let name = component.attribute("name").ok_or("a component has no name")?.to_owned();
        let place = match component.name.as_str() {
            "element" => {
                if let Some(head) = component.attribute("substitutionGroup") {
                    self.substitutes.entry(head.to_owned()).or_default().push(name.clone());
                }
                &mut self.elements
            }
            "attribute" => &mut self.attributes,
            "complexType" | "simpleType" => &mut self.types,
            "group" => &mut self.groups,
            "attributeGroup" => &mut self.attribute_groups,
            other => return Err(format!("xs:{other} is not understood at the top")),
        };
        place.insert(name, component);
        Ok(())
    }

    /// Holds an element against its global declaration.
    ///
    /// # Errors
    /// It is not declared, or does not fit.
    pub fn check(&self, element: &Element) -> Result<(), Misfit> {
        let declared = self.elements.get(&clark(&element.namespace, &element.name));
        let declared = declared.ok_or_else(|| (element.name.clone(), "no such element is described".to_owned()))?;
        self.check_element(element, declared, &element.name)
    }
}

fn clark(namespace: &str, name: &str) -> String {
    format!("{{{namespace}}}{name}")
}

/// What stands before the schema: that of the `xml:` attributes, as the W3C publishes it, names a style sheet for its readers.
fn without_prologue(text: &str) -> &str {
    text.find("<xs:schema").map_or(text, |at| &text[at..])
}

fn qualify(node: &mut Element, target: &str, prefixes: &BTreeMap<String, String>, top: bool) -> Result<(), String> {
    if node.namespace != XS || !UNDERSTOOD.contains(&node.name.as_str()) {
        return Err(format!("xs:{} is not understood", node.name));
    }
    let named = node.name == "element" || top;
    for attribute in &mut node.attributes {
        if attribute.name == "name" && named {
            attribute.value = clark(target, &attribute.value);
        } else if NAMING.contains(&attribute.name.as_str()) {
            let names: Vec<String> = attribute.value.split_whitespace().map(|name| qualified(name, prefixes)).collect::<Result<_, _>>()?;
            attribute.value = names.join(" ");
        }
    }
    node.children.retain(|child| child.name != "annotation");
    node.children.iter_mut().try_for_each(|child| qualify(child, target, prefixes, false))
}

fn qualified(name: &str, prefixes: &BTreeMap<String, String>) -> Result<String, String> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    match prefixes.get(prefix) {
        Some(namespace) => Ok(clark(namespace, local)),
        None => Err(format!("the prefix of {name} is not declared")),
    }
}
