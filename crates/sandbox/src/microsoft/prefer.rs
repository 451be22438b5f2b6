//! The `Prefer` headers of a request, as far as Outlook's resources take them.

use axum::http::{HeaderMap, StatusCode};
use jiff::tz::TimeZone;

use super::errors::{bad_request, refuse};
use crate::kit::Refusal;

/// The zones that the emulator knows by their Windows names.
const ZONES: [(&str, &str); 8] = [
    ("UTC", "UTC"),
    ("GMT Standard Time", "Europe/London"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Eastern Standard Time", "America/New_York"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Pacific SA Standard Time", "America/Santiago"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Lord Howe Standard Time", "Australia/Lord_Howe"),
];

/// What was preferred.
#[derive(Clone, Debug)]
pub struct Preferences {
    pub immutable_ids: bool,
    /// As it was named, and what it is.
    pub zone: (String, TimeZone),
    pub page_size: Option<usize>,
}

impl Preferences {
    pub fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut all = Self { immutable_ids: false, zone: ("UTC".to_owned(), TimeZone::UTC), page_size: None };
        let texts = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for (name, value) in texts.flat_map(|text| text.split(',')).filter_map(|one| one.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "idtype" => all.immutable_ids = value == "ImmutableId",
                "outlook.timezone" => {
                    let unknown = || bad_request("TimeZoneNotSupportedException", "The following TimeZone value isn't supported.");
                    all.zone = (value.to_owned(), zone(value).ok_or_else(unknown)?);
                }
                "odata.maxpagesize" => all.page_size = Some(value.parse().map_err(|_| malformed())?),
                _ => {}
            }
        }
        Ok(all)
    }
}

fn malformed() -> Refusal {
    refuse(StatusCode::BAD_REQUEST, "ErrorInvalidParameter", "The page size is no number.")
}

/// A zone by its Windows or its IANA name.
pub fn zone(name: &str) -> Option<TimeZone> {
    let known = ZONES.iter().find(|(windows, _)| *windows == name).map(|(_, iana)| *iana);
    TimeZone::get(known.unwrap_or(name)).ok()
}
