//! `harmony tokens`: API tokens. One is made where the database is, since the first cannot be asked for without one; the others
//! are seen and revoked through the API.

use anyhow::{Context, Result};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use store::users::Role;

use super::client::Ask;
use super::setup::workspace;
use super::show::{Column, Desk, Noun};
use crate::config::Config;

const COLUMNS: [Column; 6] = [
    ("Id", "/id"),
    ("Name", "/name"),
    ("User", "/user"),
    ("Created", "/created_at"),
    ("Expires", "/expires_at"),
    ("Last used", "/last_used_at"),
];

/// What to do with tokens.
#[derive(Debug, clap::Subcommand)]
pub enum TokensCommand {
    /// Makes a token for the first admin and shows it once. Opens the database itself.
    Create {
        #[arg(long)]
        name: String,
        /// Days until it ends; without: never.
        #[arg(long)]
        days: Option<i64>,
    },
    /// Lists tokens, without their text.
    List,
    /// Revokes one at once.
    Revoke { id: String },
}

/// Does it.
pub async fn run(config: impl FnOnce() -> Result<Config>, noun: Noun<TokensCommand>) -> Result<()> {
    match noun.command {
        TokensCommand::Create { name, days } => create(&config()?, &name, days, noun.json).await,
        TokensCommand::List => Desk::open(noun.json)?.list(Ask::get(["tokens"]), &COLUMNS).await,
        TokensCommand::Revoke { id } => Desk::open(noun.json)?.one(Ask::new(Method::DELETE, ["tokens", &id])).await,
    }
}

async fn create(config: &Config, name: &str, days: Option<i64>, as_json: bool) -> Result<()> {
    let workspace = workspace(config).await?;
    let admin = workspace.users().await?.into_iter().find(|user| user.role == Role::Admin).context("there is no admin")?;
    let now = workspace.store().env().now();
    let ends = days.map(|days| now + SignedDuration::from_hours(24 * days));
    let mut step = workspace.begin().await?;
    let (token, text) = step.create_token(&admin.id, name, ends).await?;
    step.audit("operator", "", "token.created", token.id.as_str(), &json!({ "name": name })).await?;
    step.commit().await?;
    if as_json {
        println!("{}", json!({ "token": token, "text": text.expose() }));
    } else {
        println!("{}", text.expose());
    }
    Ok(())
}
