//! The facts about Asana. Where each was read stands in the README.

use std::time::Duration;

use connector_kit::EffectClass;
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Limit, Manifest, Permission, Revocation, WebhookFacts};
use model::connection::{Capability, Scope, Way};

/// Whatever is switched on, a project has to be chosen.
const WORKSPACES: Permission = Permission { scope: "workspaces:read", reason: "To list the workspaces whose projects can be chosen" };
const PROJECTS: Permission = Permission { scope: "projects:read", reason: "To list the projects, and to know their priority field" };

pub(super) static MANIFEST: Manifest = Manifest {
    id: "asana",
    name: "Asana",
    category: Category::ProjectManagement,
    purpose: "Turns action items into tasks and follows them both ways",
    scope: Scope::Workspace,
    docs: "https://developers.asana.com/docs/overview",
    base_url: "https://app.asana.com/api/1.0",
    hosts: &[],
    auth: &[
        Auth::Code(CodeFlow {
            authorize_url: "https://app.asana.com/-/oauth_authorize",
            token_url: "https://app.asana.com/-/oauth_token",
            revocation: Revocation::Post { url: "https://app.asana.com/-/oauth_revoke" },
            scope_separator: " ",
            client_auth: ClientAuth::Body,
            pkce: true,
            authorize_parameters: &[],
            permissions: &[Permission { scope: "users:read", reason: "To know who connected, and to whom a task is assigned" }],
            fields: &[],
        }),
        Auth::ApiToken {
            prefix: "Bearer ",
            help: "In Asana: Settings, Apps, View developer console, Create new token. It has all rights of the person who makes it.",
        },
    ],
    flows: &[
        Flow {
            capability: Capability::Tasks,
            way: Way::Push,
            what: "Action items as tasks of a project, with where they were agreed",
            permissions: &[
                WORKSPACES,
                PROJECTS,
                Permission { scope: "tasks:read", reason: "To find what an interrupted write has made, instead of making it twice" },
                Permission { scope: "tasks:write", reason: "To create tasks and to keep them up to date" },
                Permission { scope: "tasks:delete", reason: "To delete a task whose action item was deleted, where you choose so" },
            ],
            effect: Some(EffectClass::ChosenId),
            destination: Some("project"),
        },
        Flow {
            capability: Capability::Tasks,
            way: Way::Pull,
            what: "Name, assignee, due date, priority and completion of the project's tasks",
            permissions: &[
                WORKSPACES,
                PROJECTS,
                Permission { scope: "tasks:read", reason: "To read the project's tasks and what changes in them" },
                Permission { scope: "webhooks:write", reason: "To be told of changes at once" },
                Permission { scope: "webhooks:delete", reason: "To end that when you disconnect" },
            ],
            effect: None,
            destination: Some("project"),
        },
    ],
    // Of a free domain; a paid one may make 1,500. Which one it is, no answer tells.
    limits: &[Limit { calls: 150, per: Duration::from_mins(1) }],
    webhooks: Some(WebhookFacts {
        by_api: true,
        proof: "HMAC-SHA256 of the body under a secret that Asana chooses for the webhook; a replay is known by its signature",
        life: None,
    }),
};
