//! `harmony connections`: connecting tools, their options, making them sync, and seeing what came of it.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::Ask;
use super::input;
use super::runs;
use super::show::{Column, Desk, Noun, Paging, facts, rows};

const COLUMNS: [Column; 6] = [
    ("Id", "/id"),
    ("Tool", "/integration"),
    ("Account", "/account/name"),
    ("Status", "/status/label"),
    ("Evidence", "/status/evidence"),
    ("Next step", "/status/next_step"),
];
const DESTINATIONS: [Column; 2] = [("Id", "/id"), ("Name", "/name")];
const TESTS: [Column; 3] = [("Option", "/option"), ("Passed", "/passed"), ("Detail", "/detail")];
const PLANNED: [Column; 6] = [
    ("Capability", "/capability"),
    ("Action", "/action"),
    ("Label", "/label"),
    ("Fields", "/fields/*/field"),
    ("Reason", "/reason"),
    ("Record", "/record"),
];

/// Columns of items.
pub const ITEMS: [Column; 7] = [
    ("Item", "/item"),
    ("Label", "/label"),
    ("Capability", "/capability"),
    ("Outcome", "/outcome"),
    ("Reason", "/reason"),
    ("Detail", "/detail"),
    ("At", "/at"),
];

/// What to do with connections.
#[derive(Debug, clap::Subcommand)]
pub enum ConnectionsCommand {
    /// Lists them, with their status.
    List,
    /// Shows one.
    Show { id: String },
    /// Begins a connection to a tool.
    Connect(Connect),
    /// What syncs, which way, how often, where to.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Lists the places to choose from at the tool.
    Destinations {
        id: String,
        /// For what, as `tasks`.
        #[arg(long)]
        capability: String,
    },
    /// Makes one real call for the account and for each option; fails if one does.
    Test { id: String },
    /// Syncs now.
    Sync {
        id: String,
        /// Shows what would be written to the tool, and writes nothing.
        #[arg(long, conflicts_with = "plan")]
        preview: bool,
        /// Applies the plan of a preview; refused if the data have changed since.
        #[arg(long)]
        plan: Option<String>,
    },
    /// Lists runs that did something.
    Runs {
        id: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Lists how each record fared.
    Items {
        id: String,
        /// One outcome alone, as `failed`.
        #[arg(long)]
        outcome: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Tries failing and excluded items again, all or one.
    Retry {
        id: String,
        /// Of the one item, as `tasks`.
        #[arg(long, requires = "item")]
        capability: Option<String>,
        /// The one item's name, as `items` lists it.
        #[arg(long, requires = "capability")]
        item: Option<String>,
    },
    /// Says what came of a write whose outcome is uncertain, as you found it at the tool.
    Settle(Settle),
    /// Lets what the brake holds back (unusually many deletions or overwrites) go on, once.
    Release { id: String },
    /// Finds out what is wrong, and what to do.
    Diagnose { id: String },
    /// Begins a new sign-in to the same account.
    Reconnect { id: String },
    /// Ends a connection; data and links stay.
    Disconnect { id: String },
}

/// A connection to begin.
#[derive(Debug, clap::Args)]
pub struct Connect {
    /// The tool's id, see `harmony integrations list`.
    integration: String,
    /// The way to sign in; default: the tool's first.
    #[arg(long)]
    auth: Option<String>,
    /// Something that this way asks for and that is no secret, as `region=eu`; may be given several times.
    #[arg(long = "field", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// A file of such values as a JSON object, secrets among them; `-` is standard input.
    #[arg(long)]
    fields_from: Option<PathBuf>,
    /// A flow to ask permissions for, as `tasks:push`; may be given several times; none: all.
    #[arg(long = "flow")]
    flows: Vec<String>,
}

/// A person's word about an uncertain write.
#[derive(Debug, clap::Args)]
pub struct Settle {
    id: String,
    #[arg(long)]
    capability: String,
    /// Our record, as `act_…`.
    #[arg(long)]
    record: String,
    /// `true`: the write is at the tool; `false`: it is not, and is sent again.
    #[arg(long, action = clap::ArgAction::Set)]
    found: bool,
    /// The tool's id of it: with it later changes are carried there.
    #[arg(long)]
    remote_id: Option<String>,
}

/// What to do with options.
#[derive(Debug, clap::Subcommand)]
pub enum SettingsCommand {
    /// Shows them; `--json` in the form that `set` takes.
    Get { id: String },
    /// Saves them from a file, `-` is standard input. A file from `get --json` is refused if somebody else saved meanwhile.
    Set { id: String, file: PathBuf },
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is written as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Does it.
pub async fn run(noun: Noun<ConnectionsCommand>) -> Result<()> {
    let desk = Desk::open(noun.json)?;
    match noun.command {
        ConnectionsCommand::List => desk.list(Ask::get(["connections"]), &COLUMNS).await,
        ConnectionsCommand::Show { id } => desk.one(Ask::get(["connections", &id])).await,
        ConnectionsCommand::Connect(connect) => begin(&desk, connect).await,
        ConnectionsCommand::Settings(command) => settings(&desk, command).await,
        ConnectionsCommand::Destinations { id, capability } => {
            let ask = Ask::get(["connections", &id, "destinations"]).query("capability", Some(capability));
            desk.list(ask, &DESTINATIONS).await
        }
        ConnectionsCommand::Test { id } => test(&desk, &id).await,
        ConnectionsCommand::Sync { id, preview, plan } => sync(&desk, &id, preview, plan).await,
        ConnectionsCommand::Runs { id, paging } => runs::list(&desk, &id, paging).await,
        ConnectionsCommand::Items { id, outcome, paging } => {
            desk.list(paging.of(Ask::get(["connections", &id, "items"])).query("outcome", outcome), &ITEMS).await
        }
        ConnectionsCommand::Retry { id, capability, item } => {
            let body = json!({ "capability": capability, "item": item });
            desk.one(Ask::post(["connections", &id, "items", "retry"]).body(body)).await
        }
        ConnectionsCommand::Settle(settle) => {
            let body = json!({
                "capability": settle.capability, "record": settle.record, "found": settle.found, "remote_id": settle.remote_id,
            });
            desk.one(Ask::post(["connections", &settle.id, "items", "settle"]).body(body)).await
        }
        ConnectionsCommand::Release { id } => desk.one(Ask::post(["connections", &id, "release"])).await,
        ConnectionsCommand::Diagnose { id } => desk.one(Ask::get(["connections", &id, "diagnose"])).await,
        ConnectionsCommand::Reconnect { id } => sign_in(&desk, Ask::post(["connections", &id, "reconnect"]).body(json!({}))).await,
        ConnectionsCommand::Disconnect { id } => desk.one(Ask::new(Method::DELETE, ["connections", &id])).await,
    }
}

async fn begin(desk: &Desk, connect: Connect) -> Result<()> {
    let mut fields = match &connect.fields_from {
        Some(file) => match input::json(file)? {
            Value::Object(fields) => fields,
            _ => bail!("{} must hold a JSON object", file.display()),
        },
        None => Map::new(),
    };
    fields.extend(connect.fields.into_iter().map(|(name, value)| (name, Value::from(value))));
    let auth = if let Some(auth) = connect.auth {
        auth
    } else {
        let known = desk.ask(Ask::get(["integrations", &connect.integration])).await?.value;
        known.pointer("/auth/0/name").and_then(Value::as_str).context("this tool has no way to sign in")?.to_owned()
    };
    let body = json!({ "integration": connect.integration, "auth": auth, "fields": fields, "flows": connect.flows });
    sign_in(desk, Ask::post(["connections"]).body(body)).await
}

/// Begins a sign-in, and says where a person goes on with it.
async fn sign_in(desk: &Desk, ask: Ask) -> Result<()> {
    let answer = desk.ask(ask).await?;
    desk.show(&answer, |begun| {
        facts(begun);
        match begun.get("authorize_url").and_then(Value::as_str) {
            Some(url) => println!("Open this address within 10 minutes, in a browser that is signed in to the hub:\n{url}"),
            None => println!("It is connected. Nothing is written to the tool before its settings are saved."),
        }
    });
    Ok(())
}

async fn settings(desk: &Desk, command: SettingsCommand) -> Result<()> {
    let (id, file) = match command {
        SettingsCommand::Get { id } => return desk.one(Ask::get(["connections", &id, "settings"])).await,
        SettingsCommand::Set { id, file } => (id, file),
    };
    let mut given = input::json(&file)?;
    let version = given.get("version").and_then(Value::as_i64);
    let settings = match given.get_mut("settings") {
        Some(settings) => settings.take(),
        None => given,
    };
    desk.one(Ask::new(Method::PUT, ["connections", &id, "settings"]).body(settings).version(version)).await
}

async fn test(desk: &Desk, id: &str) -> Result<()> {
    let answer = desk.ask(Ask::post(["connections", id, "test"])).await?;
    let lines = answer.value.get("items").cloned().unwrap_or_default();
    desk.show(&answer, |_| rows(&lines, &TESTS));
    let all = lines.as_array().map(Vec::as_slice).unwrap_or_default();
    let failed = all.iter().filter(|line| line.get("passed") != Some(&Value::Bool(true))).count();
    if failed == 0 { Ok(()) } else { bail!("{failed} of {} did not pass; `harmony connections diagnose {id}` says what to do", all.len()) }
}

async fn sync(desk: &Desk, id: &str, preview: bool, plan: Option<String>) -> Result<()> {
    let mode = if preview { "preview" } else { "run" };
    let mut body = json!({ "mode": mode });
    if let Some(plan) = plan {
        body["plan"] = Value::from(plan);
    }
    let answer = desk.ask(Ask::post(["connections", id, "sync"]).body(body)).await?;
    desk.show(&answer, |value| match value.get("plan").and_then(Value::as_str) {
        Some(plan) => {
            rows(value.get("lines").unwrap_or(&Value::Null), &PLANNED);
            println!("To apply exactly this: harmony connections sync {id} --plan {plan}");
        }
        None => println!("It runs. `harmony connections runs {id}` shows how far."),
    });
    Ok(())
}
