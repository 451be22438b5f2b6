//! The command line. A noun of the API has a file of its name; `client` asks the hub, `show` prints what it answered.

mod audit;
mod changes;
mod client;
mod connections;
mod input;
mod integrations;
mod meetings;
mod records;
mod runs;
mod setup;
mod show;
mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use tokio::net::TcpListener;

use self::show::Noun;
use crate::config::Config;
use crate::demo::{self, DemoArguments};
use crate::serve::{self, Role};

/// Harmony connects meetings with the tools a team uses.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file; default: harmony.toml, if there is one.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the hub.
    Serve {
        /// Which parts this process runs.
        #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Role::Web, Role::Hooks, Role::Worker])]
        roles: Vec<Role>,
    },
    /// Runs a hub and the emulated tools, with real meetings, on this machine alone.
    Demo(DemoArguments),
    /// Runs the emulated tools alone.
    Sandbox {
        #[arg(long, default_value = "127.0.0.1:9400")]
        listen: SocketAddr,
        /// Where the hub takes people back; may be given several times.
        #[arg(long, default_value = "http://127.0.0.1:8080/connect/callback")]
        redirect_uri: Vec<String>,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Keeps what was done to it in this file, and goes on from there.
        #[arg(long)]
        journal: Option<PathBuf>,
    },
    /// Makes the first workspace and its admin.
    Setup(setup::SetupArguments),
    /// The master key.
    #[command(subcommand)]
    Keys(setup::KeysCommand),
    /// Checks the configuration and the database, and changes nothing.
    Check,
    /// Brings files of meetings in.
    Import {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// The catalogue.
    Integrations(Noun<integrations::IntegrationsCommand>),
    /// Connections to tools.
    Connections(Noun<connections::ConnectionsCommand>),
    /// What syncs did.
    Runs(Noun<runs::RunsCommand>),
    /// Meetings, and where they went.
    Meetings(Noun<meetings::MeetingsCommand>),
    /// What people agreed to do.
    ActionItems(Noun<records::OfMeetingCommand>),
    /// People outside the team.
    Contacts(Noun<records::ContactsCommand>),
    /// What people wrote about meetings.
    Notes(Noun<records::OfMeetingCommand>),
    /// The log of every change, oldest first.
    Changes(changes::ChangesArguments),
    /// API tokens.
    Tokens(Noun<tokens::TokensCommand>),
    /// The audit trail.
    Audit(Noun<audit::AuditCommand>),
    /// Prints what a shell needs to complete these commands.
    Completions { shell: Shell },
}

/// Runs the command; a failure is told in words, with what led to it.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(crate::config::variable("HARMONY_LOG").unwrap_or_else(|| "warn".to_owned())))
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("harmony could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("harmony: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let config = || Config::load(arguments.config.as_deref());
    match arguments.command {
        Command::Serve { roles } => serve::run(&config()?, &roles).await,
        Command::Demo(demo) => demo::run(config()?, &demo).await,
        Command::Sandbox { listen, redirect_uri, seed, journal } => run_sandbox(listen, redirect_uri, seed, journal).await,
        Command::Setup(setup) => setup::setup(&config()?, &setup).await,
        Command::Keys(command) => setup::keys(&config()?, &command).await,
        Command::Check => setup::check(&config()?).await,
        Command::Import { files } => setup::import(&config()?, &files).await,
        Command::Tokens(noun) => tokens::run(config, noun).await,
        Command::Audit(noun) => audit::run(config, noun).await,
        Command::Integrations(noun) => integrations::run(noun).await,
        Command::Connections(noun) => connections::run(noun).await,
        Command::Runs(noun) => runs::run(noun).await,
        Command::Meetings(noun) => meetings::run(noun).await,
        Command::ActionItems(noun) => records::action_items(noun).await,
        Command::Contacts(noun) => records::contacts(noun).await,
        Command::Notes(noun) => records::notes(noun).await,
        Command::Changes(arguments) => changes::run(arguments).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "harmony", &mut std::io::stdout());
            Ok(())
        }
    }
}

async fn run_sandbox(listen: SocketAddr, redirect_uris: Vec<String>, seed: u64, journal: Option<PathBuf>) -> Result<()> {
    let listener = TcpListener::bind(listen).await?;
    let url = format!("http://{}", listener.local_addr()?).parse()?;
    let options = sandbox::Options { specs: crate::config::specs(), redirect_uris, seed, ..sandbox::Options::new(url) };
    let mut sandbox = sandbox::Sandbox::new(options)?;
    if let Some(journal) = journal {
        sandbox = sandbox.with_journal(&journal).await?;
    }
    println!("The emulated tools are at http://{}, one path for each; their control API is /_sandbox", listener.local_addr()?);
    let stop = async {
        if let Err(error) = serve::wait_for_the_end().await {
            tracing::error!(%error, "signals cannot be waited for");
        }
    };
    sandbox::serve(listener, sandbox, stop).await?;
    Ok(())
}
