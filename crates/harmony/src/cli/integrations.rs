//! `harmony integrations`: the catalogue, from the manifests alone.

use anyhow::Result;
use comfy_table::{Table, presets};

/// What to do with the catalogue.
#[derive(Debug, clap::Subcommand)]
pub enum IntegrationsCommand {
    /// Lists the tools.
    List {
        /// As JSON, with every fact of the manifests.
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub fn run(command: &IntegrationsCommand) -> Result<()> {
    let IntegrationsCommand::List { json } = command;
    let connectors = connectors::all();
    if *json {
        let manifests: Vec<_> = connectors.iter().map(|connector| connector.manifest()).collect();
        println!("{}", serde_json::to_string_pretty(&manifests)?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["Id", "Name", "Category", "Purpose"]);
    for connector in &connectors {
        let manifest = connector.manifest();
        table.add_row([manifest.id, manifest.name, manifest.category.label(), manifest.purpose]);
    }
    println!("{table}");
    Ok(())
}
