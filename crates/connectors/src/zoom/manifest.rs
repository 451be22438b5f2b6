//! The facts about Zoom. Their sources are in README.md.

use std::time::Duration;

use connector_kit::manifest::{
    AppFlow, AppProof, Auth, Category, ClientAuth, CodeFlow, Field, Flow, Limit, Manifest, Permission, Revocation, WebhookFacts,
};
use model::connection::{Capability, Scope, Way};

const TOKEN_URL: &str = "https://zoom.us/oauth/token";

pub(super) static MANIFEST: Manifest = Manifest {
    id: "zoom",
    name: "Zoom",
    category: Category::Video,
    purpose: "Brings in cloud recordings with their transcripts, participants and AI summaries.",
    scope: Scope::Personal,
    docs: "https://developers.zoom.us/docs/api/",
    base_url: "https://api.zoom.us/v2",
    // Downloads begin at the account's own web host, such as us02web.zoom.us.
    hosts: &["zoom.us"],
    auth: &[
        Auth::Code(CodeFlow {
            authorize_url: "https://zoom.us/oauth/authorize",
            token_url: TOKEN_URL,
            revocation: Revocation::Post { url: "https://zoom.us/oauth/revoke" },
            scope_separator: " ",
            client_auth: ClientAuth::Basic,
            pkce: true,
            authorize_parameters: &[],
            permissions: &[Permission { scope: "user:read:user", reason: "To know whose Zoom account this is." }],
            fields: &[],
        }),
        Auth::App {
            name: "server_to_server",
            label: "Server-to-server app",
            flow: AppFlow {
                token_url: TOKEN_URL,
                grant_type: "account_credentials",
                scope: None,
                proof: AppProof::Basic,
                parameters: &["account_id"],
                fields: &[ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET],
            },
        },
    ],
    flows: &[Flow {
        capability: Capability::Recordings,
        way: Way::Pull,
        what: "Cloud recordings, transcripts, participants and AI summaries",
        permissions: &[
            Permission {
                scope: "cloud_recording:read:list_user_recordings",
                reason: "To find your cloud recordings and download their transcripts.",
            },
            Permission {
                scope: "cloud_recording:read:list_recording_files",
                reason: "To fetch a recording's video and audio by a fresh link, and to see whether it was deleted.",
            },
            Permission { scope: "meeting:read:list_past_participants", reason: "To know who was in a recorded meeting." },
            Permission { scope: "meeting:read:summary", reason: "To bring in the AI Companion's summary where there is one." },
        ],
        effect: None,
        destination: None,
    }],
    // What a Pro plan allows of heavy calls; light and medium ones may be more, but the whole Zoom account shares them.
    limits: &[Limit { calls: 10, per: Duration::from_secs(1) }],
    webhooks: Some(WebhookFacts {
        by_api: false,
        proof: "Signed with the app's secret token (x-zm-signature, HMAC-SHA256), no older than five minutes",
        life: None,
    }),
};

const ACCOUNT_ID: Field =
    Field { name: "account_id", label: "Account ID", secret: false, help: "From the credentials page of your server-to-server OAuth app." };
const CLIENT_ID: Field = Field { name: "client_id", label: "Client ID", secret: false, help: "From the same page." };
const CLIENT_SECRET: Field = Field {
    name: "client_secret",
    label: "Client secret",
    secret: true,
    help: "From the same page. Give the app the same scopes as listed, with `:admin` at the end.",
};
