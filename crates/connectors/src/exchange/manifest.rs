//! The facts about Exchange. Their sources are in README.md.

use std::time::Duration;

use connector_kit::manifest::{Auth, Category, ClientAuth, CodeFlow, Field, Flow, Limit, Manifest, Permission, Revocation};
use model::connection::{Capability, Scope, Way};

const SERVER: Field = Field {
    name: "server",
    label: "Exchange server",
    secret: false,
    help: "Its host name, such as mail.example.org, or your mail domain.",
};
const MAILBOX: Field = Field { name: "mailbox", label: "Mailbox", secret: false, help: "The e-mail address of the mailbox." };
const PASSWORD: Field = Field { name: "password", label: "Password", secret: true, help: "It goes to this server alone, over TLS." };

pub static MANIFEST: Manifest = Manifest {
    id: "exchange",
    name: "Exchange",
    category: Category::Calendar,
    purpose: "Brings in your meetings from your organisation's own Exchange servers.",
    scope: Scope::Personal,
    docs: "https://learn.microsoft.com/exchange/client-developer/exchange-web-services/explore-the-ews-managed-api-ews-and-web-services-in-exchange",
    base_url: "https://{server}/EWS/Exchange.asmx",
    hosts: &[],
    auth: &[
        Auth::Code(CodeFlow {
            // AD FS; where Entra ID signs people in (hybrid modern authentication), the operator sets the addresses.
            authorize_url: "https://{sign_in}/adfs/oauth2/authorize?resource=https%3A%2F%2F{server}%2F",
            token_url: "https://{sign_in}/adfs/oauth2/token",
            revocation: Revocation::Nowhere {
                remove_at: "https://learn.microsoft.com/windows-server/identity/ad-fs/operations/ad-fs-single-sign-on-settings",
            },
            scope_separator: " ",
            client_auth: ClientAuth::Body,
            pkce: true,
            authorize_parameters: &[],
            permissions: &[Permission {
                scope: "user_impersonation",
                reason: "To read the calendars of your mailbox in your name. Exchange has no narrower right for this.",
            }],
            fields: &[
                SERVER,
                MAILBOX,
                Field { name: "sign_in", label: "AD FS server", secret: false, help: "The host name of AD FS, such as sts.example.org." },
            ],
        }),
        Auth::Password {
            name: "password",
            label: "User name and password",
            fields: &[
                SERVER,
                MAILBOX,
                Field { name: "user", label: "User name", secret: false, help: "An address, or DOMAIN\\name." },
                PASSWORD,
            ],
        },
        Auth::Password {
            name: "service_account",
            label: "Service account",
            fields: &[
                SERVER,
                Field {
                    name: "impersonated",
                    label: "Mailbox to read",
                    secret: false,
                    help: "The e-mail address of the mailbox; the service account needs the role ApplicationImpersonation.",
                },
                Field { name: "user", label: "Service account", secret: false, help: "An address, or DOMAIN\\name." },
                PASSWORD,
            ],
        },
    ],
    flows: &[Flow {
        capability: Capability::Calendar,
        way: Way::Pull,
        what: "Events with their times, attendees and join links",
        permissions: &[],
        effect: None,
        destination: Some("calendar"),
    }],
    limits: &[Limit { calls: 600, per: Duration::from_mins(1) }],
    webhooks: None,
};
