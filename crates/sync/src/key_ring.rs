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
    /// The keys at this address; `fetch` asks the platform, if it is time. While it does not answer, those that it gave before hold.
    async fn keys(
        &self,
        address: &str,
        now: Timestamp,
        fetch: impl Future<Output = Result<PublicKeys, Error>>,
    ) -> Result<Arc<PublicKeys>, Error> {
        let mut ring = self.0.lock().await;
        let kept = ring.get(address);
        let rests = kept.is_some_and(|kept| now.duration_since(kept.asked).abs() < AGAIN_AFTER);
        let known = kept.and_then(|kept| kept.keys.clone());
        if let Some(keys) = known.as_ref().filter(|keys| rests || keys.good_until > now) {
            return Ok(Arc::clone(keys));
        }
        if rests {
            return Err(Error::new(ErrorKind::Unavailable, "the platform's keys cannot be fetched"));
        }
        let keys = match fetch.await {
            Ok(fetched) => Ok(Arc::new(fetched)),
            Err(error) => known.ok_or(error),
        };
        ring.insert(address.to_owned(), Kept { keys: keys.as_ref().ok().cloned(), asked: now });
        keys
    }
}

/// The keys that a tool's platform publishes at this address.
pub(crate) async fn keys_of(hub: &Hub, integration: &str, address: &str) -> Result<Arc<PublicKeys>> {
    let manifest = hub.connector(integration)?.manifest();
    let base = hub.config(integration).overrides.base_url.as_deref().unwrap_or(manifest.base_url);
    let is_none = |error| Error::invalid(format!("the address of the platform's keys is none: {error}"));
    let base: Url = base.parse().map_err(is_none)?;
    let url: Url = manifest.service(&base, address).parse().map_err(is_none)?;
    let now = hub.env().now();
    let fetch = PublicKeys::fetch(hub.network(), hub.reach(integration), &url, now);
    Ok(hub.key_ring().keys(address, now, fetch).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    async fn asked(ring: &KeyRing, now: Timestamp, answer: Result<PublicKeys, Error>) -> (bool, Result<Timestamp, ErrorKind>) {
        let mut asked = false;
        let fetch = async {
            asked = true;
            answer
        };
        let keys = ring.keys("https://platform.example/keys", now, fetch).await;
        (asked, keys.map(|keys| keys.good_until).map_err(|error| error.kind))
    }

    fn until(minutes: i64) -> Result<PublicKeys, Error> {
        PublicKeys::read(br#"{"keys":[]}"#, at(minutes))
    }

    fn down() -> Result<PublicKeys, Error> {
        Err(Error::new(ErrorKind::Unavailable, "down"))
    }

    #[tokio::test]
    async fn keys_are_fetched_once_as_long_as_they_are_good_and_hold_while_the_platform_is_down() {
        let ring = KeyRing::default();
        assert_eq!(asked(&ring, at(0), until(60)).await, (true, Ok(at(60))));
        assert_eq!(asked(&ring, at(59), down()).await, (false, Ok(at(60))));
        assert_eq!(asked(&ring, at(60), down()).await, (true, Ok(at(60))));
        assert_eq!(asked(&ring, at(60), until(120)).await, (false, Ok(at(60))), "not asked twice at once");
        assert_eq!(asked(&ring, at(61), until(120)).await, (true, Ok(at(120))));
    }

    #[tokio::test]
    async fn f51_whoever_knocks_does_not_make_us_ask_again_and_again() {
        let ring = KeyRing::default();
        assert_eq!(asked(&ring, at(0), down()).await, (true, Err(ErrorKind::Unavailable)));
        assert_eq!(asked(&ring, at(0), until(60)).await, (false, Err(ErrorKind::Unavailable)));
        assert_eq!(asked(&ring, at(1), until(60)).await, (true, Ok(at(60))));
    }
}
