//! The command line.

mod integrations;
mod setup;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use tokio::net::TcpListener;

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
        #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Role::Web, Role::Worker])]
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
    /// The catalogue.
    #[command(subcommand)]
    Integrations(integrations::IntegrationsCommand),
    /// API tokens.
    #[command(subcommand)]
    Tokens(setup::TokensCommand),
    /// The master key.
    #[command(subcommand)]
    Keys(setup::KeysCommand),
    /// The audit trail.
    #[command(subcommand)]
    Audit(setup::AuditCommand),
    /// Checks the configuration and the database, and changes nothing.
    Check,
    /// Brings files of meetings in.
    Import {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
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
    if let Command::Integrations(command) = arguments.command {
        return integrations::run(&command);
    }
    let config = Config::load(arguments.config.as_deref())?;
    match arguments.command {
        Command::Serve { roles } => serve::run(&config, &roles).await,
        Command::Demo(demo) => demo::run(config, &demo).await,
        Command::Sandbox { listen, redirect_uri, seed, journal } => run_sandbox(listen, redirect_uri, seed, journal).await,
        Command::Setup(setup) => setup::setup(&config, &setup).await,
        Command::Tokens(command) => setup::tokens(&config, &command).await,
        Command::Keys(command) => setup::keys(&config, &command).await,
        Command::Audit(command) => setup::audit(&config, &command).await,
        Command::Check => setup::check(&config).await,
        Command::Import { files } => setup::import(&config, &files).await,
        Command::Integrations(_) => Ok(()),
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
