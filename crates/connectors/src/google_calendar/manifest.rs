//! The facts about Google Calendar. Their sources are in README.md.

use std::time::Duration;

use connector_kit::manifest::{Category, Flow, Limit, Manifest, Permission, WebhookFacts};
use model::connection::{Capability, Scope, Way};

use crate::google;

const CALENDARS: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events.readonly";

pub static MANIFEST: Manifest = Manifest {
    id: "google-calendar",
    name: "Google Calendar",
    category: Category::Calendar,
    purpose: "Brings in your meetings, who takes part, and how to join them.",
    scope: Scope::Personal,
    docs: "https://developers.google.com/workspace/calendar/api/guides/overview",
    base_url: "https://www.googleapis.com/calendar/v3",
    hosts: &[],
    auth: &[
        google::person(&[Permission { scope: CALENDARS, reason: "To see whose account it is, and which calendars you can choose from." }]),
        google::service_account(&[CALENDARS, EVENTS]),
    ],
    flows: &[Flow {
        capability: Capability::Calendar,
        way: Way::Pull,
        what: "Events with their times, attendees and join links",
        permissions: &[Permission { scope: EVENTS, reason: "To read the events of the calendar you choose." }],
        effect: None,
        destination: Some("calendar"),
    }],
    limits: &[Limit { calls: 600, per: Duration::from_mins(1) }],
    webhooks: Some(WebhookFacts {
        by_api: true,
        proof: "A secret of ours that Google sends back with each message (X-Goog-Channel-Token)",
        life: Some(Duration::from_hours(7 * 24)),
    }),
};
