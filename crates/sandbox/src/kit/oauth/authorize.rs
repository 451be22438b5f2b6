//! The way of a person through the authorize endpoint: request checked, signed in, scopes permitted or denied, sent back with a code. The HTML is next door.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use url::{Url, form_urlencoded};

use super::pages;
use super::style::{Account, Pkce};
use super::vault::{Code, Consent};
use super::{Authority, PASSWORD};

/// An authorize request that waits for its person.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub client_id: String,
    pub redirect_uri: String,
    pub state: Option<String>,
    pub scopes: Vec<String>,
    pub challenge: Option<String>,
    pub params: BTreeMap<String, String>,
    /// Known after the sign-in.
    pub account: Option<Account>,
}

/// Why an authorize request goes no further.
enum Stop {
    /// Client or redirect URI are wrong: nobody may be sent anywhere (RFC 6749 section 4.1.2.1).
    Page(&'static str),
    /// The client learns of it.
    Redirect(Url),
}

pub(super) async fn begin(State(authority): State<Arc<Authority>>, RawQuery(query): RawQuery) -> Response {
    match authority.check_request(query.as_deref().unwrap_or_default()) {
        Ok(waiting) => {
            let request = authority.kit.token("request-");
            authority.waiting().insert(request.clone(), waiting);
            Html(pages::sign_in(&authority, &request, None)).into_response()
        }
        Err(Stop::Page(reason)) => problem(&authority, reason),
        Err(Stop::Redirect(url)) => redirect(&url),
    }
}

pub(super) async fn sign_in(State(authority): State<Arc<Authority>>, body: Bytes) -> Response {
    let form = read_form(&body);
    let field = |name: &str| first(&form, name);
    let request = field("request").unwrap_or_default();
    let account = authority
        .style
        .accounts
        .iter()
        .find(|account| Some(account.email.as_str()) == field("email"))
        .filter(|_| field("password") == Some(PASSWORD));
    let mut requests = authority.waiting();
    let Some(waiting) = requests.get_mut(request) else {
        return problem(&authority, "This sign-in has ended. Please start again.");
    };
    let Some(account) = account else {
        let page = pages::sign_in(&authority, request, Some("E-mail or password are wrong."));
        return (StatusCode::UNAUTHORIZED, Html(page)).into_response();
    };
    waiting.account = Some(account.clone());
    Html(pages::consent(&authority, request, account, &waiting.scopes)).into_response()
}

pub(super) async fn decide(State(authority): State<Arc<Authority>>, body: Bytes) -> Response {
    let form = read_form(&body);
    let request = first(&form, "request").unwrap_or_default();
    let signed_in = authority.waiting().remove(request).and_then(|waiting| Some((waiting.account.clone()?, waiting)));
    let Some((account, waiting)) = signed_in else {
        return problem(&authority, "This sign-in has ended. Please start again.");
    };
    let Ok(mut target) = Url::parse(&waiting.redirect_uri) else {
        return problem(&authority, "The redirect URI is no address.");
    };
    if first(&form, "decision") == Some("allow") {
        let scopes = authority.permitted(&waiting.scopes, &form);
        let code = authority.code_for(&waiting, account, scopes);
        append(&mut target, "code", &code);
    } else {
        let description = "The person did not permit the access.";
        append(&mut target, "error", "access_denied");
        append(&mut target, "error_description", description);
    }
    if let Some(state) = &waiting.state {
        append(&mut target, "state", state);
    }
    redirect(&target)
}

impl Authority {
    fn check_request(&self, query: &str) -> Result<Waiting, Stop> {
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            if params.insert(name, value).is_some() {
                return Err(Stop::Page("A parameter is given twice."));
            }
        }
        let get = |name: &str| params.get(name).map(String::as_str);
        let client = get("client_id").and_then(|id| self.client(id)).ok_or(Stop::Page("The application is not known."))?;
        let redirect_uri = get("redirect_uri")
            .filter(|uri| client.redirect_uris.iter().any(|known| known == uri))
            .ok_or(Stop::Page("The redirect URI is not registered."))?;
        let target = Url::parse(redirect_uri).map_err(|_| Stop::Page("The redirect URI is no address."))?;
        let state = get("state");
        let stop = |error: &str, description: &str| {
            let mut target = target.clone();
            append(&mut target, "error", error);
            append(&mut target, "error_description", description);
            if let Some(state) = state {
                append(&mut target, "state", state);
            }
            Stop::Redirect(target)
        };
        if get("response_type") != Some("code") {
            return Err(stop("unsupported_response_type", "Only code is supported."));
        }
        let scopes = self.split_scopes(get(self.style.scope_param).unwrap_or_default());
        if let Some(unknown) = scopes.iter().find(|scope| !self.knows_scope(scope)) {
            return Err(stop("invalid_scope", &format!("{unknown} is not a scope.")));
        }
        let challenge = get("code_challenge").map(str::to_owned);
        match (self.style.pkce, &challenge, get("code_challenge_method")) {
            (Pkce::Ignored, ..) | (_, Some(_), Some("S256")) | (Pkce::Optional, None, None) => {}
            _ => return Err(stop("invalid_request", "A proof key by S256 is required.")),
        }
        Ok(Waiting {
            client_id: client.id,
            redirect_uri: redirect_uri.to_owned(),
            state: state.map(str::to_owned),
            scopes,
            challenge,
            account: None,
            params,
        })
    }

    /// The scopes whose boxes were left ticked; all of them where the tool has no boxes.
    fn permitted(&self, asked: &[String], form: &[(String, String)]) -> Vec<String> {
        let ticked = |scope: &str| form.iter().any(|(n, v)| n == "scope" && v == scope);
        let permitted = asked.iter().filter(|scope| !self.style.partial_consent || ticked(scope));
        permitted.cloned().collect()
    }

    fn code_for(&self, waiting: &Waiting, account: Account, scopes: Vec<String>) -> String {
        let text = self.kit.token("code-");
        let mut vault = self.vault();
        let consent = vault.add_consent(Consent {
            account,
            client_id: waiting.client_id.clone(),
            scopes,
            params: waiting.params.clone(),
            revoked: false,
        });
        let code = Code {
            consent,
            redirect_uri: waiting.redirect_uri.clone(),
            challenge: waiting.challenge.clone(),
            expires_ms: self.kit.clock.now_ms() + self.style.code_seconds * 1000,
            used: false,
        };
        vault.codes.insert(text.clone(), code);
        text
    }
}

fn append(target: &mut Url, name: &str, value: &str) {
    target.query_pairs_mut().append_pair(name, value);
}

fn redirect(target: &Url) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, target.as_str())]).into_response()
}

fn problem(authority: &Authority, reason: &str) -> Response {
    let page = pages::problem(authority, reason);
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

fn read_form(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

fn first<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
