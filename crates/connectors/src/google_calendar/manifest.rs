//! The facts about Google Calendar. Their sources are in README.md.

use std::time::Duration;

use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Limit, Manifest, Permission, Revocation, WebhookFacts};
use model::connection::{Capability, Scope, Way};

pub static MANIFEST: Manifest = Manifest {
    id: "google-calendar",
    name: "Google Calendar",
    category: Category::Calendar,
    purpose: "Brings in your meetings, who takes part, and how to join them.",
    scope: Scope::Personal,
    docs: "https://developers.google.com/workspace/calendar/api/guides/overview",
    base_url: "https://www.googleapis.com/calendar/v3",
    hosts: &[],
    auth: &[Auth::Code(CodeFlow {
        authorize_url: "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: "https://oauth2.googleapis.com/token",
        revocation: Revocation::Post { url: "https://oauth2.googleapis.com/revoke" },
        scope_separator: " ",
        client_auth: ClientAuth::Body,
        pkce: true,
        // Without these two Google gives no refresh token, or none at a second consent.
        authorize_parameters: &[("access_type", "offline"), ("prompt", "consent")],
        permissions: &[Permission {
            scope: "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
            reason: "To see whose account it is, and which calendars you can choose from.",
        }],
        fields: &[],
    })],
    flows: &[Flow {
        capability: Capability::Calendar,
        way: Way::Pull,
        what: "Events with their times, attendees and join links",
        permissions: &[Permission {
            scope: "https://www.googleapis.com/auth/calendar.events.readonly",
            reason: "To read the events of the calendar you choose.",
        }],
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
