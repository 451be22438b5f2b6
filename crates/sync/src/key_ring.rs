//! The public keys of the platforms that sign webhooks with keys of their own: fetched when they are needed, kept as long as they say.

use std::collections::BTreeMap;
use std::sync::Arc;

use connector_kit::{Error, ErrorKind, PublicKeys};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use url::Url;

use crate::error::Result;
use crate::hub::Hub;

/// Anybody may knock: a platform that does not answer is not asked more often than this.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// The keys by address, and when each was last asked for.
#[derive(Debug, Default)]
pub(crate) struct KeyRing(Mutex<BTreeMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    keys: Option<Arc<PublicKeys>>,
    asked: Timestamp,
}

impl KeyRing {
    /// The keys that a tool's platform publishes at this address. While it does not answer, those that it gave before hold.
    pub(crate) async fn keys(&self, hub: &Hub, integration: &str, address: &str) -> Result<Arc<PublicKeys>> {
        let now = hub.env().now();
        let mut ring = self.0.lock().await;
        let kept = ring.get(address);
        let rests = kept.is_some_and(|kept| now.duration_since(kept.asked).abs() < AGAIN_AFTER);
        let known = kept.and_then(|kept| kept.keys.clone());
        if let Some(keys) = known.as_ref().filter(|keys| rests || keys.good_until > now) {
            return Ok(Arc::clone(keys));
        }
        if rests {
            return Err(Error::new(ErrorKind::Unavailable, "the platform's keys cannot be fetched").into());
        }
        let keys = match fetch(hub, integration, address, now).await {
            Ok(fetched) => Ok(Arc::new(fetched)),
            Err(error) => known.ok_or(error),
        };
        ring.insert(address.to_owned(), Kept { keys: keys.as_ref().ok().cloned(), asked: now });
        Ok(keys?)
    }
}

async fn fetch(hub: &Hub, integration: &str, address: &str, now: Timestamp) -> Result<PublicKeys, Error> {
    let connector = hub.connector(integration).map_err(|_| Error::invalid("there is no such integration"))?;
    let manifest = connector.manifest();
    let base = hub.config(integration).overrides.base_url.as_deref().unwrap_or(manifest.base_url);
    let base: Url = base.parse().map_err(|_| Error::invalid("the tool's base address is none"))?;
    let address: Url = manifest.service(&base, address).parse().map_err(|_| Error::invalid("the keys' address is none"))?;
    PublicKeys::fetch(hub.network(), hub.reach(integration), &address, now).await
}
