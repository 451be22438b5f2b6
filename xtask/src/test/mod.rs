//! `cargo xtask test`: every check and every test, step by step, and one closing line with the count.

mod install;
pub mod postgres;
mod snapshots;
mod steps;
mod tally;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};

pub use self::steps::{STEPS, Step};
use self::tally::Tally;
use crate::repository::Repository;

/// The step that a filter is for.
const NEXTEST: &str = "nextest";

/// What the steps work with.
struct Run {
    repository: Repository,
    /// The vendors' official descriptions, where they are at hand.
    specs: Option<PathBuf>,
    /// Handed to nextest.
    filter: Vec<String>,
}

/// Runs the steps in order, up to the first that fails. `false`: one failed, and what to do has been printed.
pub fn run(repository: Repository, only: &[String], filter: Vec<String>) -> Result<bool> {
    let wanted = wanted(only, &filter)?;
    let specs = specs(&repository);
    let run = Run { repository, specs, filter };
    let mut total = Tally::default();
    for (at, step) in wanted.iter().enumerate() {
        eprintln!("\n== {}: {}", step.name, step.what);
        let began = Instant::now();
        let tally = (step.run)(&run).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            Tally::failed()
        });
        total = total + tally;
        let seconds = began.elapsed().as_secs_f64();
        if tally.failed > 0 {
            eprintln!("== {} FAILED after {seconds:.1} s. {}", step.name, step.advice);
            eprintln!("   To run it alone: cargo xtask test --only {}", step.name);
            let left: Vec<&str> = wanted[at + 1..].iter().map(|step| step.name).collect();
            if !left.is_empty() {
                eprintln!("   Not run: {}", left.join(", "));
            }
            break;
        }
        eprintln!("== {} ok in {seconds:.1} s", step.name);
    }
    println!("\n{total}");
    Ok(total.failed == 0)
}

fn wanted(only: &[String], filter: &[String]) -> Result<Vec<&'static Step>> {
    for name in only {
        if !STEPS.iter().any(|step| step.name == name) {
            bail!("no step is called `{name}`; there are {}", STEPS.map(|step| step.name).join(", "));
        }
    }
    if !filter.is_empty() && only.iter().any(|name| name != NEXTEST) {
        bail!("what stands after `--` is handed to nextest; it goes with no step but `{NEXTEST}`");
    }
    let only = if filter.is_empty() { only.to_vec() } else { vec![NEXTEST.to_owned()] };
    Ok(STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

/// `HARMONY_SPECS`, else the folder beside the working copy; made absolute, because tests run in their crates' folders.
pub fn specs(repository: &Repository) -> Option<PathBuf> {
    let folder = std::env::var_os("HARMONY_SPECS").map_or_else(|| repository.path("../shared/specs"), PathBuf::from);
    folder.canonicalize().ok().filter(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], filter: &[&str]) -> Result<Vec<&'static str>> {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        wanted(&owned(only), &owned(filter)).map(|steps| steps.into_iter().map(|step| step.name).collect())
    }

    #[test]
    fn a_step_can_be_run_alone_and_a_filter_is_for_nextest() {
        assert_eq!(names(&[], &[]).unwrap(), STEPS.map(|step| step.name));
        assert_eq!(names(&["sizes", "fmt"], &[]).unwrap(), ["fmt", "sizes"]);
        assert_eq!(names(&[], &["a_name"]).unwrap(), ["nextest"]);
        assert_eq!(names(&["nextest"], &["a_name"]).unwrap(), ["nextest"]);
        assert!(names(&["sizes"], &["a_name"]).is_err());
        assert!(names(&["size"], &[]).unwrap_err().to_string().contains("there are install, fmt"));
    }
}
