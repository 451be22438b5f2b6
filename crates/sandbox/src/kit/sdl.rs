//! The GraphQL schema that a tool's documents are held against: the whole SDL where descriptions are given, else the emulated part of it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;

use super::{DescriptionError, Kit};

/// A parsed schema.
pub(crate) struct Sdl {
    pub schema: Valid<Schema>,
    /// Is it the tool's whole description, not only the emulated part?
    pub whole: bool,
}

/// Schemas parsed in this process: a whole one may be more than a megabyte, and tests open many sandboxes.
static PARSED: Mutex<Vec<(String, Arc<Sdl>)>> = Mutex::new(Vec::new());

impl Sdl {
    /// `file`: where the whole one lies below the folder of descriptions; `emulated`: the part of it that is kept beside the code.
    pub(crate) fn load(kit: &Kit, file: &'static str, emulated: &str) -> Result<Arc<Self>, DescriptionError> {
        let failed = |reason: String| DescriptionError { file: file.to_owned(), reason };
        let whole = kit.options.specs.as_ref().map(|folder| folder.join(file));
        let name = whole.as_deref().unwrap_or(Path::new(file)).display().to_string();
        let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sdl)) = parsed.iter().find(|(known, _)| *known == name) {
            return Ok(Arc::clone(sdl));
        }
        let text = match &whole {
            Some(path) => std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?,
            None => emulated.to_owned(),
        };
        let schema = read(text, file).map_err(failed)?;
        let sdl = Arc::new(Self { schema, whole: whole.is_some() });
        parsed.push((name, Arc::clone(&sdl)));
        Ok(sdl)
    }
}

/// Some tools publish the types that every schema has along with their own.
pub(crate) fn read(text: String, file: &str) -> Result<Valid<Schema>, String> {
    let schema = Schema::builder().ignore_builtin_redefinitions().parse(text, file).build().map_err(|error| error.errors.to_string())?;
    schema.validate().map_err(|error| error.errors.to_string())
}
