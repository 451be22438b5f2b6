//! The query parameters of `events.list`, read and checked against each other. What they select is list.rs.

use jiff::{Timestamp, tz::TimeZone};

use super::errors::{bad_parameter, bad_request};
use crate::kit::Refusal;

/// In which order the rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Unspecified, but stable.
    Stable,
    StartTime,
    Updated,
}

/// A request to list events.
#[derive(Clone, Debug)]
pub struct Ask {
    pub single: bool,
    pub show_deleted: Option<bool>,
    pub order: Order,
    pub time_min: Option<Timestamp>,
    pub time_max: Option<Timestamp>,
    pub updated_min: Option<Timestamp>,
    pub most: usize,
    pub page: Option<String>,
    pub sync: Option<String>,
    pub words: Option<String>,
    pub uid: Option<String>,
    pub types: Vec<String>,
    pub private: Vec<(String, String)>,
    pub shared: Vec<(String, String)>,
    pub zone: Option<TimeZone>,
    pub most_attendees: Option<usize>,
    pairs: Vec<(String, String)>,
}

/// "Several query parameters cannot be specified together with nextSyncToken" (calendar.v3.json, events.list).
const NEVER_WITH_SYNC: [&str; 8] =
    ["iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin"];
/// A reading restricted by these is not followed by a sync token: Google leaves it out with `orderBy`, searches and `updatedMin`.
const NO_SYNC_AFTER: [&str; 6] = ["iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin"];
/// Parameters that do not change which events are meant, and so may differ from the first request.
const FREE: [&str; 11] = [
    "alt",
    "fields",
    "key",
    "maxResults",
    "oauth_token",
    "pageToken",
    "prettyPrint",
    "quotaUser",
    "syncToken",
    "userIp",
    "alwaysIncludeEmail",
];

impl Ask {
    pub fn read(pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        let query = Query(&pairs);
        let order = match query.one("orderBy") {
            None => Order::Stable,
            Some("startTime") => Order::StartTime,
            Some("updated") => Order::Updated,
            Some(_) => return Err(query.invalid("orderBy")),
        };
        let ask = Self {
            single: query.flag("singleEvents")?.unwrap_or(false),
            show_deleted: query.flag("showDeleted")?,
            order,
            time_min: query.moment("timeMin")?,
            time_max: query.moment("timeMax")?,
            updated_min: query.moment("updatedMin")?,
            most: query.count("maxResults")?.unwrap_or(250).min(2500),
            page: query.one("pageToken").map(str::to_owned),
            sync: query.one("syncToken").map(str::to_owned),
            words: query.one("q").map(str::to_lowercase),
            uid: query.one("iCalUID").map(str::to_owned),
            types: query.all("eventTypes"),
            private: query.properties("privateExtendedProperty")?,
            shared: query.properties("sharedExtendedProperty")?,
            zone: query.zone("timeZone")?,
            most_attendees: query.count("maxAttendees")?,
            pairs,
        };
        ask.check()?;
        Ok(ask)
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.order == Order::StartTime && !self.single {
            return Err(bad_parameter("orderBy", "badRequest", "The requested ordering is not available for the particular query."));
        }
        if let (Some(min), Some(max)) = (self.time_min, self.time_max)
            && max <= min
        {
            return Err(bad_parameter("timeMax", "timeRangeEmpty", "The specified time range is empty."));
        }
        if self.sync.is_none() {
            return Ok(());
        }
        if let Some(name) = NEVER_WITH_SYNC.into_iter().find(|name| self.has(name)) {
            let message = format!("Sync token cannot be used together with {name}.");
            return Err(bad_request("badRequest", &message));
        }
        if self.show_deleted == Some(false) {
            let message = "Sync token cannot be used with showDeleted set to false.";
            return Err(bad_request("badRequest", message));
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(own, _)| own == name)
    }

    /// Whether the last page brings a sync token.
    pub fn syncs(&self) -> bool {
        !NO_SYNC_AFTER.into_iter().any(|name| self.has(name))
    }

    /// The parameters that must be equal on every page.
    pub fn of_page(&self) -> String {
        self.print(&[])
    }

    /// The parameters that must be equal from the first reading to every incremental one; a time range and
    /// `showDeleted` belong to the first alone.
    pub fn of_sync(&self) -> String {
        self.print(&["timeMin", "timeMax", "showDeleted"])
    }

    fn print(&self, without: &[&str]) -> String {
        let counts = |name: &str| !FREE.contains(&name) && !without.contains(&name);
        let mut kept: Vec<String> =
            self.pairs.iter().filter(|(name, _)| counts(name)).map(|(name, value)| format!("{name}={value}")).collect();
        kept.sort_unstable();
        kept.join("&")
    }
}

/// Parameters by name, each read as its type or refused.
pub struct Query<'a>(pub &'a [(String, String)]);

impl<'a> Query<'a> {
    pub fn one(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.clone()).collect()
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.one(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.invalid(name)),
        }
    }

    pub fn count(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.one(name) else { return Ok(None) };
        match text.parse::<usize>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(self.invalid(name)),
        }
    }

    pub fn zone(&self, name: &str) -> Result<Option<TimeZone>, Refusal> {
        let known = |zone| TimeZone::get(zone).map_err(|_| self.invalid(name));
        self.one(name).map(known).transpose()
    }

    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let read = |text: &str| {
            // The offset is mandatory (calendar.v3.json), and a Timestamp parses with one only.
            text.parse::<Timestamp>().map_err(|_| bad_parameter(name, "badRequest", "Bad Request"))
        };
        self.one(name).map(read).transpose()
    }

    fn properties(&self, name: &str) -> Result<Vec<(String, String)>, Refusal> {
        let split = |text: String| match text.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(self.invalid(name)),
        };
        self.all(name).into_iter().map(split).collect()
    }

    fn invalid(&self, name: &str) -> Refusal {
        let value = self.one(name).unwrap_or_default();
        bad_parameter(name, "invalidParameter", &format!("Invalid value '{value}' for {name}."))
    }
}
