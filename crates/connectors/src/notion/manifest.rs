//! The facts about Notion. Where each was read stands in the README.

use std::time::Duration;

use connector_kit::EffectClass;
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Limit, Manifest, Revocation, WebhookFacts};
use model::connection::{Capability, Scope, Way};

/// A row is found by our id in its column. How soon a query shows a new row, Notion does not say.
const BY_OUR_ID: EffectClass = EffectClass::Marker { lag_seconds: 10 };

pub(super) static MANIFEST: Manifest = Manifest {
    id: "notion",
    name: "Notion",
    category: Category::ProjectManagement,
    purpose: "Keeps a page for each meeting, and action items as rows that it follows both ways",
    scope: Scope::Workspace,
    docs: "https://developers.notion.com/reference/intro",
    base_url: "https://api.notion.com",
    hosts: &[],
    auth: &[
        Auth::Code(CodeFlow {
            authorize_url: "https://api.notion.com/v1/oauth/authorize",
            token_url: "https://api.notion.com/v1/oauth/token",
            revocation: Revocation::Post { url: "https://api.notion.com/v1/oauth/revoke" },
            scope_separator: " ",
            client_auth: ClientAuth::BasicWithJson,
            pkce: false,
            authorize_parameters: &[("owner", "user")],
            permissions: &[],
            fields: &[],
        }),
        Auth::ApiToken {
            prefix: "Bearer ",
            help: "In Notion: Settings, Connections, Develop or manage integrations, an internal integration with the capabilities to read, \
                   insert and update content and to read users with their addresses. Then, in each database: •••, Connections, add it.",
        },
    ],
    flows: &[
        Flow {
            capability: Capability::Activities,
            way: Way::Push,
            what: "A page for each meeting in a database, with its summary in a box of its own",
            permissions: &[],
            effect: Some(BY_OUR_ID),
            destination: Some("database"),
        },
        Flow {
            capability: Capability::Tasks,
            way: Way::Push,
            what: "Action items as rows of a database, with where they were agreed",
            permissions: &[],
            effect: Some(BY_OUR_ID),
            destination: Some("database"),
        },
        Flow {
            capability: Capability::Tasks,
            way: Way::Pull,
            what: "Title, person, date, priority and status of the database's rows",
            permissions: &[],
            effect: None,
            destination: Some("database"),
        },
    ],
    // An average of three a second; larger plans may make more, which no answer tells.
    limits: &[Limit { calls: 180, per: Duration::from_mins(1) }],
    webhooks: Some(WebhookFacts {
        by_api: false,
        proof: "HMAC-SHA256 of the body under the subscription's verification token; a replay is known by the event's id",
        life: None,
    }),
};
