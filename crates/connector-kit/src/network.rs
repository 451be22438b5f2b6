//! The HTTP clients, one for each reach: time limits by phase, no redirects on their own, TLS always verified.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::guard::{GuardedResolver, Reach};

/// Time to open a connection, TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// Time between two chunks of an answer.
const SILENCE: Duration = Duration::from_secs(30);

/// The connection pools that all sessions share.
#[derive(Debug, Clone)]
pub struct Network {
    public: reqwest::Client,
    private: reqwest::Client,
}

impl Network {
    /// Opens the pools.
    pub fn new() -> Result<Self> {
        let common = || {
            reqwest::Client::builder()
                .user_agent(concat!("Harmony/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT)
                .read_timeout(SILENCE)
                .no_proxy()
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|error| Error::new(ErrorKind::Unavailable, format!("the HTTP client could not start: {}", error.without_url())))
        };
        Ok(Self { public: build(common().https_only(true).dns_resolver(Arc::new(GuardedResolver)))?, private: build(common())? })
    }

    pub(crate) const fn client(&self, reach: Reach) -> &reqwest::Client {
        match reach {
            Reach::Public => &self.public,
            Reach::Private => &self.private,
        }
    }
}
