//! Typed identifiers: a prefix that tells the noun, then a UUID version 7 (RFC 9562 section 5.7), so ids sort by age.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::env::Env;
use crate::record::Kind;

/// Why a text is not an id of the noun that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id that starts with `{expected}_`")]
pub struct BadId {
    text: String,
    expected: &'static str,
}

fn uuid_v7(env: &dyn Env) -> Uuid {
    let mut random = [0_u8; 10];
    env.fill(&mut random);
    let millis = u64::try_from(env.now().as_millisecond()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn check(text: &str, prefix: &'static str) -> Result<(), BadId> {
    let bad = || BadId { text: text.chars().take(64).collect(), expected: prefix };
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(bad)?;
    let plain = rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if plain { Ok(()) } else { Err(bad()) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new id, from the surroundings' clock and randomness.
            pub fn new(env: &dyn Env) -> Self {
                Self(format!(concat!($prefix, "_{}"), uuid_v7(env).simple()))
            }

            /// The text as stored and shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                check(text, $prefix).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;

            fn try_from(text: String) -> Result<Self, BadId> {
                check(&text, $prefix).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A workspace: the tenant that every other row belongs to.
    WorkspaceId = "wsp";
    /// A person who signs in.
    UserId = "usr";
    /// One connected account of one tool.
    ConnectionId = "con";
    /// One connection × one capability × one way.
    StreamId = "str";
    /// One pass of a stream.
    RunId = "run";
    /// A token with which a caller uses the API.
    TokenId = "tok";
    /// One write to a tool, recorded before its bytes leave.
    IntentId = "int";
}

/// The id of a record in the log; its prefix is the record's kind (`mtg_…`, `act_…`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

impl RecordId {
    /// A new id for a record of this kind.
    pub fn new(kind: Kind, env: &dyn Env) -> Self {
        Self(format!("{}_{}", kind.prefix(), uuid_v7(env).simple()))
    }

    /// The kind that the prefix names.
    pub fn kind(&self) -> Kind {
        Kind::ALL.into_iter().find(|kind| self.0.starts_with(kind.prefix())).unwrap_or(Kind::Meeting)
    }

    /// The text as stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RecordId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for RecordId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        let known = Kind::ALL.into_iter().any(|kind| check(&text, kind.prefix()).is_ok());
        if known {
            Ok(Self(text))
        } else {
            Err(BadId { text: text.chars().take(64).collect(), expected: "mtg, act, ctc, nte, rec or trn" })
        }
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
