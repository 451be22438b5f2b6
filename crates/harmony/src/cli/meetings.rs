//! `harmony meetings`: finding meetings, bringing one in, and where it went.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::Value;

use super::client::Ask;
use super::input;
use super::show::{Column, Desk, Noun, Paging, plain};

const COLUMNS: [Column; 4] =
    [("Id", "/id"), ("Title", "/body/title"), ("Start", "/body/when/start"), ("Participants", "/body/participants/*/person/name")];
const DELIVERIES: [Column; 7] = [
    ("Tool", "/integration"),
    ("Capability", "/capability"),
    ("What", "/label"),
    ("Outcome", "/outcome"),
    ("Reason", "/detail"),
    ("There", "/remote_id"),
    ("Address", "/url"),
];

/// What to do with meetings.
#[derive(Debug, clap::Subcommand)]
pub enum MeetingsCommand {
    /// Lists them, the latest first.
    List {
        /// Those to come, the next one first.
        #[arg(long)]
        upcoming: bool,
        /// A part of the title.
        #[arg(long)]
        search: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Shows one.
    Show { id: String },
    /// Brings one in from a JSON file, `-` is standard input; the same key again updates it.
    Put {
        file: PathBuf,
        /// Your own key of the meeting; default: the file's name without its ending.
        #[arg(long)]
        key: Option<String>,
    },
    /// Lists where one and what belongs to it went.
    Deliveries { id: String },
    /// Prints what was said.
    Transcript { id: String },
}

/// Does it.
pub async fn run(noun: Noun<MeetingsCommand>) -> Result<()> {
    let desk = Desk::open(noun.json)?;
    match noun.command {
        MeetingsCommand::List { upcoming, search, paging } => {
            let ask = Ask::get(["meetings"]).query("upcoming", upcoming.then_some(true)).query("q", search);
            desk.list(paging.of(ask), &COLUMNS).await
        }
        MeetingsCommand::Show { id } => desk.one(Ask::get(["meetings", &id])).await,
        MeetingsCommand::Put { file, key } => {
            let key = key.or_else(|| own_name(&file)).context("standard input has no name: give the meeting's key with --key")?;
            desk.one(Ask::new(Method::PUT, ["meetings", &key]).body(input::json(&file)?)).await
        }
        MeetingsCommand::Deliveries { id } => desk.list(Ask::get(["meetings", &id, "deliveries"]), &DELIVERIES).await,
        MeetingsCommand::Transcript { id } => {
            let answer = desk.ask(Ask::get(["meetings", &id, "transcript"])).await?;
            desk.show(&answer, |value| {
                for turn in value.pointer("/body/turns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
                    let word = |name: &str| plain(turn.get(name).and_then(Value::as_str).unwrap_or_default());
                    println!("{}: {}", word("speaker"), word("text"));
                }
            });
            Ok(())
        }
    }
}

fn own_name(file: &Path) -> Option<String> {
    let name = file.file_stem().and_then(|name| name.to_str());
    name.filter(|name| *name != "-").map(str::to_owned)
}
