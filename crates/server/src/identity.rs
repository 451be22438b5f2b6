//! Who is calling: a browser by its session's cookie, a program by its API token; and what they may do. How a password is
//! checked is `password`, the sign-in page is `pages::sign_in`.

use std::net::SocketAddr;
use std::ops::Deref;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use connector_kit::Manifest;
use model::Secret;
use model::change::Origin;
use model::connection::Scope;
use sha2::{Digest, Sha256};
use store::connections::Connection;
use store::users::{Role, User};
use store::{Store, Workspace};
use subtle::ConstantTimeEq;
use sync::Actor;
use url::form_urlencoded;

use crate::app::App;
use crate::page_error::PageError;
use crate::problem::Problem;

/// Who is calling, by session or by token.
#[derive(Clone)]
pub struct Caller {
    pub workspace: Workspace,
    pub user: User,
    /// For the audit trail: `user:usr_…` or `token:tok_…`, and the network address.
    pub actor: Actor,
    /// The session's cookie; `None`: an API token.
    cookie: Option<Secret>,
}

/// A signed-in browser. Whoever is not gets the sign-in page, and then the page that was asked for.
#[derive(Clone)]
pub struct SignedIn(pub Caller);

/// A caller who is an admin of the workspace; anybody else is refused with `forbidden`.
#[derive(Clone)]
pub struct Admin(pub Caller);

impl Deref for SignedIn {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Deref for Admin {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Caller {
    /// Whether they are an admin of the workspace.
    pub fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }

    /// Refuses everybody but admins.
    pub fn require_admin(&self) -> Result<(), Problem> {
        if self.is_admin() { Ok(()) } else { Err(Problem::new("forbidden", "Only an admin of the workspace may do this.")) }
    }

    /// Whether a connection is theirs to look at: the workspace's own are everybody's, personal ones their owner's and the admins'.
    pub fn may_see(&self, manifest: &Manifest, connection: &Connection) -> bool {
        manifest.scope == Scope::Workspace || self.is_admin() || connection.user.as_ref() == Some(&self.user.id)
    }

    /// Whether a connection is theirs to change: the workspace's own are the admins', personal ones their owner's and the admins'.
    pub fn may_change(&self, manifest: &Manifest, connection: &Connection) -> bool {
        self.is_admin() || (manifest.scope == Scope::Personal && connection.user.as_ref() == Some(&self.user.id))
    }

    /// Whether they may begin a connection to this tool.
    pub fn may_connect(&self, manifest: &Manifest) -> bool {
        self.is_admin() || manifest.scope == Scope::Personal
    }

    /// Who changed a record, for the log.
    pub fn origin(&self) -> Origin {
        match self.cookie {
            Some(_) => Origin::Person { id: self.user.id.clone() },
            None => Origin::Api { token: self.actor.name.trim_start_matches("token:").to_owned() },
        }
    }

    /// The token that each form of this session bears; empty for API tokens, which send no forms.
    pub fn form_token(&self) -> String {
        self.cookie.as_ref().map(form_token).unwrap_or_default()
    }

    /// Refuses a form that was not made for this session.
    pub fn check_form(&self, token: &str) -> Result<(), Problem> {
        let own = self.form_token();
        if !own.is_empty() && bool::from(own.as_bytes().ct_eq(token.as_bytes())) {
            return Ok(());
        }
        Err(Problem::new("foreign_origin", "The form was made for another session. Go back, load the page again, and send it again."))
    }

    /// The session's cookie, to end it.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_ref().map(Secret::expose)
    }
}

fn form_token(cookie: &Secret) -> String {
    hex::encode(Sha256::new().chain_update(b"harmony form\0").chain_update(cookie.expose()).chain_update(b"\0form").finalize())
}

/// The network address of whoever sent the request; the last hop that the operator's own proxy saw where there is one.
pub fn address(app: &App, parts: &Parts) -> String {
    let forwarded = || parts.headers.get("x-forwarded-for")?.to_str().ok()?.rsplit(',').next().map(|hop| hop.trim().to_owned());
    let direct = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip().to_string());
    let known = if app.options().behind_proxy { forwarded().or_else(direct) } else { direct() };
    known.unwrap_or_default()
}

/// The session cookie's name. `__Host-` binds it to this host and to HTTPS (RFC 6265bis section 4.1.3.2).
pub fn cookie_name(app: &App) -> &'static str {
    if app.is_secure() { "__Host-harmony" } else { "harmony" }
}

/// A `Set-Cookie` value that scripts cannot read and other sites' forms do not send. `seconds` 0 deletes it.
pub fn set_cookie(app: &App, name: &str, text: &str, seconds: i64) -> String {
    let secure = if app.is_secure() { "; Secure" } else { "" };
    format!("{name}={text}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// A cookie's text.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    all.filter_map(|pair| pair.trim().split_once('=')).find(|(found, _)| *found == name).map(|(_, text)| text)
}

/// Whether a request that changes something comes from a page of this hub: the browser says so in `Sec-Fetch-Site` (Fetch
/// Metadata) or, older ones, in `Origin`. One that says neither is refused.
pub fn require_same_origin(app: &App, parts: &Parts) -> Result<(), Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").map(|site| matches!(site, "same-origin" | "none"));
    let origin = text("origin").map(|origin| {
        let public = app.hub().public_url().origin().ascii_serialization() == origin;
        let host = origin.split_once("://").map(|(_, host)| host);
        public || (host.is_some() && host == text("host"))
    });
    match (site, origin) {
        (Some(false), _) | (_, Some(false)) | (None, None) => {
            Err(Problem::new("foreign_origin", "It did not come from a page of this hub. Open the hub and do it there."))
        }
        _ => Ok(()),
    }
}

async fn by_cookie(app: &App, parts: &Parts) -> Result<Option<Caller>, Problem> {
    let Some(cookie) = cookie(&parts.headers, cookie_name(app)) else { return Ok(None) };
    let store: &Store = app.hub().store();
    let Some(session) = store.session_across_workspaces(cookie).await? else { return Ok(None) };
    let workspace = store.workspace(&session.workspace);
    let Some(user) = workspace.user(&session.user).await? else { return Ok(None) };
    require_same_origin(app, parts)?;
    let actor = Actor { name: format!("user:{}", user.id), address: address(app, parts) };
    Ok(Some(Caller { workspace, user, actor, cookie: Some(Secret::new(cookie.to_owned())) }))
}

async fn by_token(app: &App, parts: &Parts, text: &str) -> Result<Caller, Problem> {
    let refused = || Problem::new("unauthenticated", "This API token is unknown, revoked or expired.");
    let store: &Store = app.hub().store();
    let token = store.find_token_across_workspaces(text).await?.ok_or_else(refused)?;
    let workspace = store.workspace(&token.workspace);
    let user = workspace.user(&token.user).await?.ok_or_else(refused)?;
    workspace.token_used(&token).await?;
    let actor = Actor { name: format!("token:{}", token.id), address: address(app, parts) };
    Ok(Caller { workspace, user, actor, cookie: None })
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
            let bearer =
                value.to_str().ok().and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
            let (_, token) =
                bearer.ok_or_else(|| Problem::new("unauthenticated", "Send the API token as `Authorization: Bearer hmy_…`."))?;
            return by_token(app, parts, token.trim()).await;
        }
        let caller = by_cookie(app, parts).await?;
        caller.ok_or_else(|| Problem::new("unauthenticated", "Send an API token as `Authorization: Bearer hmy_…`, or sign in."))
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.require_admin()?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match by_cookie(app, parts).await {
            Ok(Some(caller)) => Ok(Self(caller)),
            Ok(None) => Err(Redirect::to(&sign_in_address(parts)).into_response()),
            Err(problem) => Err(PageError::from(problem).into_response()),
        }
    }
}

/// The sign-in page, which leads back to the page that was asked for (a form is not sent again).
fn sign_in_address(parts: &Parts) -> String {
    let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
    if parts.method != Method::GET || asked == "/" {
        return "/sign-in".to_owned();
    }
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", asked).finish();
    format!("/sign-in?{query}")
}
