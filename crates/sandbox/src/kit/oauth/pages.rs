//! The HTML of the sign-in and consent pages: plain forms, no script, everything escaped. Decides nothing.

use super::style::Account;
use super::{Authority, PASSWORD};

pub(super) fn sign_in(authority: &Authority, request: &str, notice: Option<&str>) -> String {
    let notice = notice.map(|text| format!("<p role=\"alert\">{}</p>", escape(text))).unwrap_or_default();
    let option = |account: &Account| {
        let (email, name) = (escape(&account.email), escape(&account.name));
        format!("<option value=\"{email}\">{name}</option>")
    };
    let people = authority.style.accounts.iter().map(option).collect::<Vec<_>>().concat();
    let body = format!(
        "{notice}<form method=\"post\" action=\"{action}\">\
         <input type=\"hidden\" name=\"request\" value=\"{request}\">\
         <p><label>E-mail <input name=\"email\" type=\"email\" list=\"people\" value=\"{first}\" required></label></p>\
         <datalist id=\"people\">{people}</datalist>\
         <p><label>Password <input name=\"password\" type=\"password\" value=\"{PASSWORD}\" required></label></p>\
         <p><button type=\"submit\">Sign in</button></p></form>",
        action = escape(&action(authority, "sign-in")),
        request = escape(request),
        first = escape(authority.style.accounts.first().map_or("", |account| &account.email)),
    );
    page(&format!("Sign in to {} (sandbox)", authority.style.name), &body)
}

pub(super) fn consent(authority: &Authority, request: &str, account: &Account, scopes: &[String]) -> String {
    let row = |scope: &String| {
        let scope = escape(scope);
        if authority.style.partial_consent {
            format!("<li><label><input type=\"checkbox\" name=\"scope\" value=\"{scope}\" checked> {scope}</label></li>")
        } else {
            format!("<li>{scope}</li>")
        }
    };
    let rows = scopes.iter().map(row).collect::<Vec<_>>().concat();
    let body = format!(
        "<p>Signed in as {who}. Harmony asks for:</p>\
         <form method=\"post\" action=\"{action}\">\
         <input type=\"hidden\" name=\"request\" value=\"{request}\"><ul>{rows}</ul>\
         <p><button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button> \
         <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button></p></form>",
        who = escape(&account.email),
        action = escape(&action(authority, "decide")),
        request = escape(request),
    );
    page(&format!("Permit access to {} (sandbox)", authority.style.name), &body)
}

pub(super) fn problem(authority: &Authority, reason: &str) -> String {
    let body = format!("<p role=\"alert\">{}</p>", escape(reason));
    page(&format!("{} (sandbox) cannot go on", authority.style.name), &body)
}

fn action(authority: &Authority, step: &str) -> String {
    let base = authority.kit.base(authority.style.tool);
    format!("{base}{}/{step}", authority.style.authorize_path)
}

fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title></head>\
         <body style=\"font: 1rem/1.5 system-ui; max-width: 32rem; margin: 3rem auto; padding: 0 1rem\">\
         <main><h1>{title}</h1>{body}</main></body></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
