//! How the description tells of refusals: the same for every operation, because every door answers in problem details.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// The refusals that any operation may answer with.
pub(super) struct Refused;

/// Status and when it is given.
const REFUSALS: [(&str, &str); 5] = [
    ("400", "Something in the request does not fit; `field` names it (`invalid`, `malformed`)."),
    ("401", "No session and no valid API token (`unauthenticated`)."),
    ("403", "The role does not allow it, or a browser's request came from another site (`forbidden`, `foreign_origin`)."),
    ("404", "It is not there, or not the caller's (`not_found`)."),
    ("default", "Any other refusal; `code` says which: 409, 412, 413, 415, 422, 500, 502."),
];

impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = |told: &str| ResponseBuilder::new().description(told).content("application/problem+json", content()).build();
        REFUSALS.iter().map(|(status, told)| ((*status).to_owned(), RefOr::T(response(told)))).collect()
    }
}
