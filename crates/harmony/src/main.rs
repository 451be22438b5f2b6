//! The binary: reads the command line and hands over. What each command does is in the file of its name.
#![forbid(unsafe_code)]

mod alive;
mod cli;
mod config;
mod demo;
mod env;
mod serve;

fn main() -> std::process::ExitCode {
    cli::main()
}
