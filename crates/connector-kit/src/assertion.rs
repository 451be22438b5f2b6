//! Assertions: a signed JWT by which an application proves itself at a token endpoint (RFC 7523).

use jsonwebtoken::{EncodingKey, Header};
use model::Env;
use serde::Serialize;

pub(crate) use jsonwebtoken::Algorithm;

use crate::error::{Error, Result};
use crate::oauth::random_text;
use crate::secret::Secret;

/// How long one is good. Salesforce wants no more.
const LIFE_SECONDS: i64 = 180;

/// Who says what to whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assertion<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub audience: &'a str,
    /// What is asked for, where the tool reads it here; else empty.
    pub scope: &'a str,
    pub key_id: Option<&'a str>,
}

/// RFC 7523 section 3.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

impl<'a> Assertion<'a> {
    pub fn new(issuer: &'a str, subject: &'a str, audience: &'a str) -> Self {
        Self { issuer, subject, audience, scope: "", key_id: None }
    }

    /// Signs it for use once, within three minutes.
    pub fn signed(self, algorithm: Algorithm, private_key: &Secret, env: &dyn Env) -> Result<Secret> {
        let pem = private_key.expose().as_bytes();
        let (kind, key) = match algorithm {
            Algorithm::RS256 => ("an RSA", EncodingKey::from_rsa_pem(pem)),
            _ => ("an elliptic-curve", EncodingKey::from_ec_pem(pem)),
        };
        let key = key.map_err(|_| Error::invalid(format!("`private_key` is not {kind} key in PEM (PKCS #8) form")))?;
        let now = env.now().as_second();
        let claims = Claims {
            iss: self.issuer,
            sub: self.subject,
            aud: self.audience,
            scope: self.scope,
            iat: now,
            exp: now + LIFE_SECONDS,
            jti: random_text(env),
        };
        let header = Header { kid: self.key_id.map(str::to_owned), ..Header::new(algorithm) };
        let token = jsonwebtoken::encode(&header, &claims, &key)
            .map_err(|_| Error::invalid(format!("`private_key` cannot sign with {algorithm:?}")))?;
        Ok(Secret::new(token))
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use model::env::Simulated;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_service_account_asks_in_the_name_of_a_person_for_three_minutes() {
        let env = Simulated::new("2026-01-01T00:00:00Z".parse().unwrap(), 1);
        let key = Secret::from(include_str!("keys/rsa-private.pem"));
        let assertion = Assertion {
            scope: "meetings.read calendar.read",
            key_id: Some("key-1"),
            ..Assertion::new("hub@service.example", "project.manager@demo.example", "https://tool.example/token")
        };
        let token = assertion.signed(Algorithm::RS256, &key, &env).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_audience(&["https://tool.example/token"]);
        let public = DecodingKey::from_rsa_pem(include_bytes!("keys/rsa-public.pem")).unwrap();
        let read = decode::<Value>(token.expose(), &public, &validation).unwrap();
        assert_eq!(read.header.kid.as_deref(), Some("key-1"));
        assert_eq!((&read.claims["iss"], &read.claims["sub"]), (&json!("hub@service.example"), &json!("project.manager@demo.example")));
        assert_eq!(read.claims["scope"], "meetings.read calendar.read");
        assert_eq!(read.claims["exp"].as_i64().unwrap() - read.claims["iat"].as_i64().unwrap(), 180);
    }

    #[test]
    fn a_key_of_another_kind_is_refused_without_being_shown() {
        let env = Simulated::new("2026-01-01T00:00:00Z".parse().unwrap(), 1);
        let key = Secret::from(include_str!("keys/rsa-private.pem"));
        let error = Assertion::new("a", "b", "c").signed(Algorithm::ES256, &key, &env).unwrap_err();
        assert_eq!(error.message, "`private_key` is not an elliptic-curve key in PEM (PKCS #8) form");
    }
}
