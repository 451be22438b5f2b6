//! The REST API: a table of contents. Each resource has a file; how requests are read is `ask`, how lists are paged is `page`.

mod action_items;
mod ask;
mod audit;
mod changes;
mod connection_settings;
mod connection_syncing;
mod connections;
mod contacts;
mod entity;
mod imports;
mod integrations;
mod meetings;
mod notes;
mod page;
mod refused;
mod tokens;
mod users;
mod workspace;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) use imports::no_form;

/// Bytes of a body; an import takes more.
const LARGEST_BODY: usize = 1 << 20;

/// The API's addresses, and its description at `/api/openapi.json` (for everybody: it holds nothing of anybody's).
pub fn router() -> Router<App> {
    let (routes, description) = described();
    let text = Bytes::from(serde_json::to_vec(&description).unwrap_or_default());
    let serve = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    routes.route("/api/openapi.json", get(serve))
}

/// The routes, and their description made from the same lines.
fn described() -> (Router<App>, OpenApi) {
    let (routes, mut description) = OpenApiRouter::with_openapi(about()).nest("/api/v1", all()).split_for_parts();
    name_operations(&mut description);
    (routes.layer(DefaultBodyLimit::max(LARGEST_BODY)), description)
}

/// Names each operation by its resource and its handler (`connections_list`), since handlers of several resources are namesakes.
fn name_operations(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let resource: Vec<&str> = path.split('/').skip(3).filter(|part| !part.starts_with('{')).collect();
        let of_item = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in of_item.into_iter().flatten() {
            let handler = operation.operation_id.take().unwrap_or_default();
            let mut name: Vec<&str> = resource.clone();
            if name.last().is_some_and(|last| handler.starts_with(&last.replace('-', "_"))) {
                name.pop();
            }
            name.push(&handler);
            operation.operation_id = Some(name.join("_").replace('-', "_"));
        }
    }
}

fn all() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(tools()).merge(records()).merge(house())
}

fn tools() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(integrations::list))
        .routes(routes!(integrations::get))
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::get, connections::disconnect))
        .routes(routes!(connections::reconnect))
        .routes(routes!(connection_settings::get, connection_settings::put))
        .routes(routes!(connection_settings::destinations))
        .routes(routes!(connection_syncing::test))
        .routes(routes!(connection_syncing::sync_now))
        .routes(routes!(connection_syncing::runs))
        .routes(routes!(connection_syncing::run))
        .routes(routes!(connection_syncing::items))
        .routes(routes!(connection_syncing::retry))
        .routes(routes!(connection_syncing::settle))
        .routes(routes!(connection_syncing::release))
        .routes(routes!(connection_syncing::diagnose))
}

fn records() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(meetings::list))
        .merge(imports::routes())
        .routes(routes!(meetings::get, meetings::put))
        .routes(routes!(meetings::deliveries))
        .routes(routes!(meetings::transcript))
        .routes(routes!(contacts::list, contacts::create))
        .routes(routes!(contacts::get, contacts::change))
        .routes(routes!(action_items::list, action_items::create))
        .routes(routes!(action_items::get, action_items::change, action_items::delete))
        .routes(routes!(notes::list, notes::create))
        .routes(routes!(notes::get, notes::change, notes::delete))
        .routes(routes!(changes::list))
}

fn house() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(audit::list))
        .routes(routes!(audit::verify))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(workspace::get, workspace::change))
        .routes(routes!(users::list))
}

/// What stands above the paths.
fn about() -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API token: `hmy_…`.")).build();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description("harmony", "A signed-in browser's session, on the hub's own pages."));
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme("session", SecurityScheme::ApiKey(cookie))
        .schema_from::<crate::problem::Problem>()
        .build();
    let info = InfoBuilder::new().title("Harmony").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Meetings, and the tools they flow to. Errors are problem details (RFC 9457) with a stable `code`. Lists are paged: give \
         `next` back as `cursor`. What was changed bears a version (`ETag`); send it as `If-Match` to change nothing unseen.",
    ));
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components))
        .security(Some([SecurityRequirement::new("bearer", [""; 0]), SecurityRequirement::new("session", [""; 0])]))
        .build()
}
