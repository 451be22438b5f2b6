//! Who calls: a bearer token or a password, and for whom (MS-OXWSCDATA, `ExchangeImpersonation`).

use axum::http::{HeaderMap, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::soap::{Fault, Request};
use super::world::{Mailbox, World};
use super::{Exchange, oauth, seed};
use crate::kit::Need;
use crate::kit::xml::Element;

/// The address of whoever signed in.
#[expect(clippy::result_large_err, reason = "the refusal is the answer itself and is used at once")]
pub fn caller(exchange: &Exchange, headers: &HeaderMap) -> Result<String, Response> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Basic "));
    if let Some(encoded) = basic {
        return by_password(encoded).ok_or_else(oauth::unauthorized);
    }
    match exchange.authority.bearer(headers, Need::All(&["user_impersonation"])) {
        Ok(caller) => Ok(caller.account.email),
        Err(refusal) => Err(axum::response::IntoResponse::into_response(refusal)),
    }
}

/// A user is named by address, or as `DEMO\name`.
fn by_password(encoded: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    let user = user.strip_prefix("DEMO\\").unwrap_or(user);
    let named =
        |email: &str| email.eq_ignore_ascii_case(user) || email.split('@').next().is_some_and(|name| name.eq_ignore_ascii_case(user));
    let account = seed::accounts().into_iter().find(|account| named(&account.email))?;
    (password == seed::PASSWORD).then_some(account.email)
}

/// For whom the call acts: whoever signed in, or the mailbox that the header names.
pub fn acting(world: &World, caller: &str, request: &Request) -> Result<String, Fault> {
    let Some(header) = request.header.iter().find(|block| block.name == "ExchangeImpersonation") else {
        return Ok(caller.to_owned());
    };
    let named = header.child("ConnectingSID").and_then(|sid| sid.children.first()).map(|name| name.text.to_lowercase());
    if caller != seed::SERVICE {
        return Err(Fault::new("ErrorImpersonateUserDenied", "The account does not have permission to impersonate the requested user."));
    }
    match named.filter(|email| world.mailboxes.contains_key(email)) {
        Some(email) => Ok(email),
        None => Err(Fault::new("ErrorNonExistentMailbox", "No mailbox with such guid.")),
    }
}

/// The mailbox that a folder id means, if the caller may read it.
pub fn mailbox<'w>(world: &'w World, acting: &str, folder: &Element) -> Result<(&'w str, &'w Mailbox), Fault> {
    let named = folder.child("Mailbox").and_then(|mailbox| mailbox.text_of("EmailAddress")).map(str::to_lowercase);
    open(world, acting, named.as_deref().unwrap_or(acting))
}

/// A mailbox, if the caller may read it.
pub fn open<'w>(world: &'w World, acting: &str, owner: &str) -> Result<(&'w str, &'w Mailbox), Fault> {
    let Some((email, mailbox)) = world.mailboxes.get_key_value(owner) else {
        return Err(Fault::new("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."));
    };
    if email != acting && !mailbox.delegates.contains(acting) {
        return Err(Fault::new("ErrorAccessDenied", "Access is denied. Check credentials and try again."));
    }
    Ok((email.as_str(), mailbox))
}
