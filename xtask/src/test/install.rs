//! Installing by package name what the tests need and the machine lacks. What is there already is left as it is.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::postgres;
use crate::command;

/// A cargo subcommand, in the version that the steps were written for.
struct Tool {
    subcommand: &'static str,
    package: &'static str,
    version: &'static str,
}

const TOOLS: [Tool; 2] = [
    Tool { subcommand: "nextest", package: "cargo-nextest", version: "0.9.143" },
    Tool { subcommand: "deny", package: "cargo-deny", version: "0.20.2" },
];

pub fn run() -> Result<()> {
    postgresql()?;
    TOOLS.iter().try_for_each(Tool::install)
}

fn postgresql() -> Result<()> {
    let Err(lacking) = postgres::Programs::find() else { return Ok(()) };
    eprintln!("{lacking:#}");
    if !command::succeeds(Command::new("apt-get").arg("--version")) {
        bail!("there is no apt-get here: install PostgreSQL {} or later with this system's own means", postgres::OLDEST);
    }
    command::run(&mut apt_get(&["update"]))?;
    command::run(&mut apt_get(&["install", "--yes", "--no-install-recommends", "postgresql"]))?;
    postgres::Programs::find().map(drop).context("the package `postgresql` was installed, and still")
}

/// As root, else by sudo where that asks no password.
fn apt_get(arguments: &[&str]) -> Command {
    let mut command = if postgres::is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "apt-get"]);
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

impl Tool {
    fn install(&self) -> Result<()> {
        if command::succeeds(Command::new("cargo").args([self.subcommand, "--version"])) {
            return Ok(());
        }
        // A debug build: two minutes instead of many, and fast enough for what it has to do.
        let mut command = Command::new("cargo");
        command.args(["install", self.package, "--version", self.version, "--locked", "--debug"]);
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env_remove("CARGO_TARGET_DIR");
        command::run(&mut command)
    }
}
