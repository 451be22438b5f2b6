//! The facts about Slack. Their sources are in README.md.

use std::time::Duration;

use connector_kit::EffectClass;
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Limit, Manifest, Permission, Revocation, WebhookFacts};
use model::connection::{Capability, Scope, Way};

pub static MANIFEST: Manifest = Manifest {
    id: "slack",
    name: "Slack",
    category: Category::Communication,
    purpose: "Shares meeting summaries and alerts in channels and direct messages.",
    scope: Scope::Workspace,
    docs: "https://docs.slack.dev/apis/web-api",
    base_url: "https://slack.com/api",
    hosts: &[],
    auth: &[Auth::Code(CodeFlow {
        authorize_url: "https://slack.com/oauth/v2/authorize",
        token_url: "https://slack.com/api/oauth.v2.access",
        revocation: Revocation::Bearer { url: "https://slack.com/api/auth.revoke" },
        scope_separator: ",",
        client_auth: ClientAuth::Body,
        // The app is a confidential one: its secret and the single-use `state` bind the code.
        pkce: false,
        authorize_parameters: &[],
        // `auth.test` needs none.
        permissions: &[],
        fields: &[],
    })],
    flows: &[Flow {
        capability: Capability::Messages,
        way: Way::Push,
        what: "Meeting summaries and alerts",
        permissions: MESSAGES,
        effect: Some(EffectClass::Marker { lag_seconds: 5 }),
        destination: Some("channel or person"),
    }],
    // "Generally one message per second per channel"; kept for the whole workspace.
    limits: &[Limit { calls: 60, per: Duration::from_mins(1) }],
    webhooks: Some(WebhookFacts {
        by_api: false,
        proof: "Signed with the app's signing secret (X-Slack-Signature, HMAC-SHA256), no older than five minutes",
        life: None,
    }),
};

const MESSAGES: &[Permission] = &[
    Permission { scope: "chat:write", reason: "To post messages as the app, and to correct or delete its own." },
    Permission { scope: "channels:read", reason: "To list public channels for you to choose from." },
    Permission { scope: "groups:read", reason: "To list the private channels that the app was invited to." },
    Permission { scope: "channels:join", reason: "To join a public channel that you chose, so that it can post there." },
    Permission { scope: "channels:history", reason: "To find its own message again after a broken connection, and never post it twice." },
    Permission { scope: "groups:history", reason: "To do the same in private channels that it was invited to." },
    Permission { scope: "im:history", reason: "To do the same in its own direct messages." },
    Permission { scope: "im:write", reason: "To open a direct message with a person you chose." },
    Permission { scope: "users:read", reason: "To list people for you to choose from." },
    Permission { scope: "users:read.email", reason: "To find the person to whom an address belongs." },
];
