//! The facts about HubSpot. Where each was read stands in the README.

use std::time::Duration;

use connector_kit::EffectClass;
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Limit, Manifest, Permission, Revocation, WebhookFacts};
use model::connection::{Capability, Scope, Way};

const READ_CONTACTS: Permission =
    Permission { scope: "crm.objects.contacts.read", reason: "To find the people of a meeting, and to read what was logged for them" };
const WRITE_CONTACTS: Permission = Permission {
    scope: "crm.objects.contacts.write",
    reason: "To write contacts, meetings, notes and tasks (HubSpot guards all four by this one scope)",
};
const READ_COMPANIES: Permission =
    Permission { scope: "crm.objects.companies.read", reason: "To find the companies of a meeting by their domain" };
const READ_DEALS: Permission = Permission { scope: "crm.objects.deals.read", reason: "To find the open deals that a meeting belongs to" };
const WRITE_DEALS: Permission = Permission { scope: "crm.objects.deals.write", reason: "To update the mapped properties of a deal" };
const READ_OWNERS: Permission =
    Permission { scope: "crm.objects.owners.read", reason: "To name the HubSpot user who owns a meeting or task" };
const MARK: Permission = Permission {
    scope: "crm.schemas.contacts.write",
    reason: "To add the property `harmony_id` once, by which the same object is never made twice",
};

const fn pull(capability: Capability, what: &'static str, permissions: &'static [Permission]) -> Flow {
    Flow { capability, way: Way::Pull, what, permissions, effect: None, destination: None }
}

const fn push(capability: Capability, what: &'static str, permissions: &'static [Permission]) -> Flow {
    Flow { capability, way: Way::Push, what, permissions, effect: Some(EffectClass::Upsert), destination: None }
}

/// Searches have a limit of their own (the guide on search: five requests per second per account).
pub(super) const SEARCHES: Limit = Limit { calls: 5, per: Duration::from_secs(1) };

pub(super) static MANIFEST: Manifest = Manifest {
    id: "hubspot",
    name: "HubSpot",
    category: Category::Crm,
    purpose: "Logs meetings on contacts, companies and deals; keeps contacts and tasks in step",
    scope: Scope::Workspace,
    docs: "https://developers.hubspot.com/docs/api-reference/overview",
    base_url: "https://api.hubapi.com",
    hosts: &[],
    auth: &[Auth::Code(CodeFlow {
        authorize_url: "https://app.hubspot.com/oauth/authorize",
        token_url: "https://api.hubapi.com/oauth/v1/token",
        revocation: Revocation::DeleteRefreshToken { url: "https://api.hubapi.com/oauth/v1/refresh-tokens" },
        scope_separator: " ",
        client_auth: ClientAuth::Body,
        // `code_verifier` stands in the token endpoint's description, but no page describes the challenge for such apps.
        pkce: false,
        authorize_parameters: &[],
        permissions: &[Permission { scope: "oauth", reason: "To sign in and to know which HubSpot account this is" }],
        fields: &[],
    })],
    flows: &[
        push(
            Capability::Activities,
            "A meeting on the timeline of its contacts, companies and deal",
            &[READ_CONTACTS, WRITE_CONTACTS, READ_COMPANIES, READ_DEALS, READ_OWNERS, MARK],
        ),
        pull(Capability::Contacts, "Contacts and their changes", &[READ_CONTACTS]),
        push(Capability::Contacts, "Participants as contacts", &[READ_CONTACTS, WRITE_CONTACTS, MARK]),
        push(Capability::Deals, "Mapped properties of the deal", &[READ_DEALS, WRITE_DEALS]),
        pull(Capability::Tasks, "Tasks and their changes", &[READ_CONTACTS, READ_OWNERS]),
        push(Capability::Tasks, "Action items as tasks", &[READ_CONTACTS, WRITE_CONTACTS, READ_COMPANIES, READ_DEALS, READ_OWNERS, MARK]),
        push(
            Capability::Notes,
            "Notes on the timeline of the meeting's contacts, companies and deal",
            &[READ_CONTACTS, WRITE_CONTACTS, READ_COMPANIES, READ_DEALS, MARK],
        ),
    ],
    limits: &[Limit { calls: 110, per: Duration::from_secs(10) }],
    webhooks: Some(WebhookFacts {
        by_api: false,
        proof: "X-HubSpot-Signature-v3: HMAC-SHA256 over method, address, body and time with the app's client secret; five minutes",
        life: None,
    }),
};
