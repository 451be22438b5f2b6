//! The facts about Talkdesk. Where each was read stands in the README.

use std::time::Duration;

use connector_kit::manifest::{AppFlow, AppProof, Auth, Category, Field, Flow, Limit, Manifest, Permission};
use model::connection::{Capability, Scope, Way};

const TOKEN_URL: &str = "https://{account}.talkdeskid{region}/oauth/token";

const ACCOUNT: Field = Field {
    name: "account",
    label: "Account name",
    secret: false,
    help: "The first part of your Talkdesk address: `acme` in acme.mytalkdesk.com.",
};
const REGION: Field =
    Field { name: "region", label: "Region", secret: false, help: "`.com` for the United States, `.eu` for Europe, `ca.com` for Canada." };
const CLIENT_ID: Field =
    Field { name: "client_id", label: "Client ID", secret: false, help: "From the OAuth client in Talkdesk's Builder." };
const CLIENT_SECRET: Field =
    Field { name: "client_secret", label: "Client secret", secret: true, help: "Shown by the Builder when the client was made." };
const KEY_ID: Field =
    Field { name: "key_id", label: "Key ID", secret: false, help: "The id of the public key that the client is known by." };
const PRIVATE_KEY: Field =
    Field { name: "private_key", label: "Private key", secret: true, help: "The elliptic-curve key (P-256) in PEM form, PKCS #8." };

const fn app(proof: AppProof, fields: &'static [Field]) -> AppFlow {
    AppFlow { token_url: TOKEN_URL, grant_type: "client_credentials", scope: None, proof, parameters: &[], fields }
}

pub(super) static MANIFEST: Manifest = Manifest {
    id: "talkdesk",
    name: "Talkdesk",
    category: Category::ContactCentre,
    purpose: "Brings in the recordings of calls, with agents and customer numbers",
    scope: Scope::Workspace,
    docs: "https://docs.talkdesk.com/docs/explore-api",
    base_url: "https://api.talkdeskapp{region}",
    hosts: &[],
    auth: &[
        Auth::App {
            name: "client_credentials",
            label: "Client ID and secret",
            flow: app(AppProof::Basic, &[ACCOUNT, REGION, CLIENT_ID, CLIENT_SECRET]),
        },
        Auth::App {
            name: "private_key_jwt",
            label: "Client ID and signing key",
            flow: app(AppProof::PrivateKeyJwt, &[ACCOUNT, REGION, CLIENT_ID, KEY_ID, PRIVATE_KEY]),
        },
    ],
    flows: &[Flow {
        capability: Capability::Recordings,
        way: Way::Pull,
        what: "Recorded calls with agent, customer number and time",
        permissions: &[
            Permission { scope: "account:read", reason: "To know which Talkdesk account this is" },
            Permission { scope: "data-reports:write", reason: "To ask for the report of calls; Talkdesk has no list of them" },
            Permission { scope: "data-reports:read", reason: "To read that report" },
            Permission { scope: "recordings:read", reason: "To find and fetch the recordings of those calls" },
        ],
        effect: None,
        destination: None,
    }],
    // Talkdesk publishes no number; this is modest, and a 429 is honoured.
    limits: &[Limit { calls: 600, per: Duration::from_mins(1) }],
    // Its events tell of the app's own life alone, and nothing says "recording available".
    webhooks: None,
};
