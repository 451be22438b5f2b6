//! Configuration: `harmony.toml`, overridden by `HARMONY_…` variables (`__` nests). The only place that reads the environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use connector_kit::Secret;
use connector_kit::oauth::{ClientRegistration, Overrides};
use serde::Deserialize;
use sync::IntegrationConfig;
use url::Url;

/// All that an operator can set; `harmony.example.toml` explains each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Where browsers and tools reach the hub; default: the address it listens on.
    pub public_url: Option<Url>,
    #[serde(default = "default_data_dir")]
    pub data_dir: PathBuf,
    /// Default: `harmony.db` in the data directory.
    pub database_url: Option<String>,
    /// Default: `master.key` in the data directory, made at the first start.
    pub master_key_file: Option<PathBuf>,
    /// `file://…` or `s3://BUCKET/PREFIX`; default: `media` in the data directory.
    pub media_url: Option<String>,
    /// A second address with `/metrics`, `/healthz` and `/readyz` alone, for processes that serve no pages.
    pub metrics_listen: Option<SocketAddr>,
    /// A plain proxy in front sets `X-Forwarded-For`; the caller's address is read from there.
    #[serde(default)]
    pub behind_proxy: bool,
    #[serde(default)]
    pub integrations: BTreeMap<String, Integration>,
}

/// What an operator sets for one tool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integration {
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
    pub webhook_secret: Option<Secret>,
    pub base_url: Option<String>,
    pub authorize_url: Option<String>,
    pub token_url: Option<String>,
    pub revoke_url: Option<String>,
    #[serde(default)]
    pub allow_private_network: bool,
    /// Calls per interval of the tool's plan, where it differs from the usual.
    pub calls_per_interval: Option<u32>,
    /// Facts about the app that the tool's connector needs (Google Meet: `topic`).
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn default_data_dir() -> PathBuf {
    PathBuf::from("harmony-data")
}

impl Config {
    /// Reads the file (one that was named must be there) and the environment.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let path = file.unwrap_or_else(|| Path::new("harmony.toml"));
        let source = config::File::from(path).format(config::FileFormat::Toml).required(file.is_some());
        let environment = config::Environment::with_prefix("HARMONY").prefix_separator("_").separator("__").source(Some(environment()));
        let built = config::Config::builder().add_source(source).add_source(environment).build();
        let config: Self = built
            .and_then(config::Config::try_deserialize)
            .with_context(|| format!("the configuration in {} or in a HARMONY_… variable does not fit", path.display()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        if let Some(url) = &self.public_url {
            ensure!(matches!(url.scheme(), "http" | "https") && url.host().is_some(), "public_url must be an http or https address");
        }
        for (id, tool) in &self.integrations {
            ensure!(
                tool.client_id.is_some() == tool.client_secret.is_some(),
                "[integrations.{id}] needs both client_id and client_secret, or neither"
            );
        }
        Ok(())
    }

    /// Where browsers and tools reach the hub.
    pub fn public_url(&self) -> Url {
        let own = || format!("http://{}", self.listen).parse().expect("a socket address makes a well-formed address");
        self.public_url.clone().unwrap_or_else(own)
    }

    /// The database's address.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| format!("sqlite://{}", self.data_dir.join("harmony.db").display()))
    }

    /// Where the master key is.
    pub fn master_key_file(&self) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| self.data_dir.join("master.key"))
    }

    /// Where media is kept.
    pub fn media_url(&self) -> String {
        self.media_url.clone().unwrap_or_else(|| format!("file://{}", self.data_dir.join("media").display()))
    }

    /// What is set for object storage, in the variables of AWS's own tools.
    pub fn media_settings() -> Vec<(String, String)> {
        std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).collect()
    }

    /// The tools' settings as the engine takes them.
    pub fn integrations(&self, known: &[&str]) -> Result<BTreeMap<String, IntegrationConfig>> {
        if let Some(id) = self.integrations.keys().find(|id| !known.contains(&id.as_str())) {
            bail!("[integrations.{id}]: there is no such tool; there are {}", known.join(", "));
        }
        Ok(self.integrations.iter().map(|(id, tool)| (id.clone(), tool.engine())).collect())
    }
}

impl Integration {
    fn engine(&self) -> IntegrationConfig {
        IntegrationConfig {
            client: self.client_id.clone().map(|client_id| ClientRegistration { client_id, client_secret: self.client_secret.clone() }),
            overrides: Overrides {
                base_url: self.base_url.clone(),
                authorize_url: self.authorize_url.clone(),
                token_url: self.token_url.clone(),
                revoke_url: self.revoke_url.clone(),
            },
            webhook_secret: self.webhook_secret.clone(),
            allow_private_network: self.allow_private_network,
            calls_per_interval: self.calls_per_interval,
            fields: self.fields.clone(),
        }
    }
}

/// The variables, less those that other parts of the command line use.
fn environment() -> config::Map<String, String> {
    const OTHERS: [&str; 6] =
        ["HARMONY_LOG", "HARMONY_PASSWORD", "HARMONY_SPECS", "HARMONY_TEST_POSTGRES_URL", "HARMONY_TOKEN", "HARMONY_URL"];
    std::env::vars().filter(|(name, _)| !OTHERS.contains(&name.as_str())).collect()
}

/// A variable that is not part of the configuration (`HARMONY_TOKEN`).
#[expect(clippy::disallowed_methods, reason = "configuration is read here")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the tools' official descriptions, where it is at hand.
pub fn specs() -> Option<PathBuf> {
    let named = variable("HARMONY_SPECS").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from("../shared/specs"))).filter(|folder| folder.is_dir())
}
