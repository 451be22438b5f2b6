//! Finding a tool that every organisation runs at an address of its own. It is asked before anybody signs in, so no secret is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::BytesMut;
use futures::StreamExt;
use url::Url;

use crate::guard::{self, Reach};
use crate::network::Network;
use crate::request::Reply;

/// Time for one address.
const PATIENCE: Duration = Duration::from_secs(10);
/// A longer answer is none.
const LONGEST_ANSWER: usize = 64 << 10;

/// A tool that tells where it is.
pub trait Locator: Send + Sync {
    /// Where to ask, one after the other, by the fields that the person gave.
    fn addresses(&self, fields: &BTreeMap<String, String>) -> Vec<String>;

    /// The fields that a good answer (status 200) gives; `None`: it gives none.
    fn read(&self, reply: &Reply) -> Option<BTreeMap<String, String>>;
}

/// Asks, and puts what the first good answer gives in the place of what the person gave. Without one the fields stay as they are.
pub async fn locate(locator: &dyn Locator, network: &Network, reach: Reach, fields: &mut BTreeMap<String, String>) {
    for address in locator.addresses(fields) {
        let found = match ask(network, reach, &address).await {
            Some(reply) if reply.status == 200 => locator.read(&reply),
            _ => None,
        };
        if let Some(found) = found {
            fields.extend(found);
            return;
        }
    }
}

async fn ask(network: &Network, reach: Reach, address: &str) -> Option<Reply> {
    let url: Url = address.parse().ok()?;
    guard::check(&url, reach).ok()?;
    let request = network.client(reach).get(url).timeout(PATIENCE).header(reqwest::header::ACCEPT, "application/json");
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.ok()?);
        if body.len() > LONGEST_ANSWER {
            return None;
        }
    }
    Some(Reply { status, headers: BTreeMap::new(), body: body.freeze() })
}
