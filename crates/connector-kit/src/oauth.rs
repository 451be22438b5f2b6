//! Signing in to a tool: authorize address, code and refresh at the token endpoint, application grants, revocation.
//! Who stores tokens, and when, is `sync`'s business.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::Env;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::{Error, ErrorKind, Result, Retry};
use crate::guard::{self, Reach};
use crate::manifest::{AppFlow, AppProof, Auth, ClientAuth, CodeFlow, Manifest, Revocation};
use crate::network::Network;
use crate::secret::Secret;
use crate::session::retry_after;

/// The operator's registration at the tool.
#[derive(Debug, Clone)]
pub struct ClientRegistration {
    pub client_id: String,
    pub client_secret: Option<Secret>,
}

/// Addresses from the configuration that stand in for the manifest's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Overrides {
    pub base_url: Option<String>,
    pub authorize_url: Option<String>,
    pub token_url: Option<String>,
    pub revoke_url: Option<String>,
}

/// A tool's addresses for one connection: manifest, configuration and connect-time fields put together.
#[derive(Debug, Clone)]
pub struct Endpoints {
    pub base_url: Url,
    pub authorize_url: Option<Url>,
    pub token_url: Option<Url>,
    pub revoke_url: Option<Url>,
}

impl Endpoints {
    /// Fills `{field}` places; a field's value may hold letters, digits, dots and hyphens alone.
    pub fn resolve(manifest: &Manifest, auth: &Auth, overrides: &Overrides, fields: &BTreeMap<String, String>) -> Result<Self> {
        let (authorize, token, revoke) = match auth {
            Auth::Code(flow) => (Some(flow.authorize_url), Some(flow.token_url), revocation_url(flow.revocation)),
            Auth::App { flow, .. } => (None, Some(flow.token_url), None),
            Auth::ApiToken { .. } => (None, None, None),
        };
        let one = |over: &Option<String>, fact: Option<&str>| -> Result<Option<Url>> {
            let text = over.as_deref().or(fact);
            text.map(|text| fill(text, fields)).transpose()
        };
        Ok(Self {
            base_url: fill(overrides.base_url.as_deref().unwrap_or(manifest.base_url), fields)?,
            authorize_url: one(&overrides.authorize_url, authorize)?,
            token_url: one(&overrides.token_url, token)?,
            revoke_url: one(&overrides.revoke_url, revoke)?,
        })
    }
}

const fn revocation_url(revocation: Revocation) -> Option<&'static str> {
    match revocation {
        Revocation::Post { url } | Revocation::Bearer { url } | Revocation::DeleteRefreshToken { url } => Some(url),
        Revocation::Nowhere { .. } => None,
    }
}

fn fill(template: &str, fields: &BTreeMap<String, String>) -> Result<Url> {
    let mut text = template.to_owned();
    for (name, value) in fields {
        let place = format!("{{{name}}}");
        if text.contains(&place) {
            if value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
                return Err(Error::invalid(format!("`{name}` may hold letters, digits, dots and hyphens alone")));
            }
            text = text.replace(&place, value);
        }
    }
    if let Some((_, rest)) = text.split_once('{') {
        let name = rest.split('}').next().unwrap_or_default();
        return Err(Error::invalid(format!("`{name}` is needed to know the tool's address")));
    }
    text.parse().map_err(|error| Error::invalid(format!("`{text}` is not an address: {error}")))
}

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

/// A PKCE verifier (RFC 7636 section 4.1): 43 characters from 32 random bytes.
pub fn new_verifier(env: &dyn Env) -> Secret {
    Secret::new(random_text(env))
}

/// A fresh unguessable text of 256 bits, for `state` and the like.
pub fn random_text(env: &dyn Env) -> String {
    let mut bytes = [0_u8; 32];
    env.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Where to send the person (RFC 6749 section 4.1.1).
pub fn authorize_address(
    flow: &CodeFlow,
    endpoints: &Endpoints,
    client_id: &str,
    redirect: &Url,
    scopes: &[&str],
    state: &str,
    verifier: &Secret,
) -> Result<Url> {
    let mut url = endpoints.authorize_url.clone().ok_or_else(|| Error::invalid("this tool has no page to sign in by"))?;
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", client_id).append_pair("redirect_uri", redirect.as_str());
        if !scopes.is_empty() {
            query.append_pair("scope", &scopes.join(flow.scope_separator));
        }
        query.append_pair("state", state);
        if flow.pkce {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes()));
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        }
        query.extend_pairs(flow.authorize_parameters);
    }
    Ok(url)
}

/// The way to a tool's token endpoint.
#[derive(Clone, Copy)]
pub struct TokenEndpoint<'a> {
    pub network: &'a Network,
    pub reach: Reach,
    pub endpoints: &'a Endpoints,
    pub env: &'a dyn Env,
}

impl TokenEndpoint<'_> {
    /// Changes an authorization code into tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    pub async fn exchange(
        &self,
        flow: &CodeFlow,
        client: &ClientRegistration,
        code: &str,
        redirect: &Url,
        verifier: &Secret,
    ) -> Result<Tokens> {
        let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect.as_str())];
        if flow.pkce {
            form.push(("code_verifier", verifier.expose()));
        }
        self.ask(flow.client_auth, client, form).await
    }

    /// Changes a refresh token into new tokens (RFC 6749 section 6). Where the answer brings no new refresh token, the
    /// old one stays good and is kept.
    pub async fn refresh(&self, flow: &CodeFlow, client: &ClientRegistration, refresh: &Secret) -> Result<Tokens> {
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
        let mut tokens = self.ask(flow.client_auth, client, form).await?;
        tokens.refresh = tokens.refresh.or_else(|| Some(refresh.clone()));
        Ok(tokens)
    }

    /// Gets a token for an application's own credentials; `fields` are what the person gave.
    pub async fn grant(&self, flow: &AppFlow, fields: &BTreeMap<String, Secret>) -> Result<Tokens> {
        let field = |name: &str| fields.get(name).ok_or_else(|| Error::invalid(format!("`{name}` is missing")));
        let client_id = field("client_id")?.expose().to_owned();
        let mut form = vec![("grant_type", flow.grant_type)];
        for name in flow.parameters {
            form.push((name, field(name)?.expose()));
        }
        match flow.proof {
            AppProof::Basic => {
                let client = ClientRegistration { client_id, client_secret: Some(field("client_secret")?.clone()) };
                self.ask(ClientAuth::Basic, &client, form).await
            }
            AppProof::PrivateKeyJwt => {
                let assertion = self.assertion(&client_id, field("key_id")?.expose(), field("private_key")?)?;
                form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
                form.push(("client_assertion", assertion.expose()));
                let client = ClientRegistration { client_id, client_secret: None };
                self.ask(ClientAuth::Body, &client, form).await
            }
        }
    }

    /// RFC 7523 section 3: issuer and subject are the client, the audience is the token endpoint, five minutes' life, one use.
    fn assertion(&self, client_id: &str, key_id: &str, private_key: &Secret) -> Result<Secret> {
        #[derive(Serialize)]
        struct Claims<'a> {
            iss: &'a str,
            sub: &'a str,
            aud: &'a str,
            iat: i64,
            exp: i64,
            jti: String,
        }
        let now = self.env.now().as_second();
        let claims = Claims {
            iss: client_id,
            sub: client_id,
            aud: self.token_url()?.as_str(),
            iat: now,
            exp: now + 300,
            jti: random_text(self.env),
        };
        let key = EncodingKey::from_ec_pem(private_key.expose().as_bytes())
            .map_err(|_| Error::invalid("`private_key` is not an elliptic-curve key in PEM (PKCS #8) form"))?;
        let header = Header { kid: Some(key_id.to_owned()), ..Header::new(Algorithm::ES256) };
        let token = jsonwebtoken::encode(&header, &claims, &key).map_err(|_| Error::invalid("`private_key` cannot sign with ES256"))?;
        Ok(Secret::new(token))
    }

    /// Takes tokens back at the tool. `Ok(false)`: the tool has no such call.
    pub async fn revoke(&self, flow: &CodeFlow, client: &ClientRegistration, tokens: &Tokens) -> Result<bool> {
        let Some(url) = &self.endpoints.revoke_url else {
            return Ok(false);
        };
        let refresh = tokens.refresh.as_ref().unwrap_or(&tokens.access);
        let http = self.network.client(self.reach);
        let request = match flow.revocation {
            Revocation::Nowhere { .. } => return Ok(false),
            Revocation::Post { .. } => with_client(http.post(url.clone()), flow.client_auth, client, vec![("token", refresh.expose())]),
            Revocation::Bearer { .. } => http.post(url.clone()).bearer_auth(tokens.access.expose()),
            Revocation::DeleteRefreshToken { .. } => {
                let mut target = url.clone();
                if let Ok(mut path) = target.path_segments_mut() {
                    path.pop_if_empty().push(refresh.expose());
                }
                http.delete(target)
            }
        };
        guard::check(url, self.reach)?;
        let response =
            request.send().await.map_err(|_| Error::new(ErrorKind::Unavailable, "the tool cannot be reached to revoke the sign-in"))?;
        match response.status().as_u16() {
            200..=299 | 400 | 401 | 404 => Ok(true),
            status => Err(Error::new(ErrorKind::Unavailable, format!("the tool answered the revocation with status {status}"))),
        }
    }

    fn token_url(&self) -> Result<&Url> {
        self.endpoints.token_url.as_ref().ok_or_else(|| Error::invalid("this tool has no token endpoint"))
    }

    async fn ask(&self, auth: ClientAuth, client: &ClientRegistration, form: Vec<(&str, &str)>) -> Result<Tokens> {
        let url = self.token_url()?;
        guard::check(url, self.reach)?;
        let request = self.network.client(self.reach).post(url.clone()).timeout(std::time::Duration::from_secs(30));
        let request = with_client(request, auth, client, form).header(reqwest::header::ACCEPT, "application/json");
        let response = request.send().await.map_err(|error| {
            let unreachable = Error::new(ErrorKind::Unavailable, "the tool's token endpoint cannot be reached");
            if error.is_connect() { unreachable } else { unreachable.in_doubt() }
        })?;
        let status = response.status().as_u16();
        let pause = response
            .headers()
            .get(reqwest::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| retry_after(text, self.env.now()));
        let body =
            response.bytes().await.map_err(|_| Error::new(ErrorKind::Unavailable, "the token endpoint's answer broke off").in_doubt())?;
        read_tokens(status, &body, pause, self.env.now())
    }
}

fn with_client<'a>(
    request: reqwest::RequestBuilder,
    auth: ClientAuth,
    client: &'a ClientRegistration,
    mut form: Vec<(&'a str, &'a str)>,
) -> reqwest::RequestBuilder {
    let secret = client.client_secret.as_ref().map(Secret::expose);
    match auth {
        ClientAuth::Basic => request.basic_auth(&client.client_id, secret).form(&form),
        ClientAuth::Body => {
            form.push(("client_id", &client.client_id));
            if let Some(secret) = secret {
                form.push(("client_secret", secret));
            }
            request.form(&form)
        }
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
fn read_tokens(status: u16, body: &[u8], pause: Option<SignedDuration>, now: Timestamp) -> Result<Tokens> {
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
    fn tokens_survive_sealing_and_never_print() {
        let tokens = Tokens { access: "at-canary".into(), refresh: Some("rt-canary".into()), expires: Some(now()), scopes: None };
        assert_eq!(Tokens::from_secret(&tokens.to_secret()).unwrap(), tokens);
        assert!(!format!("{tokens:?}").contains("canary"));
    }

    #[test]
    fn a_field_cannot_leave_its_place_in_an_address() {
        let fields = |value: &str| BTreeMap::from([("account".to_owned(), value.to_owned())]);
        assert!(fill("https://{account}.example.com/", &fields("acme")).is_ok());
        for bad in ["evil.com/", "a@b", "", "a:b", "a/b"] {
            assert!(fill("https://{account}.example.com/", &fields(bad)).is_err(), "{bad}");
        }
        assert!(fill("https://{account}.example.com/", &BTreeMap::new()).unwrap_err().message.contains("`account`"));
    }
}
