//! The emulated HubSpot: its sign-in, CRM objects, search, associations, properties, owners, pipelines and webhooks.
//!
//! HubSpot's descriptions may not be kept among the specs, so bodies, parameters and answers follow the schemas named in each
//! file (read in HubSpot/HubSpot-public-api-spec-collection), and the handlers themselves refuse what does not fit.

mod account;
mod associations;
mod batch;
mod bodies;
mod control;
mod definitions;
mod errors;
mod hooks;
mod hub;
mod kind;
mod links;
mod oauth;
mod objects;
mod people;
mod portal;
mod properties;
mod records;
mod render;
mod schema;
mod search;
mod seed;
#[cfg(test)]
mod tests;
mod values;

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};

use self::{hub::Hub, portal::Portal};
use crate::kit::{Authority, DescriptionError, Kit, Tool, Validator};

const TOOL: &str = "hubspot";

/// The tool, seeded with the account of the demo organisation.
///
/// # Errors
/// None; the signature is that of all tools.
#[expect(clippy::unnecessary_wraps, reason = "tools with a description can fail to load it, and all have one signature")]
pub fn tool(kit: &Arc<Kit>) -> Result<Tool, DescriptionError> {
    let authority = Authority::new(kit, oauth::style());
    let hub = Arc::new(Hub::new(kit, &authority, Portal::new(seed::PORTAL, kit.clock.now_ms())));
    let sign_in = authority.router().layer(from_fn_with_state(Arc::clone(&hub), oauth::usual_form));
    let router = crm().route_layer(from_fn_with_state(Arc::clone(&hub), hub::limited)).merge(tokens());
    let router = router.fallback(hub::unknown_path).with_state(Arc::clone(&hub)).merge(sign_in);
    Ok(Tool {
        id: TOOL,
        router,
        control: control::router(hub),
        authority,
        validator: Validator::by_own_rules(TOOL, &["/crm/", "/account-info/"]),
    })
}

fn tokens() -> Router<Arc<Hub>> {
    Router::new()
        .route("/oauth/v1/access-tokens/{token}", get(oauth::access_token))
        .route("/oauth/v1/refresh-tokens/{token}", get(oauth::refresh_token).delete(oauth::delete_refresh_token))
}

fn crm() -> Router<Arc<Hub>> {
    Router::new()
        .route("/crm/v3/objects/{kind}", get(objects::list).post(objects::create))
        .route("/crm/v3/objects/{kind}/{id}", get(objects::get).patch(objects::change).delete(objects::archive))
        .route("/crm/v3/objects/{kind}/search", post(search::search))
        .route("/crm/v3/objects/{kind}/batch/create", post(batch::create))
        .route("/crm/v3/objects/{kind}/batch/read", post(batch::read_many))
        .route("/crm/v3/objects/{kind}/batch/update", post(batch::update))
        .route("/crm/v3/objects/{kind}/batch/upsert", post(batch::upsert))
        .route("/crm/v3/objects/{kind}/batch/archive", post(batch::archive))
        .route("/crm/v4/objects/{from}/{id}/associations/{to}", get(associations::list))
        .route("/crm/v4/objects/{from}/{id}/associations/{to}/{other}", put(associations::join).delete(associations::part))
        .route("/crm/v4/objects/{from}/{id}/associations/default/{to}/{other}", put(associations::join_default))
        .route("/crm/v4/associations/{from}/{to}/batch/read", post(associations::read_many))
        .route("/crm/v4/associations/{from}/{to}/batch/associate/default", post(associations::join_many))
        .route("/crm/v3/properties/{kind}", get(properties::list).post(properties::define))
        .route("/crm/v3/properties/{kind}/groups", get(properties::groups).post(properties::add_group))
        .route("/crm/v3/properties/{kind}/{name}", get(properties::get).delete(properties::archive))
        .route("/account-info/v3/details", get(account::details))
        .route("/crm/v3/owners", get(people::owners))
        .route("/crm/v3/owners/{id}", get(people::owner))
        .route("/crm/v3/pipelines/{kind}", get(people::pipelines))
        .route("/crm/v3/pipelines/{kind}/{id}", get(people::pipeline))
}
