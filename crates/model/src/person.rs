//! A person as meetings name one, and how two addresses are compared.

use serde::{Deserialize, Serialize};

/// Someone named in a meeting; any part may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Person {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl Person {
    /// What to show: the name, else the address, else the number.
    pub fn label(&self) -> &str {
        self.name.as_deref().or(self.email.as_deref()).or(self.phone.as_deref()).unwrap_or("someone")
    }

    /// Whether both certainly mean the same person: same mailbox, or, where one of them has none, the same name.
    pub fn is(&self, other: &Self) -> bool {
        match (&self.email, &other.email) {
            (Some(mine), Some(theirs)) => mailbox(mine) == mailbox(theirs),
            _ => self.name.is_some() && self.name == other.name,
        }
    }
}

/// The form in which addresses are compared: trimmed, lower case. (RFC 5321 section 2.4 lets the local part be
/// case-sensitive, but asks hosts not to depend on it, and no tool of the catalogue does.)
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The mailbox behind an address: without the tag after `+` (RFC 5233 section 1), and at Google's mail without dots and under one
/// domain (support.google.com/mail/answer/7436150). Tells who somebody in a meeting is; a CRM's contacts are told apart by the whole
/// address, since people keep several on purpose.
pub fn mailbox(email: &str) -> String {
    let normal = normal_email(email);
    let Some((local, domain)) = normal.rsplit_once('@') else { return normal };
    let local = local.split_once('+').map_or(local, |(name, _)| name);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
}

/// The domain of an address, in the compared form.
pub fn email_domain(email: &str) -> Option<String> {
    let normal = normal_email(email);
    normal.rsplit_once('@').map(|(_, domain)| domain.to_owned()).filter(|domain| domain.contains('.'))
}

/// Domains where an address says nothing about the company.
const FREE_MAIL: [&str; 24] = [
    "aol.com",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
];

/// Whether a domain is a public mail service, so that it must not be matched to a company.
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.contains(&domain)
}
