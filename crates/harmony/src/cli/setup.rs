//! The operator's commands: first workspace, master key, check, import. They open the database themselves.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use model::{Secret, WorkspaceId};
use serde_json::json;
use store::users::Role;
use store::workspaces::Profile;
use store::{MasterKey, Workspace};
use sync::import::{self, Unsaid};
use sync::meetings::MeetingInput;

use crate::config::{Config, variable};
use crate::env::System;
use crate::serve::{open_hub, open_store, the_workspace};

/// `harmony setup`.
#[derive(Debug, clap::Args)]
pub struct SetupArguments {
    /// The workspace's name.
    #[arg(long, default_value = "My team")]
    workspace: String,
    /// The admin's address. The password is read from the variable `HARMONY_PASSWORD`, else made and shown once.
    #[arg(long)]
    email: String,
    #[arg(long, default_value = "Admin")]
    name: String,
    /// IANA name.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
}

/// `harmony keys`.
#[derive(Debug, clap::Subcommand)]
pub enum KeysCommand {
    /// Makes a new master key, wraps every workspace's key with it, and keeps the old one readable in the key file.
    Rotate,
}

/// Makes the first workspace.
pub async fn setup(config: &Config, arguments: &SetupArguments) -> Result<()> {
    let store = open_store(config).await?;
    if the_workspace(&store).await?.is_some() {
        bail!("there is a workspace already");
    }
    let time_zone = jiff::tz::TimeZone::get(&arguments.time_zone).with_context(|| format!("`{}` is no time zone", arguments.time_zone))?;
    let domain = model::person::email_domain(&arguments.email).with_context(|| format!("`{}` is no e-mail address", arguments.email))?;
    let made = connector_kit::oauth::random_text(&System);
    let password = variable("HARMONY_PASSWORD").unwrap_or_else(|| made[..20].to_owned());
    let workspace = store.workspace(&WorkspaceId::new(&System));
    let hash = server::password::hash(&System, &Secret::new(password.clone())).await.map_err(|problem| anyhow::anyhow!(problem.detail))?;
    let mut step = workspace.begin().await?;
    step.create_workspace(&Profile { name: arguments.workspace.clone(), time_zone, own_domains: vec![domain] }).await?;
    step.create_user(&arguments.email, &arguments.name, Role::Admin, Some(&hash)).await?;
    step.audit("operator", "", "workspace.created", workspace.id().as_str(), &json!({ "name": arguments.workspace })).await?;
    step.commit().await?;
    println!("The workspace {} is ready.", arguments.workspace);
    if variable("HARMONY_PASSWORD").is_none() {
        println!("Sign in as {} with the password {password}", arguments.email);
    }
    Ok(())
}

/// The one workspace, from the database itself.
pub async fn workspace(config: &Config) -> Result<Workspace> {
    let store = open_store(config).await?;
    let id = the_workspace(&store).await?.context("there is no workspace yet; make one with `harmony setup`")?;
    Ok(store.workspace(&id))
}

/// Rotates the master key; a hub that runs meanwhile goes on.
pub async fn keys(config: &Config, command: &KeysCommand) -> Result<()> {
    let KeysCommand::Rotate = command;
    let store = open_store(config).await?;
    let count = store.rotate_master_key(&MasterKey::generate(&System)).await?;
    println!(
        "{count} workspaces are sealed by the new master key. Restart running hubs when convenient; the old key stays in the file until then."
    );
    Ok(())
}

/// Looks at configuration and database.
pub async fn check(config: &Config) -> Result<()> {
    let hub = open_hub(config).await?;
    hub.store().db().ping().await?;
    println!("The configuration fits, and the database answers.");
    for connector in hub.connectors() {
        let manifest = connector.manifest();
        let state =
            if hub.config(manifest.id).client.is_some() { "people can sign in" } else { "no client_id: people cannot sign in by redirect" };
        println!("{:<16} {state}", manifest.id);
    }
    Ok(())
}

/// Imports files into the one workspace. All are read before the first is saved.
pub async fn import(config: &Config, files: &[PathBuf]) -> Result<()> {
    let workspace = workspace(config).await?;
    let mut inputs: Vec<(&str, MeetingInput)> = Vec::with_capacity(files.len());
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).with_context(|| format!("{} has no name", file.display()))?;
        let about = std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?;
        anyhow::ensure!(about.len() <= import::LARGEST as u64, "{name} is longer than {} MB", import::LARGEST >> 20);
        let changed = about.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
        let unsaid = Unsaid { start: changed.unwrap_or_else(|| workspace.store().env().now()), domain: None };
        anyhow::ensure!(
            !inputs.iter().any(|(known, _)| *known == name),
            "two files are called {name}, and the name says which meeting it is"
        );
        let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        inputs.push((name, import::read(name, &bytes, &unsaid).with_context(|| name.to_owned())?));
    }
    for (name, input) in inputs {
        let origin = model::Origin::Upload { name: name.to_owned() };
        let done = sync::meetings::upsert(&workspace, &import::key_of(name), &input, &origin).await?;
        println!("{} {} as {}", if done.created { "created" } else { "updated" }, name, done.id);
    }
    Ok(())
}
