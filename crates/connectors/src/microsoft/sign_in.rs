//! Signing in at Microsoft Entra: a person by consent, or an application by its own secret. Facts alone; sources in README.md.

use connector_kit::manifest::{AppFlow, AppProof, Auth, ClientAuth, CodeFlow, Field, Permission, Revocation};

/// A person signs in with a work, school or personal account.
pub const fn by_consent(permissions: &'static [Permission]) -> Auth {
    Auth::Code(CodeFlow {
        authorize_url: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        token_url: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        revocation: Revocation::Nowhere { remove_at: "https://myapplications.microsoft.com" },
        scope_separator: " ",
        client_auth: ClientAuth::Body,
        pkce: true,
        // `offline_access` brings the refresh token and is not among the scopes that the token answer names.
        authorize_parameters: &[("scope", "offline_access"), ("prompt", "select_account"), ("response_mode", "query")],
        permissions,
        fields: &[],
    })
}

/// An application acts by itself on one mailbox, with the application permissions that an administrator consented to.
pub const fn by_application() -> Auth {
    Auth::App {
        name: "client_credentials",
        label: "Application",
        flow: AppFlow {
            token_url: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
            grant_type: "client_credentials",
            scope: Some("https://graph.microsoft.com/.default"),
            proof: AppProof::Basic,
            parameters: &[],
            fields: &[TENANT, CLIENT_ID, CLIENT_SECRET, MAILBOX],
        },
    }
}

/// The field that says on whose behalf an application reads.
pub const MAILBOX_FIELD: &str = "mailbox";

const TENANT: Field = Field {
    name: "tenant",
    label: "Tenant",
    secret: false,
    help: "The directory (tenant) ID, from the overview page of your app registration in Microsoft Entra.",
};
const CLIENT_ID: Field =
    Field { name: "client_id", label: "Client ID", secret: false, help: "The application (client) ID, from the same page." };
const CLIENT_SECRET: Field = Field {
    name: "client_secret",
    label: "Client secret",
    secret: true,
    help: "Its value, from \"Certificates & secrets\". It expires on the date shown there.",
};
const MAILBOX: Field = Field {
    name: MAILBOX_FIELD,
    label: "Mailbox",
    secret: false,
    help: "The address (user principal name) or object ID of the person whose data are read. An administrator can limit the application to it.",
};
