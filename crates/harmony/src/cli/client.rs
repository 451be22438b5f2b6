//! The command line as a client of the hub's API: one request, and its answer or its refusal in words.

use anyhow::{Context, Result, anyhow, bail, ensure};
use reqwest::header::{CONTENT_TYPE, IF_MATCH};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;
use url::{Host, Url};

use crate::config::variable;

/// Where a hub is unless `HARMONY_URL` says otherwise.
const USUAL: &str = "http://127.0.0.1:8080";
/// The hub asks tools on the way; they may take their time.
const PATIENCE: Duration = Duration::from_mins(3);

/// A hub, and who asks it.
pub struct Client {
    http: reqwest::Client,
    url: Url,
    token: String,
}

/// A request to the API.
pub struct Ask {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    version: Option<i64>,
}

/// What the API answered.
pub struct Answer {
    /// As it came.
    pub text: String,
    /// As it is read; `null` where the answer has no content.
    pub value: Value,
}

impl Ask {
    /// A request to `/api/v1/` and these names, each of which may hold any character.
    pub fn new<'a>(method: Method, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self { method, path: path.into_iter().map(str::to_owned).collect(), query: Vec::new(), body: None, version: None }
    }

    /// Reads.
    pub fn get<'a>(path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Makes, or sets something going.
    pub fn post<'a>(path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(Method::POST, path)
    }

    /// With `name=value` in the query, where there is a value.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// With this content.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Only if that is still the version.
    #[must_use]
    pub const fn version(mut self, version: Option<i64>) -> Self {
        self.version = version;
        self
    }
}

impl Client {
    /// The hub of `HARMONY_URL`, asked with the token in `HARMONY_TOKEN`.
    pub fn from_environment() -> Result<Self> {
        let url = variable("HARMONY_URL").unwrap_or_else(|| USUAL.to_owned());
        let url: Url = url.parse().with_context(|| format!("HARMONY_URL is no address: {url}"))?;
        ensure!(matches!(url.scheme(), "http" | "https") && url.has_host(), "HARMONY_URL must be an http or https address");
        let token = variable("HARMONY_TOKEN").context(
            "HARMONY_TOKEN is not set. Make a token with `harmony tokens create --name cli` on the hub's machine, or on the hub's page, and set it",
        )?;
        let local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        // A redirect would carry the token elsewhere; a proxy is for other machines.
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        let http = if local { builder.no_proxy() } else { builder }.build()?;
        Ok(Self { http, url, token })
    }

    /// Asks; a refusal is an error that says what to do.
    pub async fn ask(&self, ask: Ask) -> Result<Answer> {
        let response = self.request(ask).send().await.map_err(|error| self.unreached(&error))?;
        let status = response.status();
        let text = response.text().await.context("the hub's answer broke off")?;
        if !status.is_success() {
            return Err(self.refusal(status, &text));
        }
        if text.is_empty() {
            return Ok(Answer { text, value: Value::Null });
        }
        match serde_json::from_str(&text) {
            Ok(value) => Ok(Answer { text, value }),
            Err(_) => bail!("what answers at {} is no hub; HARMONY_URL says where the hub is", self.url),
        }
    }

    fn request(&self, ask: Ask) -> RequestBuilder {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1"]).extend(&ask.path);
        }
        let mut request = self.http.request(ask.method, url).query(&ask.query).bearer_auth(&self.token);
        if let Some(version) = ask.version {
            request = request.header(IF_MATCH, format!("\"{version}\""));
        }
        match ask.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.to_string()),
            None => request,
        }
    }

    fn unreached(&self, error: &reqwest::Error) -> anyhow::Error {
        if error.is_timeout() && !error.is_connect() {
            return anyhow!("the hub at {} did not answer within {} minutes", self.url, PATIENCE.as_secs() / 60);
        }
        anyhow!("the hub at {} cannot be reached. Start it with `harmony serve`, or set HARMONY_URL to where it is", self.url)
    }

    /// Problem details (RFC 9457) in words, with the code and the field.
    fn refusal(&self, status: StatusCode, text: &str) -> anyhow::Error {
        let problem: Value = serde_json::from_str(text).unwrap_or_default();
        let word = |name: &str| problem.get(name).and_then(Value::as_str);
        let (Some(title), Some(code)) = (word("title"), word("code")) else {
            return anyhow!("{} answered with status {status} and no explanation; HARMONY_URL says where the hub is", self.url);
        };
        let field = word("field").map_or_else(String::new, |field| format!("field `{field}`: "));
        let advice =
            if code == "unauthenticated" { " `harmony tokens create --name cli` makes a new one; set HARMONY_TOKEN to it." } else { "" };
        anyhow!("{title}. {field}{}{advice} (code {code})", word("detail").unwrap_or_default())
    }
}
