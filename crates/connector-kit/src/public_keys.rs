//! A platform's public keys (JWK Set, RFC 7517), and the identity tokens that they prove (`OpenID` Connect Core section 2).

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::guard::{self, Reach};
use crate::network::Network;
use crate::signature::{TOLERANCE, forged};

/// A key set longer than this is none.
const LONGEST: usize = 256 << 10;
/// How long keys are good for where the platform does not say, or says something odd.
const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(1);
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// The keys, and until when they need not be fetched again.
#[derive(Debug, Clone)]
pub struct PublicKeys {
    keys: JwkSet,
    pub good_until: Timestamp,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub issuers: &'a [&'a str],
    pub audience: &'a str,
    pub now: Timestamp,
}

/// What a proven token says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub email: Option<String>,
    #[serde(default)]
    pub email_verified: bool,
    iat: i64,
    exp: i64,
}

impl PublicKeys {
    /// Fetches a platform's keys.
    pub async fn fetch(network: &Network, reach: Reach, address: &Url, now: Timestamp) -> Result<Self> {
        let unreachable = |_| Error::new(ErrorKind::Unavailable, "the platform's keys cannot be fetched");
        guard::check(address, reach)?;
        let request = network.client(reach).get(address.clone()).timeout(std::time::Duration::from_secs(10));
        let response = request.send().await.and_then(reqwest::Response::error_for_status).map_err(unreachable)?;
        let life = response.headers().get(reqwest::header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).and_then(max_age);
        let body = response.bytes().await.map_err(unreachable)?;
        Self::read(&body, now + life.unwrap_or(USUAL_LIFE).min(LONGEST_LIFE))
    }

    /// Reads a key set.
    pub fn read(body: &[u8], good_until: Timestamp) -> Result<Self> {
        let fits = Some(body).filter(|body| body.len() <= LONGEST);
        let keys = fits.and_then(|body| serde_json::from_slice(body).ok());
        Ok(Self { keys: keys.ok_or_else(|| Error::protocol("the platform's keys cannot be read"))?, good_until })
    }

    /// Proves an identity token: signed with one of the keys (RS256 alone), by one of these issuers, for this audience, in force now.
    pub fn prove(&self, token: &str, wanted: Wanted<'_>) -> Result<Claims> {
        let no_token = || forged("its token cannot be read");
        let header = decode_header(token).map_err(|_| no_token())?;
        let key =
            header.kid.as_deref().and_then(|name| self.keys.find(name)).ok_or_else(|| forged("its key is not one of the platform's"))?;
        let key = DecodingKey::from_jwk(key).map_err(|_| forged("its key is not one of the platform's"))?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.validate_exp = false;
        rules.set_audience(&[wanted.audience]);
        rules.set_issuer(wanted.issuers);
        rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        let claims = decode::<Claims>(token, &key, &rules).map_err(|_| forged("its token does not verify"))?.claims;
        let (now, tolerance) = (wanted.now.as_second(), TOLERANCE.as_secs());
        if claims.exp <= now || claims.iat > now.saturating_add(tolerance) {
            return Err(forged("its token is not in force"));
        }
        Ok(claims)
    }
}

/// `max-age` of `Cache-Control` (RFC 9111 section 5.2.2.1).
fn max_age(text: &str) -> Option<SignedDuration> {
    let seconds = text.split(',').find_map(|part| part.trim().strip_prefix("max-age="))?;
    seconds.parse::<u32>().ok().map(|seconds| SignedDuration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_as_long_as_the_platform_says() {
        assert_eq!(max_age("public, max-age=22500, must-revalidate"), Some(SignedDuration::from_secs(22_500)));
        assert_eq!((max_age("no-store"), max_age("max-age=soon")), (None, None));
    }

    #[test]
    fn b12_what_is_no_key_set_is_refused() {
        let read = |body: &[u8]| PublicKeys::read(body, Timestamp::UNIX_EPOCH);
        for bad in [&b"<html>"[..], b"{}", b"", br#"{"keys":"none"}"#, &vec![b' '; LONGEST + 1]] {
            assert_eq!(read(bad).unwrap_err().kind, ErrorKind::Protocol);
        }
        let none = read(br#"{"keys":[]}"#).unwrap();
        let wanted = Wanted { issuers: &["https://issuer.example"], audience: "us", now: Timestamp::UNIX_EPOCH };
        for bad in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiIsImtpZCI6IngifQ.e30.e30"] {
            assert_eq!(none.prove(bad, wanted).unwrap_err().kind, ErrorKind::Unauthorized, "{bad}");
        }
    }
}
