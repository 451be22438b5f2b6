//! The facts about a tool, as data: generated tables, permissions, limits and endpoints all come from here.

use std::time::Duration;

use model::connection::{Capability, Scope, Way};
use serde::Serialize;

use crate::outbound::EffectClass;

/// Where in the catalogue a tool stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Calendar,
    Crm,
    Communication,
    ProjectManagement,
    Video,
    ContactCentre,
}

impl Category {
    /// The heading on the page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Calendar => "Calendar",
            Self::Crm => "CRM",
            Self::Communication => "Communication",
            Self::ProjectManagement => "Project management",
            Self::Video => "Video conferencing",
            Self::ContactCentre => "Contact centre",
        }
    }
}

/// One right to ask for, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permission {
    /// The tool's own name of the scope.
    pub scope: &'static str,
    /// "To …", in words for the person who is asked.
    pub reason: &'static str,
}

/// One way of one capability.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Flow {
    pub capability: Capability,
    pub way: Way,
    /// What flows, in a few words.
    pub what: &'static str,
    /// Asked only when this flow is switched on.
    pub permissions: &'static [Permission],
    /// Push flows alone: what its write endpoint allows after a lost answer.
    pub effect: Option<EffectClass>,
    /// What a destination is called ("calendar", "channel", "team"); `None`: there is no choice.
    pub destination: Option<&'static str>,
}

/// How the client proves itself at a token endpoint (RFC 6749 section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    Basic,
    Body,
}

/// How a sign-in is taken back at the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// RFC 7009: POST `token=…` to this address, with the client's credentials.
    Post { url: &'static str },
    /// POST to this address with the access token as bearer.
    Bearer { url: &'static str },
    /// DELETE this address, followed by the refresh token.
    DeleteRefreshToken { url: &'static str },
    /// The tool has no such call; the secrets are deleted here, and the person is told where to remove the app there.
    Nowhere { remove_at: &'static str },
}

/// A text that the person gives when connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub secret: bool,
    pub help: &'static str,
}

/// OAuth 2.0 authorization code (RFC 6749 section 4.1). Addresses may hold `{field}` for a connect-time field.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CodeFlow {
    pub authorize_url: &'static str,
    pub token_url: &'static str,
    pub revocation: Revocation,
    pub scope_separator: &'static str,
    pub client_auth: ClientAuth,
    /// PKCE S256 (RFC 7636) is sent.
    pub pkce: bool,
    /// Sent along to the authorize page.
    pub authorize_parameters: &'static [(&'static str, &'static str)],
    /// Needed whatever is switched on (to know whose account it is).
    pub permissions: &'static [Permission],
    pub fields: &'static [Field],
}

/// Credentials of an application of its own: the token endpoint gives a token for them, without a person.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AppFlow {
    pub token_url: &'static str,
    pub grant_type: &'static str,
    pub proof: AppProof,
    /// Names of fields sent along as form parameters.
    pub parameters: &'static [&'static str],
    pub fields: &'static [Field],
}

/// How an application proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AppProof {
    /// Fields `client_id` and `client_secret` by HTTP Basic.
    Basic,
    /// A JWT signed with the field `private_key` (PEM), fields `client_id` and `key_id` (RFC 7523 section 2.2), ES256.
    PrivateKeyJwt,
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// `oauth`: redirect and consent.
    Code(CodeFlow),
    /// `client_credentials`, `server_to_server`, `private_key_jwt`: by its own name.
    App { name: &'static str, label: &'static str, flow: AppFlow },
    /// `api_token`: a token that the person copies from the tool; field `token`.
    ApiToken {
        /// Written before the token in the `Authorization` header.
        prefix: &'static str,
        help: &'static str,
    },
    /// By its own name: user name and password with every call (RFC 7617); fields `user` and `password`, and those of the tool.
    Password { name: &'static str, label: &'static str, fields: &'static [Field] },
}

impl Auth {
    /// The name as in the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Code(_) => "oauth",
            Self::App { name, .. } | Self::Password { name, .. } => name,
            Self::ApiToken { .. } => "api_token",
        }
    }

    /// What stands before the token in the `Authorization` header.
    pub const fn prefix(&self) -> &'static str {
        match self {
            Self::Code(_) | Self::App { .. } => "Bearer ",
            Self::ApiToken { prefix, .. } => prefix,
            Self::Password { .. } => "Basic ",
        }
    }

    /// What the person has to type.
    pub const fn fields(&self) -> &'static [Field] {
        match self {
            Self::Code(flow) => flow.fields,
            Self::App { flow, .. } => flow.fields,
            Self::Password { fields, .. } => fields,
            Self::ApiToken { .. } => &[Field { name: "token", label: "API token", secret: true, help: "Copied from the tool's settings." }],
        }
    }
}

/// So many calls in so long a time, per account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit {
    pub calls: u32,
    pub per: Duration,
}

/// How the tool announces changes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WebhookFacts {
    /// Whether the hub subscribes through the API; else the operator enters the address in the tool's app settings once.
    pub by_api: bool,
    /// How the sender is proven, in words.
    pub proof: &'static str,
    /// The longest life of a subscription, where it ends.
    pub life: Option<Duration>,
}

/// All facts about a tool.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Manifest {
    /// Stable id, as in addresses and configuration.
    pub id: &'static str,
    pub name: &'static str,
    pub category: Category,
    /// One line on the card.
    pub purpose: &'static str,
    pub scope: Scope,
    /// The vendor's page about its API or about connecting apps.
    pub docs: &'static str,
    pub base_url: &'static str,
    /// Further hosts to which the credentials may go (downloads); subdomains included.
    pub hosts: &'static [&'static str],
    pub auth: &'static [Auth],
    pub flows: &'static [Flow],
    pub limits: &'static [Limit],
    pub webhooks: Option<WebhookFacts>,
}

impl Manifest {
    /// The flow of that capability and way, if the tool has it.
    pub fn flow(&self, capability: Capability, way: Way) -> Option<&'static Flow> {
        self.flows.iter().find(|flow| flow.capability == capability && flow.way == way)
    }

    /// The sign-in of that name.
    pub fn auth(&self, name: &str) -> Option<&'static Auth> {
        self.auth.iter().find(|auth| auth.name() == name)
    }

    /// Exactly the rights that the given flows need, each once, in a steady order.
    pub fn permissions(&self, wanted: impl Fn(&Flow) -> bool) -> Vec<Permission> {
        let always = self.auth.iter().filter_map(|auth| if let Auth::Code(flow) = auth { Some(flow.permissions) } else { None });
        let asked = self.flows.iter().filter(|flow| wanted(flow)).map(|flow| flow.permissions);
        let mut all: Vec<Permission> = Vec::new();
        for permission in always.chain(asked).flatten() {
            if !all.iter().any(|known| known.scope == permission.scope) {
                all.push(*permission);
            }
        }
        all
    }
}
