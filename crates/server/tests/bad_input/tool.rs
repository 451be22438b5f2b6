//! A tool as these tests need it: people sign in to it, it signs its webhooks, and its token endpoint grants what it is told to.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Manifest, Permission, Revocation, WebhookFacts};
use connector_kit::outbound::EffectClass;
use connector_kit::webhook::SubscriptionRequest;
use connector_kit::{
    Account, Connector, Error, Handshake, Hints, InboundHook, Reply, Result, Secret, Session, Subscription, WebhookSource, async_trait,
    signature,
};
use jiff::Timestamp;
use model::connection::{Capability, Scope, Way};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Whose account the tool says it is.
pub const ACCOUNT: &str = "account-1";

pub struct Bell;

static MANIFEST: Manifest = Manifest {
    id: "bell",
    name: "Bell",
    category: Category::ProjectManagement,
    purpose: "Rings",
    scope: Scope::Workspace,
    docs: "https://bell.example/docs",
    base_url: "https://bell.example",
    hosts: &[],
    auth: &[Auth::Code(CodeFlow {
        authorize_url: "https://bell.example/authorize",
        token_url: "https://bell.example/token",
        revocation: Revocation::Nowhere { remove_at: "https://bell.example/apps" },
        scope_separator: " ",
        client_auth: ClientAuth::Basic,
        pkce: true,
        authorize_parameters: &[],
        permissions: &[],
        fields: &[],
    })],
    flows: &[
        Flow {
            capability: Capability::Tasks,
            way: Way::Push,
            what: "action items",
            permissions: &[Permission { scope: "tasks:write", reason: "To write tasks" }],
            effect: Some(EffectClass::Upsert),
            destination: Some("list"),
        },
        Flow {
            capability: Capability::Tasks,
            way: Way::Pull,
            what: "tasks",
            permissions: &[Permission { scope: "tasks:read", reason: "To read tasks" }],
            effect: None,
            destination: Some("list"),
        },
    ],
    limits: &[],
    webhooks: Some(WebhookFacts { by_api: false, proof: "a signature", life: None }),
};

#[async_trait]
impl Connector for Bell {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    async fn identify(&self, _: &Session) -> Result<Account> {
        Ok(Account { id: ACCOUNT.to_owned(), name: "The account".to_owned() })
    }

    fn classify(&self, _: &Reply) -> Option<Error> {
        None
    }

    fn webhooks(&self) -> Option<&dyn WebhookSource> {
        Some(self)
    }
}

/// Signed as Slack and Zoom do: `v0:time:body`, five minutes. What brings a secret comes unsigned, as Notion's first webhook does.
#[async_trait]
impl WebhookSource for Bell {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        let brought = serde_json::from_slice::<Value>(hook.body).ok().and_then(|body| body["secret"].as_str().map(Secret::from));
        if let (None, Some(secret)) = (hook.header("bell-signature"), brought) {
            return Ok(Hints { entrusted: Some(secret), ..Hints::default() });
        }
        let secret = hook.subscription_secret.or(hook.app_secret).ok_or_else(|| signature::forged("there is no secret"))?;
        let time = hook.header("bell-time").unwrap_or_default();
        let right = signature::hmac_hex(secret, &[b"v0:", time.as_bytes(), b":", hook.body]);
        signature::same(hook.header("bell-signature").unwrap_or_default(), &right)?;
        let at = time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        signature::fresh(at.ok_or_else(|| signature::forged("its time is none"))?, hook.now)?;
        let event: Value = serde_json::from_slice(hook.body).map_err(|error| Error::invalid(format!("it cannot be read: {error}")))?;
        let text = |name: &str| event[name].as_str().map(str::to_owned);
        let handshake = text("challenge").map(|text| Handshake::Body("text/plain", text));
        if let Some(answer) = handshake.or_else(|| text("echo").map(|text| Handshake::Header("bell-echo", text))) {
            return Ok(Hints { answer: Some(answer), ..Hints::default() });
        }
        Ok(Hints { wake: vec![Capability::Tasks], account: text("account"), delivery: text("id"), ..Hints::default() })
    }

    async fn subscribe(&self, _: &Session, _: &SubscriptionRequest<'_>) -> Result<Option<Subscription>> {
        Ok(None)
    }

    async fn unsubscribe(&self, _: &Session, _: &Subscription) -> Result<()> {
        Ok(())
    }
}

/// The tool's token endpoint on loopback: it grants the scopes it was told to.
pub struct TokenEndpoint {
    pub address: String,
    pub grants: Arc<Mutex<String>>,
    _server: JoinSet<()>,
}

impl TokenEndpoint {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let grants = Arc::new(Mutex::new("tasks:write tasks:read".to_owned()));
        let router = Router::new().route("/token", post(token)).with_state(Arc::clone(&grants));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, grants, _server: server }
    }
}

async fn token(State(grants): State<Arc<Mutex<String>>>) -> Json<Value> {
    let scope = grants.lock().unwrap().clone();
    Json(json!({ "access_token": "access", "refresh_token": "refresh", "expires_in": 3600, "scope": scope }))
}
