//! What the emulated tools of Google share: its sign-in and people, `userinfo`, and sealed tokens.

pub mod sealed;
mod sign_in;
pub mod userinfo;

pub use sign_in::{accounts, style};
