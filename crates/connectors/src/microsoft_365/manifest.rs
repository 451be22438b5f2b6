//! The facts about Microsoft 365. Their sources are in README.md.

use std::time::Duration;

use connector_kit::manifest::{Category, Flow, Limit, Manifest, Permission, WebhookFacts};
use model::connection::{Capability, Scope, Way};

use crate::microsoft::sign_in;

pub static MANIFEST: Manifest = Manifest {
    id: "microsoft-365",
    name: "Microsoft 365",
    category: Category::Calendar,
    purpose: "Brings in your Outlook meetings, who takes part, and how to join them.",
    scope: Scope::Personal,
    docs: "https://learn.microsoft.com/graph/outlook-calendar-concept-overview",
    base_url: "https://graph.microsoft.com/v1.0",
    hosts: &[],
    auth: &[
        sign_in::by_consent(&[Permission { scope: "User.Read", reason: "To know whose Microsoft 365 account this is." }]),
        sign_in::by_application(),
    ],
    flows: &[Flow {
        capability: Capability::Calendar,
        way: Way::Pull,
        what: "Events with their times, attendees and join links",
        permissions: &[Permission {
            scope: "Calendars.Read",
            reason: "To read the events of the calendar you choose, and hear of changes.",
        }],
        effect: None,
        destination: Some("calendar"),
    }],
    limits: &[Limit { calls: 10_000, per: Duration::from_mins(10) }],
    webhooks: Some(WebhookFacts {
        by_api: true,
        proof: "A secret of ours that Graph repeats in each notification (clientState), after a handshake with the address",
        life: Some(Duration::from_hours(168)),
    }),
};
