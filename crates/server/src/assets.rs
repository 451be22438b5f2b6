//! The files that pages need besides their text, compiled in. Their addresses hold a hash of the content, so that browsers
//! may keep them for ever and never show an old one.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::page_error::PageError;
use crate::problem::Problem;

/// A compiled-in file.
pub struct Asset {
    content: &'static str,
    kind: &'static str,
    ending: &'static str,
    hash: LazyLock<String, fn() -> String>,
}

macro_rules! asset {
    ($($(#[$doc:meta])* $name:ident = $file:literal, $kind:literal, $ending:literal;)*) => {
        $($(#[$doc])*
        pub static $name: Asset = Asset {
            content: include_str!(concat!("../assets/", $file)),
            kind: $kind,
            ending: $ending,
            hash: LazyLock::new(|| hex::encode(&Sha256::digest(include_str!(concat!("../assets/", $file)))[..8])),
        };)*

        fn all() -> impl Iterator<Item = &'static Asset> {
            [$(&$name),*].into_iter()
        }
    };
}

asset! {
    /// All of the hub's looks.
    STYLE = "style.css", "text/css; charset=utf-8", "css";
    /// Keeps parts of a page up to date while it is open; everything works without it.
    LIVE = "live.js", "text/javascript; charset=utf-8", "js";
    /// The browser tab's icon.
    ICON = "icon.svg", "image/svg+xml", "svg";
}

impl Asset {
    fn name(&self) -> String {
        format!("{}.{}", *self.hash, self.ending)
    }

    /// Where it is served.
    pub fn address(&self) -> String {
        format!("/assets/{}", self.name())
    }
}

/// Serves one.
async fn asset(Path(name): Path<String>) -> Response {
    match all().find(|asset| asset.name() == name) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.content).into_response()
        }
        None => PageError::from(Problem::not_found("This file")).into_response(),
    }
}

/// `/assets/{name}`.
pub fn router() -> axum::Router<App> {
    axum::Router::new().route("/assets/{name}", axum::routing::get(asset))
}
