//! The facts about monday.com. Where each was read stands in the README.

use std::time::Duration;

use connector_kit::EffectClass;
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Limit, Manifest, Permission, Revocation, WebhookFacts};
use model::connection::{Capability, Scope, Way};

const BOARDS: Permission = Permission { scope: "boards:read", reason: "To list the boards, and to read their columns and items" };
const PEOPLE: Permission = Permission { scope: "users:read", reason: "To know to whom an item is assigned" };

pub(super) static MANIFEST: Manifest = Manifest {
    id: "monday",
    name: "monday.com",
    category: Category::ProjectManagement,
    purpose: "Turns action items into items of a board and follows them both ways",
    scope: Scope::Workspace,
    docs: "https://developer.monday.com/api-reference",
    base_url: "https://api.monday.com",
    hosts: &[],
    auth: &[
        Auth::Code(CodeFlow {
            authorize_url: "https://auth.monday.com/oauth2/authorize",
            token_url: "https://auth.monday.com/oauth_ms/oauth/token",
            revocation: Revocation::Post { url: "https://auth.monday.com/oauth_ms/oauth/revoke" },
            scope_separator: " ",
            client_auth: ClientAuth::Body,
            pkce: true,
            authorize_parameters: &[],
            permissions: &[
                Permission { scope: "me:read", reason: "To know who connected" },
                Permission { scope: "account:read", reason: "To know which account this is" },
            ],
            fields: &[],
        }),
        Auth::ApiToken {
            prefix: "",
            help: "In monday.com: your picture, Developers, API access tokens. The token has all rights of the person who copies it.",
        },
    ],
    flows: &[
        Flow {
            capability: Capability::Tasks,
            way: Way::Push,
            what: "Action items as items of a board's group, each with an update that says where it was agreed",
            permissions: &[
                BOARDS,
                PEOPLE,
                Permission { scope: "boards:write", reason: "To create items and to keep them up to date" },
                Permission { scope: "updates:read", reason: "To see whether an item says already where it was agreed" },
                Permission { scope: "updates:write", reason: "To write below an item where it was agreed" },
            ],
            effect: Some(EffectClass::Marker { lag_seconds: 30 }),
            destination: Some("board and group"),
        },
        Flow {
            capability: Capability::Tasks,
            way: Way::Pull,
            what: "Name, owner, due date, priority and status of the board's items",
            permissions: &[
                BOARDS,
                PEOPLE,
                Permission { scope: "webhooks:write", reason: "To be told of changes at once, and to end that when you disconnect" },
            ],
            effect: None,
            destination: Some("board and group"),
        },
    ],
    // Of the smallest plans; larger ones may make up to 5,000. Calls of a day are the plan's too, and asked for where it matters.
    limits: &[Limit { calls: 1_000, per: Duration::from_mins(1) }],
    webhooks: Some(WebhookFacts {
        by_api: true,
        proof: "A JSON web token under the app's signing secret; for a personal token's webhooks, a secret of ours in the address",
        life: None,
    }),
};
