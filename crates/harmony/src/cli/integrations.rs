//! `harmony integrations`: the catalogue.

use anyhow::Result;

use super::client::Ask;
use super::show::{Column, Desk, Noun};

const COLUMNS: [Column; 5] =
    [("Id", "/id"), ("Name", "/name"), ("Category", "/category"), ("Purpose", "/purpose"), ("Sign in by", "/auth/*/name")];

/// What to do with the catalogue.
#[derive(Debug, clap::Subcommand)]
pub enum IntegrationsCommand {
    /// Lists the tools.
    List,
    /// Shows what is known of one: how to sign in, what flows, and the permissions it needs.
    Show { id: String },
}

/// Does it.
pub async fn run(noun: Noun<IntegrationsCommand>) -> Result<()> {
    let desk = Desk::open(noun.json)?;
    match noun.command {
        IntegrationsCommand::List => desk.list(Ask::get(["integrations"]), &COLUMNS).await,
        IntegrationsCommand::Show { id } => desk.one(Ask::get(["integrations", &id])).await,
    }
}
