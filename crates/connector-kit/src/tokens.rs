//! Tokens: what a token endpoint gave, how it is sealed, and how the endpoint's answers are read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, Retry};
use crate::secret::Secret;

/// What a token endpoint gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    pub access: Secret,
    pub refresh: Option<Secret>,
    pub expires: Option<Timestamp>,
    /// What was granted, where the tool says so; it may be less than was asked.
    pub scopes: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
struct TokensText {
    access: String,
    refresh: Option<String>,
    expires: Option<Timestamp>,
    scopes: Option<Vec<String>>,
}

impl Tokens {
    /// What stands for a token where user name and password go with every call (RFC 7617 section 2): it neither ends nor is renewed.
    pub fn of_password(user: &str, password: &Secret) -> Result<Self> {
        if user.contains(':') {
            return Err(Error::invalid("`user` may hold no colon"));
        }
        let access = Secret::new(STANDARD.encode(format!("{user}:{}", password.expose())));
        Ok(Self { access, refresh: None, expires: None, scopes: None })
    }

    /// The text that the store seals.
    pub fn to_secret(&self) -> Secret {
        let text = TokensText {
            access: self.access.expose().to_owned(),
            refresh: self.refresh.as_ref().map(|refresh| refresh.expose().to_owned()),
            expires: self.expires,
            scopes: self.scopes.clone(),
        };
        Secret::new(serde_json::to_string(&text).unwrap_or_default())
    }

    /// Reads it back.
    pub fn from_secret(secret: &Secret) -> Result<Self> {
        let text: TokensText = serde_json::from_str(secret.expose()).map_err(|_| Error::protocol("the stored tokens cannot be read"))?;
        Ok(Self { access: Secret::new(text.access), refresh: text.refresh.map(Secret::new), expires: text.expires, scopes: text.scopes })
    }

    /// Whether it should be refreshed before use: a minute, or a tenth of ten minutes' life, before it ends.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires.duration_since(now) < SignedDuration::from_secs(60))
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<i64>,
    scope: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    status: Option<String>,
}

/// Reads a token endpoint's answer (RFC 6749 sections 5.1 and 5.2, and the spellings met in the catalogue).
pub(crate) fn read_tokens(status: u16, body: &[u8], pause: Option<SignedDuration>, now: Timestamp) -> Result<Tokens> {
    if status == 429 || status >= 500 {
        let kind = if status == 429 { ErrorKind::RateLimited } else { ErrorKind::Unavailable };
        let error = Error::new(kind, format!("the tool's token endpoint answered with status {status}"));
        let error = if status == 429 { error } else { error.in_doubt() };
        return Err(pause.map_or(error.clone(), |pause| error.with_retry(Retry::After(pause))));
    }
    let answer: TokenAnswer = serde_json::from_slice(body)
        .map_err(|_| Error::protocol(format!("the tool's token endpoint answered with status {status} and no readable JSON")))?;
    if let (Some(access), None) = (answer.access_token, &answer.error) {
        return Ok(Tokens {
            access: Secret::new(access),
            refresh: answer.refresh_token.filter(|text| !text.is_empty()).map(Secret::new),
            expires: answer.expires_in.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok()),
            scopes: answer.scope.map(|text| text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()),
        });
    }
    let code = answer.error.or(answer.status).unwrap_or_else(|| format!("status {status}"));
    let words = answer.error_description.or(answer.reason).or(answer.message).unwrap_or_else(|| "the sign-in was refused".to_owned());
    Err(Error::new(ErrorKind::Unauthorized, words).with_code(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn an_answer_is_read_whether_scopes_are_parted_by_spaces_or_commas() {
        for scope in ["read write", "read,write"] {
            let body = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":60,"scope":"{scope}"}}"#);
            let tokens = read_tokens(200, body.as_bytes(), None, now()).unwrap();
            assert_eq!(tokens.scopes.unwrap(), ["read", "write"]);
            assert_eq!(tokens.expires.unwrap().as_second() - now().as_second(), 60);
        }
    }

    #[test]
    fn a_refusal_with_status_200_is_a_refusal() {
        let error = read_tokens(200, br#"{"ok":false,"error":"invalid_code"}"#, None, now()).unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Unauthorized, Some("invalid_code")));
    }

    #[test]
    fn user_and_password_are_one_text_and_a_colon_parts_them() {
        let tokens = Tokens::of_password("demo\\project.manager", &Secret::from("pass:wörd")).unwrap();
        assert_eq!(STANDARD.decode(tokens.access.expose()).unwrap(), "demo\\project.manager:pass:wörd".as_bytes());
        assert_eq!(Tokens::of_password("a:b", &Secret::from("c")).unwrap_err().kind, ErrorKind::Invalid);
    }

    #[test]
    fn tokens_survive_sealing_and_never_print() {
        let tokens = Tokens { access: "at-canary".into(), refresh: Some("rt-canary".into()), expires: Some(now()), scopes: None };
        assert_eq!(Tokens::from_secret(&tokens.to_secret()).unwrap(), tokens);
        assert!(!format!("{tokens:?}").contains("canary"));
    }
}
