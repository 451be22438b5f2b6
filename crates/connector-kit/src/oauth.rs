//! Signing in to a tool: authorize address, code and refresh at the token endpoint, application grants, revocation.
//! Who stores tokens, and when, is `sync`'s business.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::Env;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::guard::{self, Reach};
use crate::manifest::{AppFlow, AppProof, Auth, ClientAuth, CodeFlow, Manifest, Revocation};
use crate::network::Network;
use crate::secret::Secret;
use crate::session::retry_after;
pub use crate::tokens::Tokens;
use crate::tokens::read_tokens;

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
            Auth::ApiToken { .. } | Auth::Password { .. } => (None, None, None),
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

#[cfg(test)]
mod tests {
    use super::*;

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
