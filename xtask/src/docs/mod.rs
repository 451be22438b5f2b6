//! The generated regions of the documents, each from the project's own facts, and what the documents must not leave out.

mod catalogue;
mod decisions;
mod errors;
mod house;
mod links;
mod markdown;
mod region;

use anyhow::{Context, Result};

use crate::finding::Finding;
use crate::repository::Repository;
use crate::test::STEPS;

/// A region's name in `<!-- generated:NAME -->`, and where its words come from.
type Source = (&'static str, fn(&Facts) -> Result<String>);

const SOURCES: [Source; 6] = [
    ("integrations", |facts| Ok(catalogue::table(facts.integrations()?))),
    ("permissions", |facts| Ok(catalogue::permissions(facts.integrations()?))),
    ("errors", |facts| Ok(errors::table(&errors::pages(&facts.repository)?))),
    ("decisions", |facts| decisions::list(&facts.repository)),
    ("rooms", |facts| house::rooms(&facts.repository)),
    ("steps", |_| Ok(house::steps(&STEPS))),
];

/// The project's own facts; what is dear to learn is learned once, and only when a document asks.
struct Facts {
    repository: Repository,
    integrations: std::cell::OnceCell<Vec<catalogue::Integration>>,
}

impl Facts {
    fn of(repository: &Repository) -> Self {
        Self { repository: repository.clone(), integrations: std::cell::OnceCell::new() }
    }

    fn integrations(&self) -> Result<&[catalogue::Integration]> {
        if self.integrations.get().is_none() {
            let loaded = catalogue::load(&self.repository)?;
            return Ok(self.integrations.get_or_init(|| loaded));
        }
        Ok(self.integrations.get().map(Vec::as_slice).unwrap_or_default())
    }

    fn words(&self, region: &str) -> Result<String> {
        let (_, source) = SOURCES.iter().find(|(name, _)| *name == region).with_context(|| {
            let known: Vec<&str> = SOURCES.iter().map(|(name, _)| *name).collect();
            format!("no region is called `{region}`; there are {}", known.join(", "))
        })?;
        source(self).with_context(|| format!("the region `{region}` cannot be made"))
    }
}

/// Writes every region anew. What only a person can mend is returned.
pub fn write(repository: &Repository) -> Result<Vec<Finding>> {
    let facts = Facts::of(repository);
    for path in repository.files("", ".md")? {
        let text = repository.read(&path)?;
        let fresh = region::fill(&text, |name| facts.words(name)).with_context(|| path.clone())?;
        if fresh != text {
            repository.write(&path, &fresh)?;
            eprintln!("wrote {path}");
        }
    }
    for_a_person(repository)
}

/// The documents whose regions are stale, and what only a person can mend. Nothing is written.
pub fn check(repository: &Repository) -> Result<Vec<Finding>> {
    let facts = Facts::of(repository);
    let mut findings = Vec::new();
    for path in repository.files("", ".md")? {
        let text = repository.read(&path)?;
        if region::fill(&text, |name| facts.words(name)).with_context(|| path.clone())? != text {
            findings.push(Finding::new(path, "has a generated region that is out of date: run `cargo xtask docs`"));
        }
    }
    findings.extend(for_a_person(repository)?);
    Ok(findings)
}

fn for_a_person(repository: &Repository) -> Result<Vec<Finding>> {
    let mut findings = errors::check(repository)?;
    findings.extend(decisions::check(repository)?);
    findings.extend(links::check(repository)?);
    Ok(findings)
}
