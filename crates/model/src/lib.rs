//! Harmony's nouns: what a meeting, a task or a connection *is*. No I/O, no async, no tool.
#![forbid(unsafe_code)]

pub mod action_item;
pub mod activity;
pub mod captions;
pub mod change;
pub mod connection;
pub mod contact;
pub mod env;
pub mod fields;
pub mod ids;
pub mod json;
pub mod meeting;
pub mod message;
pub mod note;
pub mod person;
pub mod record;
pub mod recording;
pub mod secret;
pub mod settings;
pub mod transcript;

pub use action_item::{ActionItem, Priority, Progress};
pub use activity::{Activity, Associations, Deal, DealUpdate};
pub use change::{Change, FieldChange, Operation, Origin};
pub use connection::{Capability, DataKind, Scope, Status, StatusColour, Way};
pub use contact::Contact;
pub use env::Env;
pub use fields::Fields;
pub use ids::{ConnectionId, IntentId, RecordId, RunId, StreamId, TokenId, UserId, WorkspaceId};
pub use meeting::{Identity, Meeting, MeetingRef, MeetingState, Participant, ParticipantKind, When};
pub use message::{Block, Message};
pub use note::Note;
pub use person::Person;
pub use record::{Kind, Record};
pub use recording::{Media, Recording, RecordingKind};
pub use secret::Secret;
pub use settings::Settings;
pub use transcript::{Transcript, Turn};
