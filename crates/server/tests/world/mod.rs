//! A hub on a fresh database for the API's tests: two tools that can be signed in to and are never reached, an admin and a member,
//! each with an API token.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Flow, Manifest, Permission, Revocation};
use connector_kit::oauth::ClientRegistration;
use connector_kit::outbound::EffectClass;
use connector_kit::{Account, Connector, Network, Reply, RetryPolicy, Session};
use model::Secret;
use model::connection::{Capability, Scope, Way};
use serde_json::{Value, json};
use server::{App, Doors, ServerOptions};
use store::testing::{self, TestDatabase};
use store::users::Role;
use store::{Store, Workspace};
use sync::{Hub, HubParts, IntegrationConfig};
use tower::ServiceExt;

/// A tool that can be signed in to and is never reached.
struct Unreached(&'static Manifest);

/// Each member has their own.
static NOTEPAD: Manifest = Manifest {
    id: "notepad",
    name: "Notepad",
    category: Category::ProjectManagement,
    purpose: "Keeps notes",
    scope: Scope::Personal,
    docs: "https://notepad.example/docs",
    base_url: "https://notepad.example",
    hosts: &[],
    auth: &[Auth::Code(CodeFlow {
        authorize_url: "https://notepad.example/authorize",
        token_url: "https://notepad.example/token",
        revocation: Revocation::Nowhere { remove_at: "https://notepad.example/apps" },
        scope_separator: " ",
        client_auth: ClientAuth::Basic,
        pkce: true,
        authorize_parameters: &[],
        permissions: &[],
        fields: &[],
    })],
    flows: &[Flow {
        capability: Capability::Notes,
        way: Way::Push,
        what: "notes of meetings",
        permissions: &[Permission { scope: "notes:write", reason: "To write the notes" }],
        effect: Some(EffectClass::Upsert),
        destination: None,
    }],
    limits: &[],
    webhooks: None,
};

/// One serves the whole workspace.
static LEDGER: Manifest = Manifest { id: "ledger", name: "Ledger", category: Category::Crm, scope: Scope::Workspace, ..NOTEPAD };

#[connector_kit::async_trait]
impl Connector for Unreached {
    fn manifest(&self) -> &'static Manifest {
        self.0
    }

    async fn identify(&self, _session: &Session) -> connector_kit::Result<Account> {
        Err(connector_kit::Error::invalid("it is never reached"))
    }

    fn classify(&self, _reply: &Reply) -> Option<connector_kit::Error> {
        None
    }
}

pub type Reached = (StatusCode, HeaderMap, Value);

/// The hub and who is in it.
pub struct World {
    router: Router,
    store: Store,
    workspace: Workspace,
    /// Their API tokens.
    pub admin: String,
    pub member: String,
    _database: TestDatabase,
    _media: tempfile::TempDir,
}

async fn join(workspace: &Workspace, email: &str, role: Role) -> String {
    let mut step = workspace.begin().await.unwrap();
    let user = step.create_user(email, "Somebody", role, None).await.unwrap();
    let (_, text) = step.create_token(&user.id, "test", None).await.unwrap();
    step.commit().await.unwrap();
    text.expose().to_owned()
}

impl World {
    pub async fn new() -> Self {
        Self::behind(Doors::All).await
    }

    /// A process that opens these doors alone.
    pub async fn behind(doors: Doors) -> Self {
        let database = testing::sqlite();
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let media = tempfile::tempdir().unwrap();
        let client = ClientRegistration { client_id: "hub".to_owned(), client_secret: Some(Secret::from("secret")) };
        let set_up = IntegrationConfig { client: Some(client), ..IntegrationConfig::default() };
        let hub = Hub::new(HubParts {
            store: store.clone(),
            connectors: vec![Arc::new(Unreached(&NOTEPAD)), Arc::new(Unreached(&LEDGER))],
            integrations: ["notepad", "ledger"].map(|id| (id.to_owned(), set_up.clone())).into_iter().collect::<BTreeMap<_, _>>(),
            network: Network::new().unwrap(),
            public_url: "http://localhost:8080/".parse().unwrap(),
            media: store::media::MediaStore::open(&format!("file://{}", media.path().display()), &[]).await.unwrap(),
            env: Arc::new(testing::env()),
            policy: RetryPolicy::default(),
        });
        Self {
            router: server::router(App::new(hub, ServerOptions::default()), doors),
            admin: join(&workspace, "admin@demo.example", Role::Admin).await,
            member: join(&workspace, "project.manager@demo.example", Role::Member).await,
            store,
            workspace,
            _database: database,
            _media: media,
        }
    }

    /// One more person of the workspace.
    pub async fn person(&self, email: &str, role: Role) -> String {
        join(&self.workspace, email, role).await
    }

    /// An admin of another workspace.
    pub async fn stranger(&self) -> String {
        join(&testing::workspace(&self.store).await, "admin@demo.example", Role::Admin).await
    }

    async fn ask(&self, request: Request<Body>) -> Reached {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 24).await.unwrap();
        let value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        if !parts.status.is_success() {
            assert_eq!(parts.headers["content-type"], "application/problem+json", "{value}");
            assert_eq!(value["status"], parts.status.as_u16());
        }
        (parts.status, parts.headers, value)
    }

    /// Sends JSON with this token ("": without one).
    pub async fn send(&self, token: &str, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Reached {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            None => Body::empty(),
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        self.ask(request.body(body).unwrap()).await
    }

    /// Sends as the member.
    pub async fn member(&self, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Reached {
        self.send(&self.member, method, path, body, headers).await
    }

    /// Sends any text as the member.
    pub async fn text(&self, method: &str, path: &str, body: &str, kind: &str) -> Reached {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", self.member));
        self.ask(request.header("content-type", kind).body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Begins a connection.
    pub async fn connect(&self, token: &str, integration: &str) -> Reached {
        self.send(token, "POST", "/api/v1/connections", Some(json!({ "integration": integration, "auth": "oauth" })), &[]).await
    }

    /// Sends a form with files and texts as the member (RFC 7578).
    pub async fn import(&self, files: &[(&str, &str)], texts: &[(&str, &str)]) -> Reached {
        let part = |about: String, text: &str| format!("--edge\r\nContent-Disposition: form-data; {about}\r\n\r\n{text}\r\n");
        let files = files.iter().map(|(name, text)| part(format!("name=\"file\"; filename=\"{name}\""), text));
        let texts = texts.iter().map(|(name, text)| part(format!("name=\"{name}\""), text));
        let form: String = files.chain(texts).chain(["--edge--\r\n".to_owned()]).collect();
        self.text("POST", "/api/v1/meetings/import", &form, "multipart/form-data; boundary=edge").await
    }
}

/// A meeting as a caller gives it.
pub fn meeting() -> Value {
    json!({
        "meeting": {
            "title": "Remote control kick-off",
            "when": { "kind": "timed", "start": "2026-01-31T09:00:00Z", "end": "2026-01-31T09:30:00Z" },
            "participants": [{ "person": { "name": "Project Manager", "email": "project.manager@demo.example" }, "attended": true }]
        },
        "transcript": { "turns": [{ "speaker": "Project Manager", "text": "Good morning." }] },
        "action_items": [{ "text": "Send the minutes" }]
    })
}
