//! Connecting, reconnecting and disconnecting: what the person's clicks do, apart from the pages that show them.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::locate::locate;
use connector_kit::manifest::{Auth, CodeFlow, Flow, Permission};
use connector_kit::oauth::{self, ClientRegistration, TokenEndpoint, Tokens};
use connector_kit::{Account, Secret};
use model::{ConnectionId, UserId};
use serde_json::json;
use store::Workspace;
use store::connections::Connection;
use store::sign_ins::{SignIn, Taken};
use url::Url;

use crate::actor::Actor;
use crate::credentials::{fields_id, fields_to_secret, tokens_id};
use crate::disconnect::revoke;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::subscriptions::ensure_subscriptions;

/// How long a redirect to a tool may take.
const SIGN_IN_MINUTES: i64 = 10;
/// The act of a person who came back with what ends no sign-in.
const REFUSED: &str = "connection.sign_in_refused";

/// What a person asks when connecting.
#[derive(Debug, Clone)]
pub struct ConnectRequest {
    pub integration: String,
    /// The name of the sign-in in the manifest.
    pub auth: String,
    /// What the person typed, by field name.
    pub fields: BTreeMap<String, String>,
    /// The flows to ask permissions for; empty: all of the tool's.
    pub flows: Vec<(model::Capability, model::Way)>,
    /// The page to come back to, a path of this hub.
    pub return_to: String,
}

/// A connection that was begun.
#[derive(Debug, Clone)]
pub struct Begun {
    pub connection: ConnectionId,
    /// Where to send the person; `None`: it is connected already.
    pub authorize_url: Option<Url>,
}

/// What came back with the person.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    pub state: String,
    pub code: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
    pub iss: Option<String>,
}

/// A sign-in that came back.
#[derive(Debug, Clone)]
pub struct Finished {
    pub connection: ConnectionId,
    pub return_to: String,
    /// Permissions that were asked and not given.
    pub missing: Vec<String>,
}

/// The permissions that these flows need, each with its reason.
pub fn permissions(hub: &Hub, integration: &str, flows: &[(model::Capability, model::Way)]) -> Result<Vec<Permission>> {
    let manifest = hub.connector(integration)?.manifest();
    Ok(manifest.permissions(|flow: &Flow| flows.is_empty() || flows.contains(&(flow.capability, flow.way))))
}

/// Begins a connection: a redirect, or, with credentials of an application, the connection itself.
pub async fn begin(hub: &Hub, workspace: &Workspace, actor: &Actor, user: &UserId, request: &ConnectRequest) -> Result<Begun> {
    let manifest = hub.connector(&request.integration)?.manifest();
    let auth = manifest
        .auth(&request.auth)
        .ok_or_else(|| Error::invalid("auth", format!("{} has no sign-in `{}`", manifest.name, request.auth)))?;
    if matches!(auth, Auth::Code(_)) {
        registered(hub, &request.integration)?;
    }
    let (mut open, secret) = read_fields(auth, &request.fields)?;
    // An address from the configuration stands whatever the tool says.
    if let Some(locator) = hub.connector(&request.integration)?.locator()
        && hub.config(&request.integration).overrides.base_url.is_none()
    {
        locate(locator, hub.network(), hub.reach(&request.integration), &mut open).await;
    }
    let mut connection = Connection::new(hub.env(), &request.integration, &request.auth, Some(user.clone()), open);
    hub.endpoints(&connection)?;
    let mut step = workspace.begin().await?;
    step.create_connection(&connection).await?;
    if !secret.is_empty() {
        step.save_secret(&fields_id(&connection), &fields_to_secret(&secret)).await?;
    }
    step.audit(&actor.name, &actor.address, "connection.begin", connection.id.as_str(), &json!({ "integration": request.integration }))
        .await?;
    step.commit().await?;
    match auth {
        Auth::Code(flow) => {
            let asked: Vec<&str> =
                permissions(hub, &request.integration, &request.flows)?.iter().map(|permission| permission.scope).collect();
            let url = redirect(hub, workspace, user, &connection, flow, &asked, &request.return_to).await?;
            Ok(Begun { connection: connection.id, authorize_url: Some(url) })
        }
        Auth::App { .. } | Auth::ApiToken { .. } | Auth::Password { .. } => {
            let finished = connect_without_person(hub, workspace, actor, &mut connection, auth, secret).await;
            if finished.is_err() {
                let mut step = workspace.begin().await?;
                step.delete_secrets_of(&connection.id).await?;
                step.delete_connection(&connection.id).await?;
                step.commit().await?;
            }
            Ok(Begun { connection: finished?, authorize_url: None })
        }
    }
}

/// Begins a new sign-in for a connection that exists: settings, links and cursors stay. `flows` may ask for more than before.
pub async fn reconnect(
    hub: &Hub,
    workspace: &Workspace,
    actor: &Actor,
    user: &UserId,
    connection: &Connection,
    return_to: &str,
) -> Result<Begun> {
    let (auth, _) = hub.endpoints(connection)?;
    let flows = wanted_flows(connection);
    match auth {
        Auth::Code(flow) => {
            let asked: Vec<&str> = permissions(hub, &connection.integration, &flows)?.iter().map(|permission| permission.scope).collect();
            let url = redirect(hub, workspace, user, connection, flow, &asked, return_to).await?;
            Ok(Begun { connection: connection.id.clone(), authorize_url: Some(url) })
        }
        Auth::App { .. } | Auth::ApiToken { .. } | Auth::Password { .. } => {
            let stored = workspace.load_secret(&fields_id(connection)).await?;
            let stored =
                stored.ok_or_else(|| Error::invalid("fields", "the credentials were deleted when it was disconnected; connect again"))?;
            let secret: BTreeMap<String, Secret> = serde_json::from_str(stored.secret.expose()).unwrap_or_default();
            let id = connect_without_person(hub, workspace, actor, &mut connection.clone(), auth, secret).await?;
            Ok(Begun { connection: id, authorize_url: None })
        }
    }
}

/// The flows that the saved options switch on; none saved: all.
pub fn wanted_flows(connection: &Connection) -> Vec<(model::Capability, model::Way)> {
    let Some(settings) = &connection.settings else { return Vec::new() };
    let on = settings.syncs.iter().filter(|(_, sync)| sync.enabled);
    on.flat_map(|(capability, _)| [(*capability, model::Way::Pull), (*capability, model::Way::Push)]).collect()
}

fn read_fields(auth: &Auth, typed: &BTreeMap<String, String>) -> Result<(BTreeMap<String, String>, BTreeMap<String, Secret>)> {
    let (mut open, mut secret) = (BTreeMap::new(), BTreeMap::new());
    for field in auth.fields() {
        let value = typed.get(field.name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| Error::Invalid { field: field.name, why: format!("{} is needed. {}", field.label, field.help) })?;
        if field.secret {
            secret.insert(field.name.to_owned(), Secret::new(value.to_owned()));
        } else {
            open.insert(field.name.to_owned(), value.to_owned());
        }
    }
    match typed.keys().find(|name| !auth.fields().iter().any(|field| field.name == **name)) {
        Some(name) => Err(Error::invalid("fields", format!("`{name}` is not asked for"))),
        None => Ok((open, secret)),
    }
}

/// The app by which people sign in; without one nobody can, and nothing may be begun.
fn registered<'h>(hub: &'h Hub, integration: &str) -> Result<&'h ClientRegistration> {
    hub.config(integration).client.as_ref().ok_or_else(|| {
        Error::NotSetUp(format!("set `client_id` and `client_secret` under [integrations.{integration}] to let people sign in to it"))
    })
}

async fn redirect(
    hub: &Hub,
    workspace: &Workspace,
    user: &UserId,
    connection: &Connection,
    flow: &CodeFlow,
    scopes: &[&str],
    return_to: &str,
) -> Result<Url> {
    let client = registered(hub, &connection.integration)?;
    let (_, endpoints) = hub.endpoints(connection)?;
    let (state, verifier) = (oauth::random_text(hub.env()), oauth::new_verifier(hub.env()));
    let url = oauth::authorize_address(flow, &endpoints, &client.client_id, &hub.redirect_url(), scopes, &state, &verifier)?;
    let sign_in = SignIn {
        user: user.clone(),
        connection: connection.id.clone(),
        verifier,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        return_to: local_path(return_to),
        expires: hub.env().now() + jiff::SignedDuration::from_mins(SIGN_IN_MINUTES),
    };
    let mut step = workspace.begin().await?;
    step.save_sign_in(&state, &sign_in).await?;
    step.commit().await?;
    Ok(url)
}

/// A path of this hub; anything else becomes the list of integrations.
fn local_path(path: &str) -> String {
    let local = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']);
    if local { path.to_owned() } else { "/settings/integrations".to_owned() }
}

/// Ends a sign-in that came back: state, code, account, permissions; then the connection works.
pub async fn finish(hub: &Hub, workspace: &Workspace, actor: &Actor, user: &UserId, callback: &Callback) -> Result<Finished> {
    let mut step = workspace.begin().await?;
    let sign_in = match step.take_sign_in(&callback.state).await? {
        Taken::Good(sign_in) if sign_in.user == *user => Some(sign_in),
        Taken::Good(_) | Taken::Expired | Taken::Unknown => None,
    };
    if sign_in.is_none() {
        let detail = json!({ "why": Error::UnknownState.to_string() });
        step.audit(&actor.name, &actor.address, REFUSED, "", &detail).await?;
    }
    step.commit().await?;
    let sign_in = sign_in.ok_or(Error::UnknownState)?;
    let connection = workspace.connection(&sign_in.connection).await?.ok_or(Error::UnknownState)?;
    let tokens = match exchange(hub, &connection, callback, &sign_in).await {
        Ok(tokens) => tokens,
        Err(error) => {
            forget_if_new(workspace, &connection).await?;
            let mut step = workspace.begin().await?;
            let detail = json!({ "why": error.to_string() });
            step.audit(&actor.name, &actor.address, REFUSED, connection.id.as_str(), &detail).await?;
            step.commit().await?;
            return Err(error);
        }
    };
    let missing = missing(&sign_in.scopes, tokens.scopes.as_deref());
    let granted = tokens.scopes.clone().unwrap_or_else(|| sign_in.scopes.clone());
    let id = adopt(hub, workspace, actor, &connection, tokens, granted).await?;
    Ok(Finished { connection: id, return_to: sign_in.return_to.replace(connection.id.as_str(), id_of(&connection.id).as_str()), missing })
}

fn id_of(id: &ConnectionId) -> String {
    id.as_str().to_owned()
}

async fn exchange(hub: &Hub, connection: &Connection, callback: &Callback, sign_in: &SignIn) -> Result<Tokens> {
    if let Some(error) = &callback.error {
        let words = callback.error_description.clone().unwrap_or_else(|| error.clone());
        return Err(Error::Denied(words.chars().take(300).collect()));
    }
    let code =
        callback.code.as_deref().filter(|code| !code.is_empty()).ok_or_else(|| Error::invalid("code", "the tool sent no code back"))?;
    let (auth, endpoints) = hub.endpoints(connection)?;
    let Auth::Code(flow) = auth else { return Err(Error::UnknownState) };
    let client = hub.config(&connection.integration).client.as_ref().ok_or(Error::UnknownState)?;
    let endpoint =
        TokenEndpoint { network: hub.network(), reach: hub.reach(&connection.integration), endpoints: &endpoints, env: hub.env() };
    Ok(endpoint.exchange(flow, client, code, &hub.redirect_url(), &sign_in.verifier).await?)
}

/// What was asked and not given. A tool that says nothing of scopes gave all.
fn missing(asked: &[String], granted: Option<&[String]>) -> Vec<String> {
    let Some(granted) = granted else { return Vec::new() };
    let granted: BTreeSet<&str> = granted.iter().map(String::as_str).collect();
    asked.iter().filter(|scope| !granted.contains(scope.as_str())).cloned().collect()
}

/// A connection that never worked leaves nothing behind.
async fn forget_if_new(workspace: &Workspace, connection: &Connection) -> Result<()> {
    if connection.account.is_none() {
        let mut step = workspace.begin().await?;
        step.delete_secrets_of(&connection.id).await?;
        step.delete_connection(&connection.id).await?;
        step.commit().await?;
    }
    Ok(())
}

async fn connect_without_person(
    hub: &Hub,
    workspace: &Workspace,
    actor: &Actor,
    connection: &mut Connection,
    auth: &Auth,
    mut secret: BTreeMap<String, Secret>,
) -> Result<ConnectionId> {
    let (_, endpoints) = hub.endpoints(connection)?;
    let tokens = match auth {
        Auth::App { flow, .. } => {
            secret.extend(connection.fields.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))));
            let endpoint =
                TokenEndpoint { network: hub.network(), reach: hub.reach(&connection.integration), endpoints: &endpoints, env: hub.env() };
            endpoint.grant(flow, &secret).await?
        }
        Auth::Password { .. } => {
            let user = connection.fields.get("user").ok_or_else(|| Error::invalid("user", "the user name is needed"))?;
            let password = secret.get("password").ok_or_else(|| Error::invalid("password", "the password is needed"))?;
            Tokens::of_password(user, password)?
        }
        Auth::Code(_) | Auth::ApiToken { .. } => {
            let access = secret.remove("token").ok_or_else(|| Error::invalid("token", "the API token is needed"))?;
            Tokens { access, refresh: None, expires: None, scopes: None }
        }
    };
    let granted = tokens.scopes.clone().unwrap_or_default();
    adopt(hub, workspace, actor, connection, tokens, granted).await
}

/// Puts tokens into service, once it is known whose account they open: the connection's own, or, where an earlier connection
/// was made to that very account, that one's, with its settings, links and cursors.
async fn adopt(
    hub: &Hub,
    workspace: &Workspace,
    actor: &Actor,
    connection: &Connection,
    tokens: Tokens,
    granted: Vec<String>,
) -> Result<ConnectionId> {
    let mut step = workspace.begin().await?;
    let before = workspace.load_secret(&tokens_id(connection)).await?;
    step.save_secret(&tokens_id(connection), &tokens.to_secret()).await?;
    step.commit().await?;
    let session = hub.session(workspace, connection)?;
    let account = match hub.connector(&connection.integration)?.identify(&session).await {
        Ok(account) => account,
        Err(error) => {
            restore(workspace, connection, before.map(|before| before.secret)).await?;
            forget_if_new(workspace, connection).await?;
            return Err(error.into());
        }
    };
    if let Some(expected) = connection.account.as_ref().filter(|expected| expected.id != account.id) {
        let expected = expected.name.clone();
        revoke(hub, connection, &tokens).await.ok();
        restore(workspace, connection, before.map(|before| before.secret)).await?;
        return Err(Error::OtherAccount { expected, found: account.name });
    }
    let earlier = earlier_connection(workspace, connection, &account).await?;
    let target = earlier.as_ref().unwrap_or(connection);
    let zone = workspace.profile().await?.time_zone;
    let mut step = workspace.begin().await?;
    step.save_secret(&tokens_id(target), &tokens.to_secret()).await?;
    if let Some(earlier) = &earlier {
        if let Some(fields) = workspace.load_secret(&fields_id(connection)).await? {
            step.save_secret(&fields_id(earlier), &fields.secret).await?;
        }
        step.set_sign_in(&earlier.id, &connection.auth, &connection.fields).await?;
        step.delete_secrets_of(&connection.id).await?;
        step.delete_connection(&connection.id).await?;
    }
    step.set_account(&target.id, &account.id, &account.name).await?;
    step.set_granted(&target.id, &granted).await?;
    step.set_connected(&target.id, true).await?;
    step.clear_all_evidence(&target.id).await?;
    crate::options::switch(&mut step, hub, target, &zone, "connect").await?;
    step.audit(
        &actor.name,
        &actor.address,
        "connection.connected",
        target.id.as_str(),
        &json!({ "account": account.name, "granted": granted }),
    )
    .await?;
    step.commit().await?;
    if let Some(connected) = workspace.connection(&target.id).await? {
        ensure_subscriptions(hub, workspace, &connected).await?;
    }
    Ok(target.id.clone())
}

async fn restore(workspace: &Workspace, connection: &Connection, before: Option<Secret>) -> Result<()> {
    let mut step = workspace.begin().await?;
    match before {
        Some(secret) => step.save_secret(&tokens_id(connection), &secret).await.map(drop)?,
        None => step.delete_secret(&tokens_id(connection)).await.map(drop)?,
    }
    step.commit().await?;
    Ok(())
}

async fn earlier_connection(workspace: &Workspace, connection: &Connection, account: &Account) -> Result<Option<Connection>> {
    let all = workspace.connections().await?;
    Ok(all.into_iter().find(|other| {
        other.id != connection.id
            && other.integration == connection.integration
            && other.account.as_ref().is_some_and(|known| known.id == account.id)
    }))
}
