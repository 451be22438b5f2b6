//! A hub with one tool on a fresh database, a signed-in admin, and a look at everything that a refusal must leave as it was.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use connector_kit::oauth::{ClientRegistration, Overrides};
use connector_kit::{Network, RetryPolicy};
use model::env::Simulated;
use model::{ConnectionId, Secret};
use serde_json::{Value, json};
use server::{App, Doors, ServerOptions, password};
use store::connections::Connection;
use store::testing::{self, TestDatabase};
use store::users::Role;
use store::{Store, Workspace};
use sync::{Hub, HubParts, IntegrationConfig};
use tower::ServiceExt;

use super::tool::{ACCOUNT, Bell, TokenEndpoint};

const PASSWORD: &str = "a long enough password";
/// The secret with which the tool signs for all accounts.
pub const APP_SECRET: &str = "the app's secret";

/// A whole hub in this process.
pub struct World {
    router: Router,
    pub store: Store,
    pub workspace: Workspace,
    pub clock: Arc<Simulated>,
    pub tool: TokenEndpoint,
    /// Of the admin.
    token: String,
    pub cookie: String,
    media: tempfile::TempDir,
    pub engine: &'static str,
    _database: TestDatabase,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// What a program is told: status, code, field.
    pub fn problem(&self) -> (u16, String, String) {
        let body = self.json();
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        assert_eq!((body["status"].as_u64(), text("type")), (Some(self.status.as_u16().into()), format!("/errors/{}", text("code"))));
        assert!(!text("detail").is_empty() && !text("title").is_empty(), "{body}");
        (self.status.as_u16(), text("code"), text("field"))
    }

    pub fn form_token(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"form_token\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Everything that a refusal must leave as it was.
#[derive(Debug, PartialEq)]
pub struct Snapshot {
    log: i64,
    audit: i64,
    connections: Vec<Connection>,
    streams: Vec<String>,
    tokens: usize,
    media: Vec<String>,
}

/// One world on each engine that is at hand.
pub async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for database in testing::databases().await {
        worlds.push(World::on(database).await);
    }
    worlds
}

impl World {
    async fn on(database: TestDatabase) -> Self {
        let engine = database.engine;
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let hash = password::hash(store.env(), &Secret::from(PASSWORD)).await.unwrap();
        let mut step = workspace.begin().await.unwrap();
        let admin = step.create_user("admin@demo.example", "Admin", Role::Admin, Some(&hash)).await.unwrap();
        step.create_user("colleague@demo.example", "Colleague", Role::Admin, Some(&hash)).await.unwrap();
        let (_, token) = step.create_token(&admin.id, "test", None).await.unwrap();
        step.commit().await.unwrap();
        let (media, tool) = (tempfile::tempdir().unwrap(), TokenEndpoint::start().await);
        let client = ClientRegistration { client_id: "hub".to_owned(), client_secret: Some(Secret::from("secret")) };
        let integration = IntegrationConfig {
            client: Some(client),
            overrides: Overrides { token_url: Some(format!("{}/token", tool.address)), ..Overrides::default() },
            webhook_secret: Some(Secret::from(APP_SECRET)),
            allow_private_network: true,
            ..IntegrationConfig::default()
        };
        let hub = Hub::new(HubParts {
            store: store.clone(),
            connectors: vec![Arc::new(Bell)],
            integrations: BTreeMap::from([("bell".to_owned(), integration)]),
            network: Network::new().unwrap(),
            public_url: "http://localhost:8080/".parse().unwrap(),
            media: store::media::MediaStore::open(&format!("file://{}", media.path().display()), &[]).await.unwrap(),
            env: clock.clone(),
            policy: RetryPolicy::default(),
        });
        let router = server::router(App::new(hub, ServerOptions::default()), Doors::All);
        let token = token.expose().to_owned();
        let mut world = Self { router, store, workspace, clock, tool, token, cookie: String::new(), media, engine, _database: database };
        world.cookie = world.sign_in("admin").await;
        world
    }

    /// Signs somebody in; the cookie.
    pub async fn sign_in(&self, name: &str) -> String {
        let form = format!("email={name}%40demo.example&password={}", PASSWORD.replace(' ', "+"));
        let request = Request::post("/sign-in").header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let done = self.send(request.body(Body::from(form)).unwrap()).await;
        done.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 26).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    fn api(&self, method: &str, path: &str) -> Builder {
        Request::builder().method(method).uri(format!("/api/v1{path}")).header("authorization", format!("Bearer {}", self.token))
    }

    /// Any bytes as a JSON body.
    pub async fn json(&self, method: &str, path: &str, body: impl Into<Bytes>) -> Answer {
        let request = self.api(method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.into())).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.api("GET", path).body(Body::empty()).unwrap()).await
    }

    /// A page, as the browser of this cookie.
    pub async fn page(&self, cookie: &str, path: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    /// A form of the admin's browser.
    pub async fn form(&self, path: &str, form: String) -> Answer {
        let request = Request::post(path).header("cookie", &self.cookie).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// A form with files (RFC 7578), as a program or as the admin's browser.
    pub async fn upload(&self, path: &str, parts: &[Part<'_>]) -> Answer {
        let request = match path.strip_prefix("/api/v1") {
            Some(path) => self.api("POST", path),
            None => Request::post(path).header("cookie", &self.cookie).header("sec-fetch-site", "same-origin"),
        };
        let mut form = Vec::new();
        for part in parts {
            let file = part.file.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
            form.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{}\"{file}\r\n\r\n", part.name).bytes());
            form.extend(part.bytes);
            form.extend(b"\r\n");
        }
        form.extend(b"--edge--\r\n");
        self.send(request.header("content-type", "multipart/form-data; boundary=edge").body(Body::from(form)).unwrap()).await
    }

    /// A connection that is in use.
    pub async fn connected(&self) -> ConnectionId {
        let connection = Connection::new(self.store.env(), "bell", "oauth", None, BTreeMap::new());
        let mut step = self.workspace.begin().await.unwrap();
        step.create_connection(&connection).await.unwrap();
        step.set_account(&connection.id, ACCOUNT, "The account").await.unwrap();
        step.set_connected(&connection.id, true).await.unwrap();
        step.commit().await.unwrap();
        let path = format!("/connections/{}/settings", connection.id);
        let settings = json!({ "syncs": { "tasks": { "enabled": true, "direction": "two_way" } }, "frequency": { "every": "hourly" } });
        let saved = self.json("PUT", &path, settings.to_string()).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
        connection.id
    }

    pub async fn snapshot(&self) -> Snapshot {
        let connections = self.workspace.connections().await.unwrap();
        let mut streams = Vec::new();
        for connection in &connections {
            streams.extend(self.workspace.streams(&connection.id).await.unwrap().iter().map(|stream| format!("{stream:?}")));
            streams.extend(self.workspace.facts(&connection.id).await.unwrap().iter().map(|fact| format!("{fact:?}")));
        }
        Snapshot {
            log: self.workspace.last_seq().await.unwrap(),
            audit: self.workspace.audit_head().await.unwrap().seq,
            connections,
            streams,
            tokens: self.workspace.tokens().await.unwrap().len(),
            media: files_of(self.media.path()),
        }
    }
}

fn files_of(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(files_of(&path));
        } else {
            names.push(path.display().to_string());
        }
    }
    names
}

/// A part of a form.
pub struct Part<'p> {
    pub name: &'p str,
    pub file: Option<&'p str>,
    pub bytes: &'p [u8],
}

/// A file in a form.
pub fn file<'p>(name: &'p str, bytes: &'p [u8]) -> Part<'p> {
    Part { name: "file", file: Some(name), bytes }
}

/// A text in a form.
pub fn text<'p>(name: &'p str, text: &'p str) -> Part<'p> {
    Part { name, file: None, bytes: text.as_bytes() }
}
