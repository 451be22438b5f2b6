//! The steps of the test command, in order: cheap checks first, then what must be built.

use std::process::Command;

use anyhow::{Context, Result};

use super::tally::Tally;
use super::{Run, install, postgres, snapshots};
use crate::finding::{self, Finding};
use crate::{command, contracts, docs, layers, sizes};

/// One step.
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    /// What to do when it fails.
    pub advice: &'static str,
    pub(super) run: fn(&Run) -> Result<Tally>,
}

pub const STEPS: [Step; 13] = [
    Step {
        name: "install",
        what: "what the tests need and this machine lacks: PostgreSQL, cargo-nextest, cargo-deny",
        advice: "Install what it names by hand, then run again.",
        run: |_| install::run().map(|()| Tally::default()),
    },
    Step {
        name: "fmt",
        what: "every file is formatted",
        advice: "Run `cargo fmt --all`.",
        run: |run| check(&mut cargo(run, &["fmt", "--all", "--check"])),
    },
    Step {
        name: "layers",
        what: "dependencies point down, the outside has one owner each, no room names a tool",
        advice: "Move the line to the room that its reason names; the rules stand in xtask/src/layers/rooms.rs.",
        run: |run| layers::check(&run.repository).map(|found| judge(&found)),
    },
    Step {
        name: "sizes",
        what: "files of 400 lines and functions of 60 at most, each file saying what lives in it",
        advice: "Split by reason to change.",
        run: |run| sizes::check(&run.repository).map(|found| judge(&found)),
    },
    Step {
        name: "deny",
        what: "licences, banned crates and sources of everything that is built in",
        advice: "Choose another crate, or change deny.toml with the reason.",
        run: |run| check(&mut cargo(run, &["deny", "--locked", "--log-level", "error", "check", "bans", "licenses", "sources"])),
    },
    Step {
        name: "clippy",
        what: "every lint on every target, warnings denied",
        advice: "Mend the code; an exception is `#[expect(…, reason = \"…\")]`.",
        run: |run| check(&mut cargo(run, &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    },
    Step {
        name: "rustdoc",
        what: "the documentation builds, warnings denied",
        advice: "Mend the links and examples it names.",
        run: |run| check(cargo(run, &["doc", "--locked", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings")),
    },
    Step {
        name: "build",
        what: "the binary and every test, once, for all that follows",
        advice: "Mend what the compiler names.",
        run: |run| command::run(&mut cargo(run, &["build", "--locked", "--workspace", "--all-targets"])).map(|()| Tally::default()),
    },
    Step {
        name: "docs",
        what: "generated regions are fresh, every error code has a page, no link is dead",
        advice: "Run `cargo xtask docs`, and write the pages it names.",
        run: |run| docs::check(&run.repository).map(|found| judge(&found)),
    },
    Step {
        name: "nextest",
        what: "every test, on SQLite and on a PostgreSQL server started for it",
        advice: "Run one test with `cargo xtask test -- NAME`.",
        run: nextest,
    },
    Step {
        name: "contracts",
        what: "every connector was held to its contract; what against, printed",
        advice: "It counts what the step `nextest` left: see docs/ADDING-A-CONNECTOR.md, section 6.",
        run: |run| contracts::report(&run.repository, run.specs.as_deref(), &contracts::folder(&run.repository)).map(|found| judge(&found)),
    },
    Step {
        name: "snapshots",
        what: "no snapshot is left that no test looks at",
        advice: "Delete the files it names.",
        run: |run| snapshots::unreferenced(&run.repository).map(|found| judge(&found)),
    },
    Step { name: "doctest", what: "the examples in the documentation run", advice: "Mend the example.", run: doctest },
];

fn cargo(run: &Run, arguments: &[&str]) -> Command {
    command::cargo(&run.repository, arguments)
}

fn check(command: &mut Command) -> Result<Tally> {
    command::run(command).map(|()| Tally::passed())
}

fn judge(findings: &[Finding]) -> Tally {
    if finding::print(findings) { Tally::passed() } else { Tally::failed() }
}

fn nextest(run: &Run) -> Result<Tally> {
    let server = postgres::Held::start().context("the PostgreSQL server for the tests did not start")?;
    let seen = snapshots::begin(&run.repository)?;
    let counts = contracts::begin(&run.repository)?;
    let mut command = cargo(run, &["nextest", "run", "--locked", "--workspace"]);
    command.args(&run.filter).env("HARMONY_TEST_POSTGRES_URL", server.url());
    command.env("INSTA_UPDATE", "no").env(snapshots::VARIABLE, seen).env(contracts::VARIABLE, counts);
    match &run.specs {
        Some(folder) => {
            command.env("HARMONY_SPECS", folder);
        }
        None => eprintln!("No official descriptions beside the working copy (HARMONY_SPECS): the tests say what they could not validate."),
    }
    Tally::of_nextest(&mut command)
}

fn doctest(run: &Run) -> Result<Tally> {
    Tally::of_doctests(&mut cargo(run, &["test", "--locked", "--workspace", "--doc"]))
}
