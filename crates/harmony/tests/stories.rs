//! Stories: the real binary against the emulated tools, one file for each story.

#[cfg(test)]
#[path = "stories/announced.rs"]
mod announced;
#[cfg(test)]
#[path = "stories/commands.rs"]
mod commands;
#[cfg(test)]
#[path = "stories/demo.rs"]
mod demo;
#[cfg(test)]
#[path = "stories/import.rs"]
mod import;
#[cfg(test)]
#[path = "stories/process.rs"]
mod process;
#[cfg(test)]
#[path = "stories/take_up.rs"]
mod take_up;
