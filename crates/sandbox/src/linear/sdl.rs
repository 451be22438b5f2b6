//! The schema that documents are held against: Linear's whole SDL where descriptions are given, else the emulated part of it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;

use crate::kit::{DescriptionError, Kit};

const FILE: &str = "linear/schema.graphql";

/// The emulated part, kept beside the code.
pub(super) const EMULATED: &str = include_str!("schema.graphql");

/// A parsed schema.
pub(super) struct Sdl {
    pub schema: Valid<Schema>,
    /// Is it Linear's whole description, not only the emulated part?
    pub whole: bool,
}

/// Schemas parsed in this process: the whole one is more than a megabyte, and tests open many sandboxes.
static PARSED: Mutex<Vec<(String, Arc<Sdl>)>> = Mutex::new(Vec::new());

impl Sdl {
    pub(super) fn load(kit: &Kit) -> Result<Arc<Self>, DescriptionError> {
        let file = kit.options.specs.as_ref().map(|folder| folder.join(FILE));
        let name = file.as_deref().unwrap_or(Path::new("")).display().to_string();
        let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sdl)) = parsed.iter().find(|(known, _)| *known == name) {
            return Ok(Arc::clone(sdl));
        }
        let text = match &file {
            Some(file) => std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?,
            None => EMULATED.to_owned(),
        };
        let schema = Schema::parse_and_validate(text, FILE).map_err(|error| failed(error.errors.to_string()))?;
        let sdl = Arc::new(Self { schema, whole: file.is_some() });
        parsed.push((name, Arc::clone(&sdl)));
        Ok(sdl)
    }
}

fn failed(reason: String) -> DescriptionError {
    DescriptionError { file: FILE.to_owned(), reason }
}
