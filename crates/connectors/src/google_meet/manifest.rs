//! The facts about Google Meet. Their sources are in README.md.

use std::time::Duration;

use connector_kit::manifest::{Category, Flow, Limit, Manifest, Permission, WebhookFacts};
use model::connection::{Capability, Scope, Way};

use crate::google;

const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const CONFERENCES: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
const FILES: &str = "https://www.googleapis.com/auth/drive.meet.readonly";

pub(super) static MANIFEST: Manifest = Manifest {
    id: "google-meet",
    name: "Google Meet",
    category: Category::Video,
    purpose: "Brings in who met, recordings, transcripts and the notes that Gemini took.",
    scope: Scope::Personal,
    docs: "https://developers.google.com/workspace/meet/api/guides/overview",
    base_url: "https://meet.googleapis.com",
    // Drive, Workspace Events and the account's name are services of their own.
    hosts: &["googleapis.com"],
    auth: &[
        google::person(&[Permission { scope: EMAIL, reason: "To know whose Google account this is." }]),
        google::service_account(&[EMAIL, CONFERENCES, FILES]),
    ],
    flows: &[Flow {
        capability: Capability::Recordings,
        way: Way::Pull,
        what: "Conferences with participants, recordings, transcripts and smart notes",
        permissions: &[
            Permission {
                scope: CONFERENCES,
                reason: "To read which conferences were held, who was there and what was said, and to be told of new ones.",
            },
            Permission { scope: FILES, reason: "To fetch the recordings and notes that Meet saved in your Drive, and nothing else there." },
        ],
        effect: None,
        destination: None,
    }],
    limits: &[Limit { calls: 600, per: Duration::from_mins(1) }],
    webhooks: Some(WebhookFacts {
        by_api: true,
        proof: "An identity token of your Pub/Sub push subscription's service account, signed by Google, for this address, good for an hour",
        life: Some(Duration::from_hours(7 * 24)),
    }),
};
