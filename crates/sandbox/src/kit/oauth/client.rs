//! Who asks for a token: reads the parameters of a token request and authenticates the client. Issues nothing.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::Authority;
use super::style::{BodyKind, Client, ClientAuth, OauthError, OauthReason};

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What would end up in logs if it stood in an address (RFC 6749 section 2.3.1); it is not read there.
const NEVER_IN_QUERY: &[&str] = &["client_secret", "refresh_token"];

/// The parameters of a token request, wherever they stood.
#[derive(Debug)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn require(&self, name: &str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| OauthReason::MissingParameter.error(format!("{name} is missing.")))
    }

    /// Reads body and query as far as the tool does. A parameter given twice is refused (RFC 6749 section 3.2).
    pub(super) fn read(kinds: &[BodyKind], headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Self, OauthError> {
        let wrong = |text: &str| OauthReason::WrongBody.error(text);
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut pairs: Vec<(String, String)> = Vec::new();
        if let Some(query) = query.filter(|_| kinds.contains(&BodyKind::Query)) {
            let given = form_urlencoded::parse(query.as_bytes()).into_owned();
            pairs.extend(given.filter(|(name, _)| !NEVER_IN_QUERY.contains(&name.as_str())));
        }
        if media_type.starts_with("application/x-www-form-urlencoded") && kinds.contains(&BodyKind::Form) {
            pairs.extend(form_urlencoded::parse(body).into_owned());
        } else if media_type.starts_with("application/json") && kinds.contains(&BodyKind::Json) {
            let map: BTreeMap<String, serde_json::Value> =
                serde_json::from_slice(body).map_err(|_| wrong("The body is no JSON object."))?;
            for (name, value) in map {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                pairs.push((name, text));
            }
        } else if !body.is_empty() {
            return Err(wrong("The media type of the body is not supported."));
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs {
            if parameters.insert(name, value).is_some() {
                return Err(wrong("A parameter is given twice."));
            }
        }
        Ok(Self(parameters))
    }
}

#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub(super) sub: String,
    exp: i64,
    /// Required of `private_key_jwt`, unlike of other assertions (`OpenID` Connect Core section 9).
    jti: Option<String>,
    /// Google reads the scopes here.
    pub(super) scope: Option<String>,
}

impl Authority {
    /// The client, by the first way of authentication that the tool accepts and the request uses.
    pub(super) fn authenticate(&self, headers: &HeaderMap, parameters: &Parameters) -> Result<Client, OauthError> {
        let accepts = |way| self.style.client_auth.contains(&way);
        if accepts(ClientAuth::Basic)
            && let Some((id, secret)) = basic(headers)
        {
            return self.by_secret(&id, &secret);
        }
        if accepts(ClientAuth::PrivateKeyJwt) && parameters.get("client_assertion").is_some() {
            return self.by_assertion(parameters);
        }
        if accepts(ClientAuth::Body)
            && let (Some(id), Some(secret)) = (parameters.get("client_id"), parameters.get("client_secret"))
        {
            return self.by_secret(id, secret);
        }
        Err(OauthReason::UnknownClient.error("The client did not authenticate."))
    }

    fn by_secret(&self, id: &str, secret: &str) -> Result<Client, OauthError> {
        let client = self.client(id).ok_or_else(|| OauthReason::UnknownClient.error("The client is not known."))?;
        if bool::from(client.secret.as_bytes().ct_eq(secret.as_bytes())) {
            Ok(client)
        } else {
            Err(OauthReason::BadSecret.error("The client secret is wrong."))
        }
    }

    /// RFC 7523 section 2.2: issued by and for the client, to this token endpoint, used once.
    fn by_assertion(&self, parameters: &Parameters) -> Result<Client, OauthError> {
        let bad = |text: &'static str| OauthReason::BadAssertion.error(text);
        if parameters.require("client_assertion_type")? != ASSERTION_TYPE {
            return Err(bad("The assertion type is not supported."));
        }
        let (client, claims) = self.verified(parameters.require("client_assertion")?, &[]).map_err(bad)?;
        if claims.sub != client.id {
            return Err(bad("The assertion does not verify."));
        }
        if !claims.jti.is_some_and(|id| self.first_use(&id)) {
            return Err(bad("The assertion was used before."));
        }
        Ok(client)
    }

    /// Who signed, and what it says: by the registered key of its issuer (RFC 7523 section 3), for this authorization server, in time.
    pub(super) fn verified(&self, assertion: &str, audiences: &[&str]) -> Result<(Client, Claims), &'static str> {
        let algorithm = decode_header(assertion).map_err(|_| "The assertion is no JWT.")?.alg;
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        let base = self.kit.base(self.style.tool);
        let own = [base.clone() + self.style.token_path, base];
        let audiences: Vec<&str> = own.iter().map(String::as_str).chain(audiences.iter().copied()).collect();
        validation.set_audience(&audiences);
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
        for (client, pem) in self.clients_with_keys() {
            let key = match algorithm {
                Algorithm::ES256 => DecodingKey::from_ec_pem(pem.as_bytes()),
                Algorithm::RS256 => DecodingKey::from_rsa_pem(pem.as_bytes()),
                _ => return Err("The algorithm is not supported."),
            };
            let Ok(key) = key else { continue };
            let Ok(token) = decode::<Claims>(assertion, &key, &validation) else {
                continue;
            };
            let claims = token.claims;
            if claims.iss != client.id {
                continue;
            }
            if claims.exp <= self.kit.clock.now().as_second() {
                return Err("The assertion has expired.");
            }
            return Ok((client, claims));
        }
        Err("The assertion does not verify.")
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let encoded = value.strip_prefix("Basic ").or_else(|| value.strip_prefix("basic "))?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
