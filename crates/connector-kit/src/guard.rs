//! The guard against being sent to the inside (SSRF): which addresses and schemes a request may go to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::error::{Error, Result};

/// Which addresses are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses by HTTPS.
    Public,
    /// The operator listed this tool with `allow_private_network`: private addresses too, and plain HTTP to loopback.
    Private,
}

/// Checks an address before it is dialled. Names are checked again when they are resolved, by `GuardedResolver`.
pub fn check(url: &Url, reach: Reach) -> Result<()> {
    let refuse = |why: &str| Err(Error::invalid(format!("{} is not called: {why}", url.host_str().unwrap_or("an address without a host"))));
    let Some(host) = url.host() else {
        return refuse("it has no host");
    };
    let literal = match host {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    };
    let loopback = matches!(host, Host::Domain("localhost")) || literal.is_some_and(|address| address.is_loopback());
    match (url.scheme(), reach) {
        ("https", _) => {}
        ("http", Reach::Private) if loopback => {}
        ("http", _) => return refuse("plain HTTP is allowed to loopback alone"),
        _ => return refuse("only https is allowed"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("an address must not hold a user name or password");
    }
    match (literal, reach) {
        (Some(address), Reach::Public) if !is_public(address) => refuse("it is not a public address"),
        _ => Ok(()),
    }
}

/// Whether an address is reachable from everywhere (IANA special-purpose registries for IPv4 and IPv6).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

/// Mapped (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056) addresses stand for an IPv4 address.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => (high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

/// Global unicast is `2000::/3`; of it, the blocks for documentation, benchmarking, Teredo and ORCHID are not public.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let global = s[0] & 0xe000 == 0x2000;
    let special = (s[0] == 0x2001 && (s[1] < 0x0200 || s[1] == 0x0db8)) || (s[0] == 0x3fff && s[1] < 0x1000);
    global && !special
}

/// Resolves names and drops every address that is not public, so that the address checked is the address dialled.
#[derive(Debug, Clone, Copy)]
pub struct GuardedResolver;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str, reach: Reach) -> bool {
        check(&text.parse().unwrap(), reach).is_ok()
    }

    #[test]
    fn b10_only_public_https_is_called() {
        for bad in [
            "http://example.com/",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://169.254.169.254/",
            "https://100.64.0.1/",
            "https://0/",
            "https://user@example.com/",
            "https://192.168.1.1./",
            "ftp://example.com/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
        ] {
            assert!(!verdict(bad, Reach::Public), "{bad}");
        }
        assert!(verdict("https://example.com/", Reach::Public) && verdict("https://8.8.8.8/", Reach::Public));
    }

    #[test]
    fn the_operator_may_allow_the_inside_but_plain_http_only_to_loopback() {
        assert!(verdict("http://127.0.0.1:9400/linear", Reach::Private) && verdict("https://10.0.0.8/", Reach::Private));
        assert!(!verdict("http://10.0.0.8/", Reach::Private));
    }
}
