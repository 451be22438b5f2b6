//! What the tools on Microsoft Graph share: signing in at Entra, Graph's errors and notifications, its time zones and meeting ids.
//! No tool by itself. The sources of each fact are in the tools' README.md.

pub mod error;
pub mod global_object_id;
pub mod notifications;
pub mod sign_in;
pub mod zones;

/// Ids that stay when an item moves between folders. It counts for the request alone, so it stands in each one.
/// <https://learn.microsoft.com/graph/outlook-immutable-id>
pub const IMMUTABLE_IDS: &str = "IdType=\"ImmutableId\"";
