//! Every HTTP door inward: pages, API, sign-in at tools, inbound webhooks. Decides nothing about syncing.
#![forbid(unsafe_code)]

pub mod app;
mod assets;
pub mod identity;
mod page_error;
pub mod password;
pub mod problem;
mod throttle;

pub use app::{App, ServerOptions};
