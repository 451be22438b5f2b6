//! The tools of the demo: where their emulators are, how a person connects each, and which options are chosen.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use connector_kit::Secret;
use model::settings::{Destination, Direction, FieldMapping, Frequency, IfPresent, UnknownPeople};
use model::{Capability, Settings};
use sandbox::person::{Decision, Person};
use store::Workspace;
use store::connections::Connection;
use store::users::User;
use sync::connect::{self, ConnectRequest};
use sync::{Actor, Hub, options};
use url::Url;

use crate::config::{Config, Integration};
use crate::demo::state::{ADMIN, Kept};

/// Paths of one emulator below the sandbox: base, authorize, token, revoke.
const PATHS: [(&str, &str, &str, &str, &str); 7] = [
    ("google-calendar", "/calendar/v3", "/o/oauth2/v2/auth", "/token", "/revoke"),
    ("exchange", "/EWS/Exchange.asmx", "/adfs/oauth2/authorize", "/adfs/oauth2/token", ""),
    ("hubspot", "", "/oauth/authorize", "/oauth/v1/token", "/oauth/v1/refresh-tokens"),
    ("slack", "/api", "/oauth/v2/authorize", "/api/oauth.v2.access", "/api/auth.revoke"),
    ("linear", "", "/oauth/authorize", "/oauth/token", "/oauth/revoke"),
    ("zoom", "/v2", "/oauth/authorize", "/oauth/token", "/oauth/revoke"),
    ("talkdesk", "/api", "/oauth/authorize", "/oauth/token", ""),
];

/// Points the tools at the sandbox.
pub fn configure(config: &mut Config, sandbox: &Url) {
    let base = sandbox.as_str().trim_end_matches('/');
    for (tool, api, authorize, token, revoke) in PATHS {
        let at = |path: &str| Some(format!("{base}/{tool}{path}"));
        config.integrations.entry(tool.to_owned()).or_insert_with(|| Integration {
            client_id: Some("harmony-sandbox".to_owned()),
            client_secret: Some(Secret::new(format!("sandbox-secret-{tool}"))),
            webhook_secret: Some(Secret::new(format!("sandbox-secret-{tool}"))),
            base_url: at(api),
            authorize_url: at(authorize),
            token_url: at(token),
            revoke_url: Some(revoke).filter(|path| !path.is_empty()).and_then(at),
            allow_private_network: true,
            calls_per_interval: None,
        });
    }
}

/// Connects every tool that is not connected yet, and chooses its options.
pub async fn connect_all(hub: &Hub, workspace: &Workspace, user: &User, kept: &Kept, sandbox: &Url, public_url: &Url) -> Result<()> {
    let actor = Actor { name: format!("user:{}", user.id), address: "127.0.0.1".to_owned() };
    let browser = Browser::sign_in(public_url, kept).await?;
    for (tool, ..) in PATHS {
        let connected = |all: Vec<Connection>| all.into_iter().find(|connection| connection.integration == tool && connection.connected);
        let known = connected(workspace.connections().await?);
        if known.as_ref().is_some_and(|connection| connection.settings.is_some()) {
            continue;
        }
        let manifest = hub.connector(tool)?.manifest();
        if known.is_none() {
            sign_in_to(hub, workspace, &actor, user, &browser, tool).await.with_context(|| format!("connecting {}", manifest.name))?;
        }
        let connection = connected(workspace.connections().await?).with_context(|| format!("{} did not connect", manifest.name))?;
        let settings = settings_for(hub, workspace, &connection, sandbox).await?;
        options::save(hub, workspace, &actor, &connection, settings, connection.settings_version).await?;
        println!("Connected {} as {}", manifest.name, connection.account.map_or_else(String::new, |account| account.name));
    }
    Ok(())
}

async fn sign_in_to(hub: &Hub, workspace: &Workspace, actor: &Actor, user: &User, browser: &Browser, tool: &str) -> Result<()> {
    let auth = hub.connector(tool)?.manifest().auth.first().context("a tool has a sign-in")?;
    let (fields, return_to) = (fields_for(tool), "/".to_owned());
    let request = ConnectRequest { integration: tool.to_owned(), auth: auth.name().to_owned(), fields, flows: Vec::new(), return_to };
    let begun = connect::begin(hub, workspace, actor, &user.id, &request).await?;
    if let Some(authorize) = &begun.authorize_url {
        let callback = Person::of(ADMIN)?.go(authorize, &Decision::Allow).await?;
        browser.come_back(&callback).await?;
    }
    Ok(())
}

fn fields_for(tool: &str) -> BTreeMap<String, String> {
    let pairs: &[(&str, &str)] = match tool {
        "talkdesk" => {
            &[("account", "demo"), ("region", ".com"), ("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-talkdesk")]
        }
        "exchange" => &[("server", "mail.demo.example"), ("mailbox", ADMIN), ("sign_in", "sts.demo.example")],
        _ => &[],
    };
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What a person would choose: everything on, two-way where it can be, the first destination that fits.
async fn settings_for(hub: &Hub, workspace: &Workspace, connection: &Connection, _sandbox: &Url) -> Result<Settings> {
    let manifest = hub.connector(&connection.integration)?.manifest();
    let mut settings =
        Settings { frequency: Frequency::RealTime, unknown_people: UnknownPeople::Create, backfill_days: 120, ..Settings::default() };
    for capability in Capability::ALL {
        let ways: Vec<_> = manifest.flows.iter().filter(|flow| flow.capability == capability).collect();
        let Some(flow) = ways.first() else { continue };
        // Action items go to the one task tool of the demo, and to no other.
        let enabled = !(capability == Capability::Tasks && flow.destination.is_none());
        let destination = match flow.destination {
            Some(_) if enabled => first_choice(options::destinations(hub, workspace, connection, capability).await?),
            _ => None,
        };
        let direction = if ways.len() == 2 { Direction::TwoWay } else { Direction::OneWay };
        settings.syncs.insert(capability, model::settings::Sync { enabled, direction, destination });
    }
    if settings.syncs.contains_key(&Capability::Deals) {
        let line = FieldMapping {
            of: Capability::Deals,
            source: "summary".into(),
            target: "description".into(),
            if_present: IfPresent::Overwrite,
        };
        settings.mapping.push(line);
    }
    Ok(settings)
}

/// A channel for meetings if there is one, else the first place.
fn first_choice(places: Vec<Destination>) -> Option<Destination> {
    let fitting = places.iter().position(|place| place.name.to_lowercase().contains("meeting"));
    places.into_iter().nth(fitting.unwrap_or(0))
}

/// The admin's browser at the hub.
struct Browser {
    client: reqwest::Client,
    cookie: String,
}

impl Browser {
    async fn sign_in(public_url: &Url, kept: &Kept) -> Result<Self> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let origin = public_url.as_str().trim_end_matches('/').to_owned();
        let form = [("email", ADMIN), ("password", kept.password.as_str())];
        let response = client.post(public_url.join("sign-in")?).header("origin", origin).form(&form).send().await?;
        let cookie = response
            .headers()
            .get(reqwest::header::SET_COOKIE)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.split(';').next());
        let cookie = cookie.with_context(|| format!("signing in to the hub answered {}", response.status()))?.to_owned();
        Ok(Self { client, cookie })
    }

    /// Opens the address to which the tool sent the browser.
    async fn come_back(&self, callback: &Url) -> Result<()> {
        let response = self.client.get(callback.clone()).header(reqwest::header::COOKIE, &self.cookie).send().await?;
        if response.status().is_success() || response.status().is_redirection() {
            return Ok(());
        }
        bail!(
            "the hub answered {}: {}",
            response.status(),
            response.text().await.unwrap_or_default().chars().take(2_000).collect::<String>()
        )
    }
}
