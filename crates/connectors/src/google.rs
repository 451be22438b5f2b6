//! Signing in at Google, as every tool of Google's does: a person by consent, or a service account in a person's name.
//! Sources: `google_calendar/README.md`.

use connector_kit::manifest::{AppFlow, AppProof, Auth, ClientAuth, CodeFlow, Field, Permission, Revocation};

const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// A person signs in; `permissions`: what is needed whatever is switched on.
pub(crate) const fn person(permissions: &'static [Permission]) -> Auth {
    Auth::Code(CodeFlow {
        authorize_url: "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: TOKEN_URL,
        revocation: Revocation::Post { url: "https://oauth2.googleapis.com/revoke" },
        scope_separator: " ",
        client_auth: ClientAuth::Body,
        pkce: true,
        // Without these two Google gives no refresh token, or none at a second consent.
        authorize_parameters: &[("access_type", "offline"), ("prompt", "consent")],
        permissions,
        fields: &[],
    })
}

/// A service account with domain-wide delegation acts for one person; `scopes`: those that the administrator authorised.
pub(crate) const fn service_account(scopes: &'static [&'static str]) -> Auth {
    Auth::App {
        name: "service_account",
        label: "Service account",
        flow: AppFlow {
            token_url: TOKEN_URL,
            grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
            scope: None,
            proof: AppProof::JwtBearer { audience: None, scopes },
            parameters: &[],
            fields: &[CLIENT_ID, PRIVATE_KEY, SUBJECT],
        },
    }
}

const CLIENT_ID: Field = Field {
    name: "client_id",
    label: "Service account",
    secret: false,
    help: "Its address, `client_email` in the key file. An administrator allows it the listed permissions under domain-wide delegation.",
};
const PRIVATE_KEY: Field =
    Field { name: "private_key", label: "Private key", secret: true, help: "`private_key` in the same file, in PEM form." };
const SUBJECT: Field =
    Field { name: "subject", label: "Acts for", secret: false, help: "The address of the person in whose name it reads." };
