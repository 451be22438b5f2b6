//! Stories: the real binary against the emulated tools, one file for each story.

#[cfg(test)]
#[path = "stories/demo.rs"]
mod demo;

#[cfg(test)]
#[path = "stories/import.rs"]
mod import;
