//! The facts about Salesforce. Where each was read stands in the README.

use connector_kit::EffectClass;
use connector_kit::manifest::{AppFlow, AppProof, Auth, Category, ClientAuth, CodeFlow, Field, Flow, Manifest, Permission, Revocation};
use model::connection::{Capability, Scope, Way};

/// Salesforce guards data by the user's own rights, not by scopes: one scope opens the API, whatever flows.
const API: Permission = Permission { scope: "api", reason: "To read and write records, as far as the rights of the user who signs in go" };
const STAY: Permission = Permission { scope: "refresh_token", reason: "To stay connected when the session ends" };

const DOMAIN: Field = Field {
    name: "domain",
    label: "Salesforce address",
    secret: false,
    help: "What stands before `.salesforce.com`: `login`, for a sandbox `test`, or your My Domain, such as `acme.my` or `acme--uat.sandbox.my`.",
};
const AUDIENCE: Field = Field {
    name: "audience",
    label: "Kind of organisation",
    secret: false,
    help: "`login` for a production organisation, `test` for a sandbox.",
};
const CONSUMER_KEY: Field = Field {
    name: "client_id",
    label: "Consumer key",
    secret: false,
    help: "Of the External Client App, in Setup under its OAuth settings.",
};
const USERNAME: Field = Field {
    name: "subject",
    label: "Username",
    secret: false,
    help: "The user in whose name Harmony works; an admin approves the app for that user beforehand.",
};
const PRIVATE_KEY: Field = Field {
    name: "private_key",
    label: "Private key",
    secret: true,
    help: "In PEM form; its certificate is uploaded to the External Client App.",
};

const fn pull(capability: Capability, what: &'static str) -> Flow {
    Flow { capability, way: Way::Pull, what, permissions: &[], effect: None, destination: None }
}

const fn push(capability: Capability, what: &'static str, effect: EffectClass, destination: Option<&'static str>) -> Flow {
    Flow { capability, way: Way::Push, what, permissions: &[], effect: Some(effect), destination }
}

pub(super) static MANIFEST: Manifest = Manifest {
    id: "salesforce",
    name: "Salesforce",
    category: Category::Crm,
    purpose: "Logs meetings as events or tasks; keeps contacts, leads and tasks in step; updates opportunities",
    scope: Scope::Workspace,
    docs: "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/",
    base_url: "https://login.salesforce.com",
    hosts: &["salesforce.com"],
    auth: &[
        Auth::Code(CodeFlow {
            authorize_url: "https://{domain}.salesforce.com/services/oauth2/authorize",
            token_url: "https://{domain}.salesforce.com/services/oauth2/token",
            revocation: Revocation::Post { url: "https://{domain}.salesforce.com/services/oauth2/revoke" },
            scope_separator: " ",
            client_auth: ClientAuth::Body,
            pkce: true,
            authorize_parameters: &[],
            permissions: &[API, STAY],
            fields: &[DOMAIN],
        }),
        Auth::App {
            name: "jwt_bearer",
            label: "Service account (JWT bearer)",
            flow: AppFlow {
                token_url: "https://{domain}.salesforce.com/services/oauth2/token",
                grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
                scope: None,
                proof: AppProof::JwtBearer { audience: Some("https://{audience}.salesforce.com"), scopes: &[] },
                parameters: &[],
                fields: &[DOMAIN, AUDIENCE, CONSUMER_KEY, USERNAME, PRIVATE_KEY],
            },
        },
    ],
    flows: &[
        push(
            Capability::Activities,
            "A meeting as an event or a task of its people, with account or opportunity",
            EffectClass::Upsert,
            Some("kind of activity"),
        ),
        pull(Capability::Contacts, "Contacts and leads, and their changes"),
        push(Capability::Contacts, "Participants as contacts; edits of contacts and leads", EffectClass::Upsert, None),
        push(Capability::Deals, "Mapped fields of the opportunity", EffectClass::Upsert, None),
        pull(Capability::Tasks, "Tasks and their changes"),
        push(Capability::Tasks, "Action items as tasks", EffectClass::Upsert, None),
        // A note has no field for our key; it is found by the mark in its title, which every query sees at once.
        push(Capability::Notes, "Notes on the meeting's activity", EffectClass::Marker { lag_seconds: 0 }, None),
    ],
    // The limit is the organisation's own, per 24 hours; each answer tells how much of it is used (`error.rs`, `respite`).
    limits: &[],
    webhooks: None,
};
