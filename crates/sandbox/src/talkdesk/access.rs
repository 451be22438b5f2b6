//! Who may call an endpoint: the token, its scopes, and scopes that are granted but not active yet.

use axum::http::HeaderMap;
use axum::response::IntoResponse;

use super::Talkdesk;
use super::problem::Api;
use crate::kit::{Denied, Need, Refusal};

impl Talkdesk {
    /// Lets a caller with this scope pass.
    pub(super) fn admit(&self, headers: &HeaderMap, api: Api, scope: &'static [&'static str]) -> Result<(), Refusal> {
        if let Err(refusal) = self.authority.bearer(headers, Need::All(scope)) {
            let lacks_scope = matches!(refusal.into_response().extensions().get::<Denied>(), Some(Denied::Scope { .. }));
            return Err(if lacks_scope { api.forbidden() } else { api.unauthorized() });
        }
        let now_ms = self.kit.clock.now_ms();
        // A scope that was just added to the client takes minutes to appear; meanwhile the answer is 401 (docs.talkdesk.com/docs/scopes).
        let waits = scope.iter().any(|scope| self.world().pending_scopes.get(*scope).is_some_and(|active_ms| now_ms < *active_ms));
        if waits { Err(api.unauthorized()) } else { Ok(()) }
    }
}
