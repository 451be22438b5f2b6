//! A connection: what can flow through one, and its status, which is always computed from evidence.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::Kind;

/// What a tool can be read from or written to for. One stream = connection × capability × way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    Calendar,
    Recordings,
    Activities,
    Contacts,
    Deals,
    Tasks,
    Notes,
    Messages,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Calendar, Self::Recordings, Self::Activities, Self::Contacts, Self::Deals, Self::Tasks, Self::Notes, Self::Messages];

    /// The name as stored and as in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Recordings => "recordings",
            Self::Activities => "activities",
            Self::Contacts => "contacts",
            Self::Deals => "deals",
            Self::Tasks => "tasks",
            Self::Notes => "notes",
            Self::Messages => "messages",
        }
    }

    /// The capability of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str() == name)
    }

    /// The kinds of record that a push of it is made of: a change to one of them wakes it.
    pub const fn made_of(self) -> &'static [Kind] {
        match self {
            Self::Calendar | Self::Recordings => &[],
            Self::Activities | Self::Messages => &[Kind::Meeting, Kind::Transcript, Kind::ActionItem],
            Self::Deals => &[Kind::Meeting],
            Self::Contacts => &[Kind::Contact],
            Self::Tasks => &[Kind::ActionItem],
            Self::Notes => &[Kind::Note],
        }
    }

    /// The switch under which a person finds it.
    pub const fn data_kind(self) -> DataKind {
        match self {
            Self::Calendar | Self::Recordings | Self::Activities | Self::Deals | Self::Messages => DataKind::Meetings,
            Self::Contacts => DataKind::Contacts,
            Self::Tasks => DataKind::ActionItems,
            Self::Notes => DataKind::Notes,
        }
    }
}

/// The four switches of "Configure What Syncs".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    Meetings,
    ActionItems,
    Contacts,
    Notes,
}

impl DataKind {
    /// As the page calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Meetings => "Meeting data",
            Self::ActionItems => "Action items",
            Self::Contacts => "Contacts",
            Self::Notes => "Notes",
        }
    }
}

/// Which way a stream flows, seen from Harmony.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Pull,
    Push,
}

impl Way {
    /// The name as stored and as in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pull, Self::Push].into_iter().find(|way| way.as_str() == name)
    }
}

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One for the whole workspace; an admin connects it.
    Workspace,
    /// One for each member.
    Personal,
}

/// The colour of a status dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatusColour {
    Green,
    Yellow,
    Red,
}

/// The one thing a person can do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    Connect,
    Reconnect,
    ChooseOptions,
    GrantPermission,
    FixSettings,
    ReviewUncertain,
    ReviewHeldBack,
}

/// A connection's status, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Status {
    pub colour: StatusColour,
    /// "Connected", "Needs Attention" or "Disconnected".
    pub label: String,
    /// The evidence in one sentence.
    pub evidence: String,
    /// For yellow and red: when it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Exactly one for yellow and red, none for green.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<NextStep>,
    /// Green alone: everything up to this instant is in step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_sync_as_of: Option<Timestamp>,
    /// A tool's outage or rate limit: not yellow until it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrying_until: Option<Timestamp>,
}

/// What is known of a connection, from which alone its status follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Whether secrets are held at all.
    pub has_credentials: bool,
    /// Whether the person saved the options after connecting.
    pub has_settings: bool,
    /// The tool refused the credentials, since then, for this reason.
    pub refused: Option<(Timestamp, String)>,
    /// A right is missing (403), since then, named.
    pub forbidden: Option<(Timestamp, String)>,
    /// Settings that no longer fit the tool (a field or a destination is gone), since then, named.
    pub misfit: Option<(Timestamp, String)>,
    /// Writes of unknown outcome that wait for a person, and since when.
    pub uncertain: Option<(Timestamp, u64)>,
    /// Deletions or overwrites held back by the brake: since when, and how many.
    pub braked: Option<(Timestamp, String)>,
    /// The tool is slow, down or limits us: since when, and when we try again.
    pub delayed: Option<(Timestamp, Timestamp)>,
    /// The instant up to which every enabled stream is in step.
    pub in_step: Option<Timestamp>,
}

/// How long a tool's outage stays green ("delayed") before it is yellow (FAULTS.md R8).
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

impl Status {
    /// The rule: the first fact that needs a person decides.
    pub fn from_evidence(evidence: &Evidence, now: Timestamp) -> Self {
        if !evidence.has_credentials {
            return Self::stopped(StatusColour::Red, "Not connected.".to_owned(), None, NextStep::Connect);
        }
        let yellow = |text: String, since: Timestamp, step| Self::stopped(StatusColour::Yellow, text, Some(since), step);
        if let Some((since, reason)) = &evidence.refused {
            return yellow(format!("The tool no longer accepts this sign-in: {reason}."), *since, NextStep::Reconnect);
        }
        if let Some((since, right)) = &evidence.forbidden {
            return yellow(format!("A permission is missing: {right}."), *since, NextStep::GrantPermission);
        }
        if let Some((since, what)) = &evidence.misfit {
            return yellow(format!("The settings no longer fit the tool: {what}."), *since, NextStep::FixSettings);
        }
        if let Some((since, count)) = evidence.uncertain {
            return yellow(format!("{count} writes may or may not have arrived; please look."), since, NextStep::ReviewUncertain);
        }
        if let Some((since, what)) = &evidence.braked {
            return yellow(format!("Unusually much at once: {what}."), *since, NextStep::ReviewHeldBack);
        }
        if !evidence.has_settings {
            return Self::green("Connected; choose what syncs to begin.".to_owned(), None, Some(NextStep::ChooseOptions));
        }
        match evidence.delayed {
            Some((since, _)) if now.duration_since(since) > PATIENCE => {
                yellow("The tool has not answered for over an hour.".to_owned(), since, NextStep::Reconnect)
            }
            Some((since, until)) => Self {
                retrying_until: Some(until),
                ..Self::green(format!("Delayed since {}; retrying until {}.", clock(since), clock(until)), evidence.in_step, None)
            },
            None => match evidence.in_step {
                Some(at) => Self::green(format!("In sync as of {}.", clock(at)), Some(at), None),
                None => Self::green("Connected; the first sync has not finished yet.".to_owned(), None, None),
            },
        }
    }

    fn green(evidence: String, in_sync_as_of: Option<Timestamp>, next_step: Option<NextStep>) -> Self {
        Self {
            colour: StatusColour::Green,
            label: "Connected".to_owned(),
            evidence,
            since: None,
            next_step,
            in_sync_as_of,
            retrying_until: None,
        }
    }

    fn stopped(colour: StatusColour, evidence: String, since: Option<Timestamp>, step: NextStep) -> Self {
        let label = if colour == StatusColour::Red { "Disconnected" } else { "Needs Attention" };
        Self { colour, label: label.to_owned(), evidence, since, next_step: Some(step), in_sync_as_of: None, retrying_until: None }
    }
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn connected() -> Evidence {
        Evidence { has_credentials: true, has_settings: true, in_step: Some(at(50)), ..Evidence::default() }
    }

    #[test]
    fn every_yellow_has_one_cause_and_one_step() {
        let cases = [
            Evidence { refused: Some((at(1), "token revoked".into())), ..connected() },
            Evidence { forbidden: Some((at(1), "write".into())), ..connected() },
            Evidence { misfit: Some((at(1), "field gone".into())), ..connected() },
            Evidence { uncertain: Some((at(1), 2)), ..connected() },
            Evidence { braked: Some((at(1), "90 deletions".into())), ..connected() },
        ];
        for case in cases {
            let status = Status::from_evidence(&case, at(60));
            assert_eq!(status.colour, StatusColour::Yellow, "{case:?}");
            assert!(status.next_step.is_some() && status.since == Some(at(1)));
        }
    }

    #[test]
    fn f24_an_outage_is_green_for_an_hour_then_yellow() {
        let case = Evidence { delayed: Some((at(0), at(90))), ..connected() };
        assert_eq!(Status::from_evidence(&case, at(3_600)).colour, StatusColour::Green);
        assert_eq!(Status::from_evidence(&case, at(3_600)).retrying_until, Some(at(90)));
        assert_eq!(Status::from_evidence(&case, at(3_601)).colour, StatusColour::Yellow);
    }

    #[test]
    fn without_credentials_it_is_red_whatever_else() {
        let case = Evidence { has_credentials: false, ..connected() };
        assert_eq!(Status::from_evidence(&case, at(60)).colour, StatusColour::Red);
    }
}
