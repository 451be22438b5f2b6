//! What the emulated tools on Microsoft Graph share: Entra's sign-in, Graph's errors, permissions, preferences, state tokens and
//! subscriptions. No tool by itself.

pub mod access;
pub mod description;
pub mod entra;
pub mod errors;
pub mod prefer;
pub mod subscription;
pub mod subscriptions;
pub mod tokens;
