//! `/account`, `/users` (agents) and `/contacts` (customers), by id, e-mail or phone. docs.talkdesk.com/reference/account, /users, /contacts

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::Talkdesk;
use super::problem::{Api, problem};
use super::query::Query;
use super::world::{Contact, User};
use crate::kit::Refusal;

/// `name` is the subdomain.
pub(super) async fn account(
    State(talkdesk): State<Arc<Talkdesk>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Account, &["account:read"])?;
    Query::read(Api::Account, query.as_deref(), &[])?;
    let world = talkdesk.world();
    Ok(Json(json!({
        "id": world.account_id,
        "name": "demo-example",
        "company_name": "Demo Organisation",
        "timezone": "Europe/London",
        "created_at": "2024-01-15T09:00:00Z",
        "_links": { "self": { "href": talkdesk.link("/account") } },
    })))
}

pub(super) async fn users(
    State(talkdesk): State<Arc<Talkdesk>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Users, &["users:read"])?;
    let query = Query::read(Api::Users, query.as_deref(), &["active", "email", "page", "per_page"])?;
    let (active, email) = (query.flag("active")?, query.text("email"));
    let paging = query.paging(20, 200)?;
    let world = talkdesk.world();
    let users: Vec<Value> = world
        .users
        .iter()
        .filter(|user| active.is_none_or(|active| user.active == active))
        .filter(|user| email.is_none_or(|email| user.email.eq_ignore_ascii_case(email)))
        .map(|user| user_object(&talkdesk, user))
        .collect();
    let mut frame = paging.frame(&talkdesk, "/users", "users", &users);
    frame["_links"]["show"] = json!({ "templated": true, "href": talkdesk.link("/users/{id}") });
    frame["_links"]["index"] = json!({ "templated": true, "href": talkdesk.link("/users{?active,email,page,per_page}") });
    Ok(Json(frame))
}

pub(super) async fn user(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Users, &["users:read"])?;
    let world = talkdesk.world();
    let user = world.user(&id).ok_or_else(|| problem(StatusCode::NOT_FOUND, "0040000", "User not found"))?;
    Ok(Json(user_object(&talkdesk, user)))
}

fn user_object(talkdesk: &Talkdesk, user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "active": user.active,
        "extension": user.extension,
        "created_at": "2024-01-15T09:00:00Z",
        "_links": { "self": { "href": talkdesk.link(&format!("/users/{}", user.id)) } },
    })
}

/// `phones` and `emails` may stand there several times; a contact with one of the values is found.
pub(super) async fn contacts(
    State(talkdesk): State<Arc<Talkdesk>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Contacts, &["contacts:read"])?;
    let query = Query::read(Api::Contacts, query.as_deref(), &["ids", "name", "company", "emails", "phones", "page", "per_page"])?;
    let paging = query.paging(50, 50)?;
    let (ids, emails, phones) = (query.all("ids"), query.all("emails"), query.all("phones"));
    if ids.len() > 50 {
        return Err(Api::Contacts.bad_request("ids", "has more than 50 entries"));
    }
    if let Some(phone) = phones.iter().find(|phone| !is_e164(phone)) {
        return Err(Api::Contacts.bad_request("phones", &format!("{phone} is not in E.164 format")));
    }
    let fits = |wanted: &[&str], have: &str| wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(have));
    let world = talkdesk.world();
    let contacts: Vec<Value> = world
        .contacts
        .iter()
        .filter(|contact| fits(&ids, &contact.id) && fits(&emails, &contact.email) && fits(&phones, &contact.phone))
        .filter(|contact| query.text("name").is_none_or(|name| contact.name == name))
        .filter(|contact| query.text("company").is_none_or(|company| contact.company == company))
        .map(|contact| contact_object(&talkdesk, contact))
        .collect();
    let mut frame = paging.frame(&talkdesk, "/contacts", "contacts", &contacts);
    // This list has no page numbers beside its links.
    if let Some(map) = frame.as_object_mut() {
        map.retain(|name, _| !["page", "per_page", "total_pages"].contains(&name.as_str()));
    }
    Ok(Json(frame))
}

/// The example of the file has the contact itself, its schema a `contact` round it; the example is followed.
pub(super) async fn contact(
    State(talkdesk): State<Arc<Talkdesk>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    talkdesk.admit(&headers, Api::Contacts, &["contacts:read"])?;
    let world = talkdesk.world();
    let contact = world.contacts.iter().find(|contact| contact.id == id);
    let contact = contact.ok_or_else(|| problem(StatusCode::NOT_FOUND, "0210001", "Contact not found"))?;
    Ok(Json(contact_object(&talkdesk, contact)))
}

fn contact_object(talkdesk: &Talkdesk, contact: &Contact) -> Value {
    let path = format!("/contacts/{}", contact.id);
    json!({
        "id": contact.id,
        "name": contact.name,
        "company": contact.company,
        // The address stands in `number`, as the file has it.
        "emails": [{ "label": "Business", "number": contact.email }],
        "phones": [{ "label": "Business", "number": contact.phone }],
        "_links": {
            "self": { "href": talkdesk.link(&path) },
            "integrations": { "href": talkdesk.link(&format!("{path}/integrations")) },
        },
    })
}

/// `+` and up to 15 digits. In a query a plain `+` is a space: it must be encoded.
pub(super) fn is_e164(phone: &str) -> bool {
    phone.strip_prefix('+').is_some_and(|digits| (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
