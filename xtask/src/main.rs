//! The project's own automation, `cargo xtask …`: tests, checks and generated documents. Ships in nothing.

mod bench;
mod command;
mod contracts;
mod docs;
mod finding;
mod layers;
mod metadata;
mod new_connector;
mod repository;
mod sizes;
mod test;
mod tokens;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::repository::Repository;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Harmony's automation")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need and this machine lacks, then run every check and every test.
    Test {
        /// Run this step alone (may be repeated); an unknown name lists them all.
        #[arg(long, value_name = "STEP")]
        only: Vec<String>,
        /// Handed to nextest (a test's name, `-E 'package(store)'`, `--no-capture`); runs the step `nextest` alone.
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Check which room may use which, and who may touch the outside.
    Layers,
    /// Check the lengths of files and functions, and that every file says what lives in it.
    Sizes,
    /// Write the generated regions of the documents.
    Docs {
        /// Write nothing; fail where a region is not what it would become.
        #[arg(long)]
        check: bool,
    },
    /// Run the contract tests, and print per tool what was held against its official description.
    Contracts,
    /// Measure the figures to reach beside the least programs that do the same, and print the table.
    Bench(bench::Wish),
    /// Write the folder of a new connector, and its line in the list.
    NewConnector(new_connector::Wish),
    /// Run a PostgreSQL server until standard input ends; its address is the one line printed.
    #[command(hide = true)]
    HoldPostgres,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `false`: it ran, and found something wrong that it has printed.
fn run(command: Command) -> Result<bool> {
    match command {
        Command::Test { only, filter } => test::run(Repository::find()?, &only, filter),
        Command::Layers => layers::check(&Repository::find()?).map(|found| finding::print(&found)),
        Command::Sizes => sizes::check(&Repository::find()?).map(|found| finding::print(&found)),
        Command::Docs { check: true } => docs::check(&Repository::find()?).map(|found| finding::print(&found)),
        Command::Docs { check: false } => docs::write(&Repository::find()?).map(|found| finding::print(&found)),
        Command::Contracts => contracts::run(&Repository::find()?).map(|found| finding::print(&found)),
        Command::Bench(wish) => bench::run(&Repository::find()?, &wish).map(|()| true),
        Command::NewConnector(wish) => new_connector::run(&Repository::find()?, &wish).map(|()| true),
        Command::HoldPostgres => test::postgres::hold().map(|()| true),
    }
}
