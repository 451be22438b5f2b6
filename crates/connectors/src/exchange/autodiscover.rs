//! Autodiscover: which server has the mailbox, asked of the server that was named and of the mail domain's own address.

use std::collections::BTreeMap;

use connector_kit::locate::Locator;
use connector_kit::{Reply, request};
use serde::Deserialize;
use url::{Host, Url};

use super::Exchange;

/// What Autodiscover v2 answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    protocol: String,
    url: String,
}

impl Locator for Exchange {
    fn addresses(&self, fields: &BTreeMap<String, String>) -> Vec<String> {
        let Some(mailbox) = fields.get("mailbox").or_else(|| fields.get("impersonated")) else { return Vec::new() };
        let domain = mailbox.rsplit_once('@').map(|(_, domain)| format!("autodiscover.{domain}"));
        let hosts = fields.get("server").cloned().into_iter().chain(domain);
        let host_alone = hosts.filter(|host| !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.'));
        host_alone
            .map(|host| format!("https://{host}/autodiscover/autodiscover.json/v1.0/{}?Protocol=EWS", request::segment(mailbox)))
            .collect()
    }

    /// Only an address of the usual form can be told by its host.
    fn read(&self, reply: &Reply) -> Option<BTreeMap<String, String>> {
        let found: Found = reply.peek()?;
        let url: Url = found.url.parse().ok()?;
        let usual = url.scheme() == "https" && url.port().is_none() && url.path().eq_ignore_ascii_case("/EWS/Exchange.asmx");
        match url.host()? {
            Host::Domain(host) if usual && found.protocol.eq_ignore_ascii_case("EWS") => {
                Some(BTreeMap::from([("server".to_owned(), host.to_owned())]))
            }
            _ => None,
        }
    }
}
