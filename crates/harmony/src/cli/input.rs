//! What commands are given in files: JSON, from a file or from standard input (`-`).

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Reads JSON.
pub fn json(file: &Path) -> Result<Value> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
        bytes
    } else {
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?
    };
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", file.display()))
}
