//! monday.com's webhooks: the challenge while one is made, who sent one, what it wakes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use connector_kit::signature::{forged, fresh, hmac_sha256, same};
use connector_kit::webhook::{Subscription, SubscriptionRequest};
use connector_kit::{Error, ErrorKind, Handshake, Hints, InboundHook, Result, Secret, Session, WebhookSource, async_trait};
use cynic::MutationBuilder;
use jiff::Timestamp;
use model::connection::Capability;
use serde_json::json;

use super::graphql::{ask, make};
use super::mutation::{ById, CreateWebhook, DeleteWebhook, NewWebhook, WebhookEventType};
use super::wire::{Challenge, Claims};
use super::{Monday, places, push};

/// A webhook is of one event. A new item is none of ours, and whatever is done to ours is one of these.
const EVENTS: [WebhookEventType; 4] =
    [WebhookEventType::ChangeColumnValue, WebhookEventType::ChangeName, WebhookEventType::ItemArchived, WebhookEventType::ItemDeleted];
/// The parameter of the address in which our own secret stands.
const KEY: &str = "key";
/// A challenge is one short word; what is longer is none.
const LONGEST_CHALLENGE: usize = 512;

#[async_trait]
impl WebhookSource for Monday {
    /// By the token that an app's webhooks bear, which binds account, address and time; the body is bound by nothing, and nothing of
    /// it is believed. A personal token's webhooks bear none: the secret in the address proves them.
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        if let Some(answer) = handshake(hook) {
            return Ok(Hints { answer: Some(answer), ..Hints::default() });
        }
        let wake = vec![Capability::Tasks];
        if let (Some(token), Some(secret)) = (hook.header("authorization"), hook.app_secret) {
            let account = Some(account(&claims(token, secret, hook)?));
            return Ok(Hints { wake, account, ..Hints::default() });
        }
        keyed(hook)?;
        Ok(Hints { wake, ..Hints::default() })
    }

    async fn subscribe(&self, session: &Session, request: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        let board = places::chosen(request.destination)?.board;
        let mut url = request.callback.clone();
        url.query_pairs_mut().append_pair(KEY, request.secret.expose());
        let mut made: Vec<String> = Vec::new();
        for event in EVENTS {
            let variables = NewWebhook { board: cynic::Id::new(board), event, url: url.to_string() };
            match make(session, CreateWebhook::build(variables)).await {
                Ok(answer) => made.extend(answer.create_webhook.map(|webhook| webhook.id.into_inner())),
                Err(error) => {
                    // One that stays behind only wakes a stream once more.
                    for id in &made {
                        end(session, id).await.ok();
                    }
                    return Err(explained(error));
                }
            }
        }
        Ok(Some(Subscription { id: made.join(","), resource: None, expires: None, secret: Some(request.secret.clone()) }))
    }

    async fn unsubscribe(&self, session: &Session, subscription: &Subscription) -> Result<()> {
        for id in subscription.id.split(',') {
            end(session, id).await?;
        }
        Ok(())
    }
}

async fn end(session: &Session, id: &str) -> Result<()> {
    match ask(session, DeleteWebhook::build(ById { id: cynic::Id::new(id) })).await {
        Ok(answer) => push::done(answer.delete_webhook.is_some_and(|webhook| webhook.id.inner() == id)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Why monday.com makes no webhook, in most cases.
fn explained(error: Error) -> Error {
    if error.kind != ErrorKind::Invalid {
        return error;
    }
    let message = "monday.com made no webhook: it sends a challenge to the hub's public address, and did not get it back";
    Error { message: message.to_owned(), ..error }
}

/// The challenge comes back as it came, and nothing is believed: it is sent while a webhook is being made, before one is known.
fn handshake(hook: &InboundHook<'_>) -> Option<Handshake> {
    if hook.body.len() > LONGEST_CHALLENGE {
        return None;
    }
    let Challenge { challenge } = serde_json::from_slice(hook.body).ok()?;
    let plausible = !challenge.is_empty() && challenge.bytes().all(|byte| byte.is_ascii_graphic());
    plausible.then(|| Handshake::Body("application/json", json!({ "challenge": challenge }).to_string()))
}

/// A JSON web token (RFC 7519) under HMAC-SHA256, whatever it says of itself.
fn claims(token: &str, secret: &Secret, hook: &InboundHook<'_>) -> Result<Claims> {
    let no_token = || forged("what it bears is no token");
    let token = token.strip_prefix("Bearer ").unwrap_or(token);
    let (signed, signature) = token.rsplit_once('.').ok_or_else(no_token)?;
    same(signature, &URL_SAFE_NO_PAD.encode(hmac_sha256(secret, &[signed.as_bytes()])))?;
    let (_, payload) = signed.split_once('.').ok_or_else(no_token)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| no_token())?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| forged("its token does not say what it is for"))?;
    fresh(Timestamp::from_second(claims.iat).map_err(|_| no_token())?, hook.now)?;
    if claims.exp < hook.now.as_second() {
        return Err(forged("its token has expired"));
    }
    let address = |url: &str| url.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
    if address(&claims.aud) != address(hook.url) {
        return Err(forged("its token is for another address"));
    }
    Ok(claims)
}

fn account(claims: &Claims) -> String {
    claims.account_id.as_str().map_or_else(|| claims.account_id.to_string(), str::to_owned)
}

fn keyed(hook: &InboundHook<'_>) -> Result<()> {
    let secret = hook.subscription_secret.map(Secret::expose).filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| forged("it bears no token, and no secret is known to prove it by"))?;
    let url: url::Url = hook.url.parse().map_err(|_| forged("its address is none"))?;
    let key = url.query_pairs().find(|(name, _)| name == KEY).map(|(_, key)| key.into_owned());
    same(&key.unwrap_or_default(), secret)
}
