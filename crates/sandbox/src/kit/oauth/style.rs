//! How one tool's authorization server differs from another's, as a value; and the words the two halves of it share. No behaviour.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Authority;

/// The facts of one tool's authorization server.
#[derive(Clone)]
pub struct Style {
    /// The tool's id, which is also its path prefix.
    pub tool: &'static str,
    /// Its name as people know it, for the pages.
    pub name: &'static str,
    pub authorize_path: &'static str,
    pub token_path: &'static str,
    pub revoke_path: Option<&'static str>,
    /// All scopes an app may ask; another one is `invalid_scope`.
    pub scopes: &'static [&'static str],
    /// Name of the authorize parameter that holds the scopes.
    pub scope_param: &'static str,
    pub scope_separator: char,
    /// Who can sign in. The password of everybody is `sandbox`.
    pub accounts: Vec<Account>,
    pub pkce: Pkce,
    pub grants: &'static [GrantKind],
    pub client_auth: &'static [ClientAuth],
    pub token_bodies: &'static [BodyKind],
    pub code_seconds: i64,
    pub access_seconds: Option<i64>,
    pub refresh_seconds: Option<i64>,
    pub refresh: Refresh,
    /// Given the authorize query: does the code yield a refresh token?
    pub offline: fn(&BTreeMap<String, String>) -> bool,
    /// May the person permit only some of the scopes?
    pub partial_consent: bool,
    pub access_prefix: &'static str,
    pub refresh_prefix: &'static str,
    /// The body of a successful token answer.
    pub token_answer: TokenAnswer,
    /// Errors of the token and revoke endpoints.
    pub oauth_error: fn(&OauthError) -> Response,
    /// The tool's 401 and 403 at its API endpoints.
    pub denied: fn(&Denied) -> Response,
    /// Must the client authenticate at the revoke endpoint?
    pub revoke_needs_client: bool,
    /// The answer to a revocation that worked.
    pub revoked_answer: fn() -> Response,
}

impl fmt::Debug for Style {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Style").field("tool", &self.tool).finish_non_exhaustive()
    }
}

/// Writes the body of a token answer.
pub type TokenAnswer = Arc<dyn Fn(&Authority, &Issued) -> Value + Send + Sync>;

/// Somebody who can sign in, or a service identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: String,
    pub email: String,
    pub name: String,
    /// Workspace, portal or account id of the tool.
    pub tenant: String,
}

/// Is a proof key (RFC 7636, S256) asked for?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    Required,
    Optional,
    /// The tool does not know it and takes no notice.
    Ignored,
}

/// A way to get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantKind {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    /// Zoom's server-to-server grant.
    AccountCredentials,
    /// A JWT that is the grant itself (RFC 7523 section 2.1): issued by the client, for the account that its subject names by e-mail,
    /// to one of these audiences or the token endpoint. Whoever registers a client's key has approved it beforehand.
    JwtBearer {
        audiences: &'static [&'static str],
    },
}

impl GrantKind {
    /// The value of `grant_type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::AccountCredentials => "account_credentials",
            Self::JwtBearer { .. } => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

/// How a client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    Basic,
    Body,
    PrivateKeyJwt,
}

/// Where a token request's parameters may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    Form,
    Json,
    Query,
}

/// What becomes of a refresh token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// There are none.
    Never,
    /// It lives on; the answer brings no new one.
    Kept,
    /// It is replaced.
    Rotated {
        /// Used again within this time, it yields the same successor.
        grace_seconds: i64,
        /// Used again later, does it kill all tokens of its consent?
        reuse_revokes_family: bool,
    },
}

/// A token answer, before the tool writes it in its own way.
#[derive(Clone, Debug)]
pub struct Issued {
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub expires_in: Option<i64>,
    pub scopes: Vec<String>,
    pub account: Account,
    pub client_id: String,
    /// The authorize query, where there was one.
    pub params: BTreeMap<String, String>,
    pub grant: GrantKind,
}

/// An error of the token or revoke endpoint.
#[derive(Clone, Debug)]
pub struct OauthError {
    /// RFC 6749 section 5.2.
    pub code: &'static str,
    pub description: String,
    pub status: StatusCode,
    pub reason: OauthReason,
}

/// Why exactly; tools word these differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OauthReason {
    UnknownClient,
    BadSecret,
    UnsupportedGrant,
    MissingParameter,
    UnknownCode,
    ExpiredCode,
    ReusedCode,
    RedirectMismatch,
    BadVerifier,
    UnknownRefresh,
    ExpiredRefresh,
    RevokedRefresh,
    ReusedRefresh,
    BadScope,
    UnknownToken,
    BadAssertion,
    /// An assertion that is the grant itself.
    BadGrant,
    WrongBody,
    UnknownAccount,
}

impl OauthReason {
    pub(super) fn error(self, description: impl Into<String>) -> OauthError {
        let code = match self {
            Self::UnknownClient | Self::BadSecret | Self::BadAssertion => "invalid_client",
            Self::UnsupportedGrant => "unsupported_grant_type",
            Self::MissingParameter | Self::WrongBody | Self::UnknownAccount => "invalid_request",
            Self::BadScope => "invalid_scope",
            Self::UnknownToken => "invalid_token",
            _ => "invalid_grant",
        };
        let status = if code == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        OauthError { code, description: description.into(), status, reason: self }
    }
}

/// Why an API endpoint refuses a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    Missing,
    Unknown,
    Expired,
    Revoked,
    Scope { needed: &'static [&'static str], granted: Vec<String> },
}

/// The scopes an endpoint names.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// Any live token.
    Token,
    /// One of these is enough.
    Any(&'static [&'static str]),
    /// All of these.
    All(&'static [&'static str]),
}

/// Who calls an API endpoint.
#[derive(Clone, Debug)]
pub struct Caller {
    pub account: Account,
    pub scopes: Vec<String>,
    pub client_id: String,
    pub token: String,
}

/// Which token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

/// What an introspection endpoint may tell of a live token.
#[derive(Clone, Debug)]
pub struct TokenFacts {
    pub kind: TokenKind,
    pub account: Account,
    pub scopes: Vec<String>,
    pub client_id: String,
    /// Seconds left; `None` when it does not expire.
    pub expires_in: Option<i64>,
}

/// A registered app.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    pub secret: String,
    /// Compared exactly.
    pub redirect_uris: Vec<String>,
    /// For `private_key_jwt`: an EC P-256 (ES256) or RSA (RS256) public key.
    pub public_key_pem: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("id", &self.id).field("redirect_uris", &self.redirect_uris).finish_non_exhaustive()
    }
}
