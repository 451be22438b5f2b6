//! Elements and attributes: which may stand where, how often, and in which order (XML Schema part 1).

use std::collections::{BTreeMap, BTreeSet};

use super::simple::Simple;
use super::{Misfit, Schemas, XS, clark};
use crate::kit::xml::{Attribute, Element, XMLNS};

/// What a type allows inside.
#[derive(Default)]
struct Content<'s> {
    /// One after the other.
    particles: Vec<&'s Element>,
    attributes: BTreeMap<String, &'s Element>,
    any_attribute: bool,
    /// Character data of this type, and no elements.
    simple: Option<Simple<'s>>,
}

/// A walk through the children of one element.
struct Walk<'s, 'e> {
    schemas: &'s Schemas,
    children: &'e [Element],
    /// The declaration that each child was last found to fit.
    found: BTreeMap<usize, Option<&'s Element>>,
    furthest: usize,
}

impl Schemas {
    pub(super) fn check_element(&self, element: &Element, declared: &Element, place: &str) -> Result<(), Misfit> {
        let wrong = |reason: String| (place.to_owned(), reason);
        let inline = declared.children.first();
        let by_name = |name: &str| {
            if name.starts_with(&format!("{{{XS}}}")) { None } else { self.types.get(name) }
        };
        let found = match (declared.attribute("type"), inline) {
            (Some(name), _) => match by_name(name) {
                Some(found) => found,
                None => return self.check_text(element, Simple::Named(name), &Content::default(), place),
            },
            (None, Some(inline)) => inline,
            (None, None) => return Err(wrong("an element of any type is not understood".to_owned())),
        };
        if found.name == "simpleType" {
            return self.check_text(element, Simple::Node(found), &Content::default(), place);
        }
        if found.attribute("abstract") == Some("true") {
            return Err(wrong("its type is abstract".to_owned()));
        }
        let content = self.content(found).map_err(wrong)?;
        if let Some(simple) = content.simple {
            return self.check_text(element, simple, &content, place);
        }
        self.check_attributes(element, &content, place)?;
        if !element.text.trim().is_empty() {
            return Err(wrong("there is text between the elements".to_owned()));
        }
        self.check_children(element, &content, place)
    }

    fn check_text(&self, element: &Element, simple: Simple<'_>, content: &Content<'_>, place: &str) -> Result<(), Misfit> {
        self.check_attributes(element, content, place)?;
        if let Some(child) = element.children.first() {
            return Err((place.to_owned(), format!("{} stands where text is wanted", child.name)));
        }
        self.check_simple(simple, &element.text).map_err(|reason| (place.to_owned(), reason))
    }

    fn check_attributes(&self, element: &Element, content: &Content<'_>, place: &str) -> Result<(), Misfit> {
        let at = |name: &str| format!("{place}/@{name}");
        for Attribute { namespace, name, value } in element.attributes.iter().filter(|one| one.namespace != XMLNS) {
            let key = if namespace.is_empty() { name.clone() } else { clark(namespace, name) };
            let Some(declared) = content.attributes.get(&key) else {
                if content.any_attribute && !namespace.is_empty() {
                    continue;
                }
                return Err((at(name), "no such attribute is described".to_owned()));
            };
            if declared.attribute("use") == Some("prohibited") {
                return Err((at(name), "it is prohibited".to_owned()));
            }
            if declared.attribute("fixed").is_some_and(|fixed| fixed != value) {
                return Err((at(name), "another value is fixed".to_owned()));
            }
            let simple = match (declared.attribute("type"), declared.children.first()) {
                (Some(type_name), _) => self.types.get(type_name).map_or(Simple::Named(type_name), Simple::Node),
                (None, Some(inline)) => Simple::Node(inline),
                (None, None) => return Err((at(name), "an attribute of any type is not understood".to_owned())),
            };
            self.check_simple(simple, value).map_err(|reason| (at(name), reason))?;
        }
        let missing = content.attributes.iter().find(|(name, declared)| {
            declared.attribute("use") == Some("required") && element.attributes.iter().all(|one| one.name != **name)
        });
        missing.map_or(Ok(()), |(name, _)| Err((at(name), "it is required".to_owned())))
    }

    fn check_children(&self, element: &Element, content: &Content<'_>, place: &str) -> Result<(), Misfit> {
        let mut walk = Walk { schemas: self, children: &element.children, found: BTreeMap::new(), furthest: 0 };
        let mut ends = BTreeSet::from([0]);
        for particle in &content.particles {
            let mut next = BTreeSet::new();
            for from in ends {
                next.extend(walk.ends(particle, from).map_err(|reason| (place.to_owned(), reason))?);
            }
            ends = next;
        }
        if !ends.contains(&element.children.len()) {
            let reason = element
                .children
                .get(walk.furthest)
                .map_or_else(|| "something is missing at its end".to_owned(), |child| format!("{} is not described here", child.name));
            return Err((place.to_owned(), reason));
        }
        for (at, child) in element.children.iter().enumerate() {
            if let Some(Some(declared)) = walk.found.get(&at) {
                self.check_element(child, declared, &format!("{place}/{}", child.name))?;
            }
        }
        Ok(())
    }

    /// What a complex type allows, its bases included.
    fn content<'s>(&'s self, complex: &'s Element) -> Result<Content<'s>, String> {
        let mut content = Content::default();
        if complex.attribute("mixed") == Some("true") {
            return Err("mixed content is not understood".to_owned());
        }
        for child in &complex.children {
            match child.name.as_str() {
                "complexContent" | "simpleContent" => {
                    let derived = child.children.first().ok_or("a derivation is empty")?;
                    content = self.derived(derived)?;
                }
                _ => self.take(child, &mut content)?,
            }
        }
        Ok(content)
    }

    fn derived<'s>(&'s self, derived: &'s Element) -> Result<Content<'s>, String> {
        let base = derived.attribute("base").ok_or("a derivation has no base")?;
        let mut content = match self.types.get(base) {
            Some(complex) if complex.name == "complexType" => self.content(complex)?,
            Some(simple) => Content { simple: Some(Simple::Node(simple)), ..Content::default() },
            None => Content { simple: Some(Simple::Named(base)), ..Content::default() },
        };
        if derived.name == "restriction" {
            // A restriction says its particles anew; attributes are inherited.
            content.particles.clear();
            if content.simple.is_some() {
                content.simple = Some(Simple::Restriction(derived));
            }
        }
        derived.children.iter().try_for_each(|child| self.take(child, &mut content))?;
        Ok(content)
    }

    fn take<'s>(&'s self, child: &'s Element, content: &mut Content<'s>) -> Result<(), String> {
        match child.name.as_str() {
            "sequence" | "choice" | "group" => content.particles.push(child),
            "attribute" => {
                let (name, declared) = match child.attribute("ref") {
                    Some(name) => (name, self.attributes.get(name).ok_or_else(|| format!("the attribute {name} is not there"))?),
                    None => (child.attribute("name").ok_or("an attribute has no name")?, child),
                };
                content.attributes.insert(name.to_owned(), declared);
            }
            "attributeGroup" => {
                let name = child.attribute("ref").ok_or("an attribute group without a name")?;
                let group = self.attribute_groups.get(name).ok_or_else(|| format!("the attribute group {name} is not there"))?;
                group.children.iter().try_for_each(|one| self.take(one, content))?;
            }
            "anyAttribute" => content.any_attribute = true,
            "enumeration" | "minInclusive" | "maxInclusive" | "minLength" | "pattern" if content.simple.is_some() => {}
            other => return Err(format!("xs:{other} is not understood in a complex type")),
        }
        Ok(())
    }
}

impl<'s> Walk<'s, '_> {
    /// Where the particle may end that begins at `from`, repeated as often as it may be.
    fn ends(&mut self, particle: &'s Element, from: usize) -> Result<BTreeSet<usize>, String> {
        let least = particle.attribute("minOccurs").map_or(Ok(1), str::parse::<usize>).map_err(|error| error.to_string())?;
        let most = match particle.attribute("maxOccurs") {
            None => 1,
            Some("unbounded") => usize::MAX,
            Some(number) => number.parse().map_err(|_| "maxOccurs is no number")?,
        };
        let mut ends = BTreeSet::new();
        let mut edge = BTreeSet::from([from]);
        let mut times = 0;
        while !edge.is_empty() {
            if times >= least {
                edge.retain(|at| ends.insert(*at));
            }
            if times == most || (times > least && times > self.children.len()) {
                break;
            }
            let mut next = BTreeSet::new();
            for at in edge {
                next.extend(self.once(particle, at)?);
            }
            edge = next;
            times += 1;
        }
        Ok(ends)
    }

    fn once(&mut self, particle: &'s Element, from: usize) -> Result<BTreeSet<usize>, String> {
        match particle.name.as_str() {
            "sequence" => {
                let mut ends = BTreeSet::from([from]);
                for part in &particle.children {
                    let mut next = BTreeSet::new();
                    for at in ends {
                        next.extend(self.ends(part, at)?);
                    }
                    ends = next;
                }
                Ok(ends)
            }
            "choice" => {
                let mut ends = BTreeSet::new();
                for part in &particle.children {
                    ends.extend(self.ends(part, from)?);
                }
                Ok(ends)
            }
            "group" => {
                let name = particle.attribute("ref").ok_or("a group without a name")?;
                let group = self.schemas.groups.get(name).ok_or_else(|| format!("the group {name} is not there"))?;
                self.ends(group.children.first().ok_or("a group is empty")?, from)
            }
            "element" => Ok(self.element(particle, from)?.into_iter().collect()),
            "any" => Ok(self.any(from).into_iter().collect()),
            other => Err(format!("xs:{other} is not understood as a part of content")),
        }
    }

    fn element(&mut self, particle: &'s Element, at: usize) -> Result<Option<usize>, String> {
        let Some(child) = self.children.get(at) else { return Ok(None) };
        let name = clark(&child.namespace, &child.name);
        let schemas = self.schemas;
        let declared = match particle.attribute("ref") {
            None => (particle.attribute("name") == Some(&name)).then_some(particle),
            Some(head) => {
                let global = schemas.elements.get(head).ok_or_else(|| format!("the element {head} is not there"))?;
                let own = name == head && global.attribute("abstract") != Some("true");
                let substitute = schemas.substitutes.get(head).is_some_and(|all| all.contains(&name));
                if own || substitute { schemas.elements.get(&name) } else { None }
            }
        };
        Ok(declared.map(|declared| self.fits(at, Some(declared))))
    }

    /// Any element; it is held against its declaration where it has a global one.
    fn any(&mut self, at: usize) -> Option<usize> {
        let child = self.children.get(at)?;
        let declared = self.schemas.elements.get(&clark(&child.namespace, &child.name));
        Some(self.fits(at, declared))
    }

    fn fits(&mut self, at: usize, declared: Option<&'s Element>) -> usize {
        self.found.insert(at, declared);
        self.furthest = self.furthest.max(at + 1);
        at + 1
    }
}
