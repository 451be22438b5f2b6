//! The facts about Linear. Where each was read stands in the README.

use std::time::Duration;

use connector_kit::EffectClass;
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Limit, Manifest, Permission, Revocation, WebhookFacts};
use model::connection::{Capability, Scope, Way};

pub(super) static MANIFEST: Manifest = Manifest {
    id: "linear",
    name: "Linear",
    category: Category::ProjectManagement,
    purpose: "Turns action items into issues and follows them both ways",
    scope: Scope::Workspace,
    docs: "https://linear.app/developers/graphql",
    base_url: "https://api.linear.app",
    hosts: &[],
    auth: &[
        Auth::Code(CodeFlow {
            authorize_url: "https://linear.app/oauth/authorize",
            token_url: "https://api.linear.app/oauth/token",
            revocation: Revocation::Post { url: "https://api.linear.app/oauth/revoke" },
            scope_separator: ",",
            client_auth: ClientAuth::Body,
            pkce: true,
            // `actor=app`: issues are made by the app, under its own name, and not by the person who happened to connect it.
            authorize_parameters: &[("actor", "app")],
            permissions: &[Permission { scope: "read", reason: "To know which workspace this is, its teams and its people" }],
            fields: &[],
        }),
        Auth::ApiToken { prefix: "", help: "In Linear: Settings, Security & access, New API key, with the rights to read and to write." },
    ],
    flows: &[
        Flow {
            capability: Capability::Tasks,
            way: Way::Push,
            what: "Action items as issues, with a link to the meeting",
            permissions: &[Permission { scope: "write", reason: "To create issues and to keep them up to date" }],
            effect: Some(EffectClass::ChosenId),
            destination: Some("team"),
        },
        Flow {
            capability: Capability::Tasks,
            way: Way::Pull,
            what: "State, assignee, due date, priority and title of those issues",
            permissions: &[],
            effect: None,
            destination: Some("team"),
        },
    ],
    limits: &[Limit { calls: 5_000, per: Duration::from_hours(1) }],
    webhooks: Some(WebhookFacts {
        by_api: true,
        proof: "HMAC-SHA256 of the body under the subscription's secret, with the time of sending inside the body",
        life: None,
    }),
};
