//! `harmony integrations`: the catalogue. The list is in the binary and needs no hub, because a hub is configured from it; what one
//! tool needs, and whether the operator has set it up, is asked of the hub.

use anyhow::Result;
use serde_json::json;

use super::client::Ask;
use super::show::{Column, Desk, Noun, rows};

const COLUMNS: [Column; 4] = [("Id", "/id"), ("Name", "/name"), ("Category", "/category"), ("Purpose", "/purpose")];

/// What to do with the catalogue.
#[derive(Debug, clap::Subcommand)]
pub enum IntegrationsCommand {
    /// Lists the tools; `--json` with every fact of the manifests. Needs no hub.
    List,
    /// Shows what is known of one: how to sign in, what flows, and the permissions it needs.
    Show { id: String },
}

/// Does it.
pub async fn run(noun: Noun<IntegrationsCommand>) -> Result<()> {
    match noun.command {
        IntegrationsCommand::List => list(noun.json),
        IntegrationsCommand::Show { id } => Desk::open(noun.json)?.one(Ask::get(["integrations", &id])).await,
    }
}

fn list(as_json: bool) -> Result<()> {
    let connectors = connectors::all();
    let manifests: Vec<_> = connectors.iter().map(|connector| connector.manifest()).collect();
    if as_json {
        println!("{}", serde_json::to_string_pretty(&manifests)?);
    } else {
        rows(&json!(manifests), &COLUMNS);
    }
    Ok(())
}
