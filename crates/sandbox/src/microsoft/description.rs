//! How Graph's description (`OpenAPI` 3, trimmed) is read for a tool, and what of it has to be mended first.

use serde_json::{Value, json};

use super::errors;
use crate::kit::{DescriptionError, Kit, Rules, Validator};

/// Below every path of Graph's.
pub const BASE: &str = "/v1.0";

/// The validator of a tool.
///
/// # Errors
/// The description is there but cannot be read.
pub fn validator(kit: &Kit, tool: &'static str) -> Result<Validator, DescriptionError> {
    let rules = Rules {
        tool,
        file: "microsoft-graph/openapi.v1.0.trimmed.json",
        base: BASE,
        undescribed: &[],
        closed: true,
        unknown_query: false,
        // OData's own annotations stand in every answer, and the file names those of paging alone.
        extra_properties: &["@odata.context", "@odata.etag", "@odata.id", "@removed"],
        not_found: errors::unknown_path,
        refusal: errors::misfit,
    };
    Validator::openapi_amended(kit, rules, amend)
}

/// Two things the file says otherwise than the pages: a state token stands in place of a delta function's parameters
/// (learn.microsoft.com/graph/delta-query-overview), and an event is also reached by its calendar, as the list of all paths has it.
fn amend(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (owner, parameters) in [("/me", vec![]), ("/users/{user-id}", vec![text("path", "user-id")])] {
        let Some(event) = paths.get(&format!("{owner}/events/{{event-id}}")).cloned() else { continue };
        for (calendar, more) in [("calendar", None), ("calendars/{calendar-id}", Some(text("path", "calendar-id")))] {
            let mut item = json!({ "get": event["get"] });
            let named = parameters.iter().cloned().chain(more).chain([text("path", "event-id")]);
            item["parameters"] = named.collect();
            paths.insert(format!("{owner}/{calendar}/events/{{event-id}}"), item);
        }
    }
    let deltas = paths.iter_mut().filter(|(path, _)| path.ends_with("/delta") || path.ends_with("/delta()"));
    for (_, item) in deltas {
        let Some(parameters) = item["get"]["parameters"].as_array_mut() else { continue };
        for parameter in parameters.iter_mut().filter(|parameter| parameter["required"] == true) {
            parameter["required"] = json!(false);
        }
        parameters.extend([text("query", "$skiptoken"), text("query", "$deltatoken")]);
    }
}

fn text(place: &str, name: &str) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": "string" } })
}
