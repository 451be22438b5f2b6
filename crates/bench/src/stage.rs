//! What a figure is measured on: the emulated tools in one process, a hub with one workspace in another, both on loopback.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::header;
use sandbox::person::{Decision, Person, Stuck};
use sandbox::steering::Steering;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use url::Url;

use crate::books::Books;
use crate::process::Process;

/// Somebody whom every emulated tool knows.
const ADMIN: &str = "project.manager@demo.example";
/// Opens nothing but this run's own hub on loopback.
const PASSWORD: &str = "bench-on-loopback";
/// The calls that hub and emulators allow: so many that no budget is what is measured.
pub const CALLS: u64 = 10_000_000;
/// Contacts were last changed on so many different days before now.
const DAYS: u64 = 60;

/// A hub and the tools.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    harmony: PathBuf,
    /// Kept for as long as the stage stands.
    sandbox: Process,
    steering: Steering,
    pub tools: Url,
    pub hub: Url,
    pub client: reqwest::Client,
    token: String,
}

/// An address of loopback that is free at this moment.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// A client without proxies, whose connections stay open.
pub fn client() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_mins(2)).build()?)
}

impl Stage {
    /// Starts the tools, fills the CRM, and sets a hub up; the hub does not run yet.
    pub async fn set(harmony: &Path, contacts: u64) -> Result<Self> {
        let harmony = harmony.canonicalize().with_context(|| format!("{} is not there", harmony.display()))?;
        let folder = TempDir::with_prefix_in("bench-", harmony.parent().context("a binary lies in a folder")?)?;
        let (tools_at, hub_at) = (free_address()?, free_address()?);
        let (tools, hub): (Url, Url) = (format!("http://{tools_at}").parse()?, format!("http://{hub_at}").parse()?);
        let client = client()?;
        let mut command = Command::new(&harmony);
        let back = hub.join("connect/callback")?;
        command.current_dir(folder.path()).args(["sandbox", "--listen", &tools_at.to_string(), "--redirect-uri", back.as_str()]);
        let mut sandbox = Process::start("the sandbox", &mut command)?;
        sandbox.ready(&client, &tools.join("_sandbox/clock")?).await?;
        let steering = Steering::of(&tools);
        fill(&steering, contacts).await?;
        std::fs::write(folder.path().join("harmony.toml"), configuration(&hub, hub_at, &tools))?;
        let stage = Self { folder, harmony, sandbox, steering, tools, hub, client, token: String::new() };
        stage.command(&["setup", "--email", ADMIN]).await?;
        let token = stage.command(&["tokens", "create", "--name", "bench"]).await?.trim().to_owned();
        Ok(Self { token, ..stage })
    }

    /// Runs a command of the hub to its end; answers what it printed.
    async fn command(&self, arguments: &[&str]) -> Result<String> {
        let output = self.own(arguments).output().await?;
        ensure!(output.status.success(), "harmony {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    fn own(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.harmony);
        command.current_dir(self.folder.path()).env("HARMONY_PASSWORD", PASSWORD).args(arguments);
        command
    }

    /// Starts the hub, and waits until it is ready.
    pub async fn serve(&self) -> Result<Process> {
        let mut hub = Process::start("harmony", &mut self.own(&["serve"]))?;
        hub.ready(&self.client, &self.hub.join("readyz")?).await?;
        Ok(hub)
    }

    /// The hub's database.
    pub async fn books(&self) -> Result<Books> {
        Books::open(&self.folder.path().join("harmony-data/harmony.db")).await
    }

    /// A file of this stage's own.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Connects a tool as a person would, through its own pages; the hub runs. Answers the connection's id.
    pub async fn connect(&self, tool: &str) -> Result<String> {
        let form = [("email", ADMIN), ("password", PASSWORD)];
        let origin = self.hub.as_str().trim_end_matches('/').to_owned();
        let answer = self.client.post(self.hub.join("sign-in")?).header(header::ORIGIN, origin).form(&form).send().await?;
        let cookie = answer.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok()?.split(';').next());
        let cookie = cookie.with_context(|| format!("signing in answered {}", answer.status()))?.to_owned();
        let begun = self.ask(reqwest::Method::POST, "connections", &json!({ "integration": tool, "auth": "oauth" })).await?;
        let authorize: Url = text(&begun, "authorize_url")?.parse()?;
        let back = allow(&authorize).await?;
        let answer = self.client.get(back).header(header::COOKIE, cookie).send().await?;
        ensure!(answer.status().is_redirection(), "coming back from {tool} answered {}", answer.status());
        text(&begun, "id")
    }

    /// A call of the hub's API, with its answer.
    pub async fn ask(&self, method: reqwest::Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.request(method, self.hub.join(&format!("api/v1/{path}"))?).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "the hub answered {status} to {path}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The hub's API token of this run.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The id of a connected tool.
    pub async fn connected(&self, tool: &str) -> Result<Option<String>> {
        let all = self.ask(reqwest::Method::GET, "connections", &Value::Null).await?;
        let found = all["items"].as_array().into_iter().flatten().find(|connection| connection["integration"] == tool);
        found.map(|connection| text(connection, "id")).transpose()
    }

    /// The id of the task tool's one organisation.
    pub async fn organization(&self) -> Result<String> {
        text(&self.steering.get("/linear/organization").await.map_err(stuck_at)?, "id")
    }

    /// Switches one sync on, both ways, in real time.
    pub async fn switch_on(&self, connection: &str, capability: &str, destination: &Value) -> Result<()> {
        let sync = json!({ "enabled": true, "direction": "two_way", "destination": destination });
        let settings = json!({ "frequency": { "every": "real_time" }, "backfill_days": 3_650, "syncs": { capability: sync } });
        self.ask(reqwest::Method::PUT, &format!("connections/{connection}/settings"), &settings).await.map(drop)
    }

    /// What the hub did to a tool, as its emulator wrote it down.
    pub async fn effects(&self, tool: &str, action: &str) -> Result<Vec<Value>> {
        let answer = self.steering.get(&format!("/ledger?tool={tool}&action={action}")).await;
        let mut answer = answer.map_err(stuck_at)?;
        serde_json::from_value(answer["effects"].take()).context("the ledger has another form")
    }

    /// A token of the CRM's own, for a program that calls it without the hub.
    pub async fn crm_token(&self) -> Result<String> {
        let back = self.hub.join("connect/callback")?;
        let mut authorize = self.tools.join("hubspot/oauth/authorize")?;
        authorize.query_pairs_mut().extend_pairs([
            ("client_id", "harmony-sandbox"),
            ("redirect_uri", back.as_str()),
            ("scope", "oauth crm.objects.contacts.read crm.objects.contacts.write"),
            ("state", "bench"),
        ]);
        let came = allow(&authorize).await?;
        let code = came.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
        let code = code.context("the CRM gave no code")?;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "harmony-sandbox"),
            ("client_secret", "sandbox-secret-hubspot"),
            ("redirect_uri", back.as_str()),
            ("code", code.as_str()),
        ];
        let answer: Value = self.client.post(self.tools.join("hubspot/oauth/v1/token")?).form(&form).send().await?.json().await?;
        text(&answer, "access_token")
    }

    /// Ends the tools; the hub has ended.
    pub async fn strike(self) -> Result<()> {
        self.sandbox.end().await.map(drop)
    }
}

/// Signs in at a tool and allows what it asks; answers where the tool sends the browser then.
async fn allow(authorize: &Url) -> Result<Url> {
    Person::of(ADMIN).map_err(stuck_at)?.go(authorize, &Decision::Allow).await.map_err(stuck_at)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn stuck_at(stuck: Stuck) -> anyhow::Error {
    anyhow::anyhow!("{stuck}")
}

/// A text of a JSON object.
pub fn text(of: &Value, name: &str) -> Result<String> {
    of[name].as_str().map(str::to_owned).with_context(|| format!("an answer lacks `{name}`"))
}

/// Contacts of the last 60 days, so that reading the list is not followed by reading it all again as recent changes.
async fn fill(steering: &Steering, contacts: u64) -> Result<()> {
    let day = 24 * 3_600 * 1_000_i64;
    let (days, mut left) = (i64::try_from(DAYS)?, contacts);
    steering.post("/clock", &json!({ "advance_ms": -(days + 1) * day })).await.map_err(stuck_at)?;
    for number in 0..DAYS {
        let count = left / (DAYS - number);
        steering.post("/hubspot/contacts/fill", &json!({ "count": count })).await.map_err(stuck_at)?;
        steering.post("/clock", &json!({ "advance_ms": day })).await.map_err(stuck_at)?;
        left -= count;
    }
    steering.post("/clock", &json!({ "advance_ms": day })).await.map_err(stuck_at)?;
    steering.put("/hubspot/limits", &json!({ "calls": CALLS, "searches": CALLS })).await.map_err(stuck_at)?;
    steering.post("/linear/limits", &json!({ "requests": CALLS, "complexity": 1_000 * CALLS })).await.map_err(stuck_at)?;
    Ok(())
}

/// The hub's configuration: the tools are the emulated ones, and no budget holds it back.
fn configuration(hub: &Url, listen: SocketAddr, tools: &Url) -> String {
    let tool = |id: &str, authorize: &str, token: &str, revoke: &str| {
        let base = format!("{tools}{id}");
        format!(
            "[integrations.{id}]\nclient_id = \"harmony-sandbox\"\nclient_secret = \"sandbox-secret-{id}\"\n\
             webhook_secret = \"sandbox-secret-{id}\"\nbase_url = \"{base}\"\nauthorize_url = \"{base}/oauth/authorize{authorize}\"\n\
             token_url = \"{base}/oauth{token}\"\nrevoke_url = \"{base}/oauth{revoke}\"\nallow_private_network = true\n\
             calls_per_interval = {CALLS}\n"
        )
    };
    let public = hub.as_str().trim_end_matches('/');
    format!(
        "listen = \"{listen}\"\npublic_url = \"{public}\"\n{}{}",
        tool("hubspot", "", "/v1/token", "/v1/refresh-tokens"),
        tool("linear", "", "/token", "/revoke")
    )
}
