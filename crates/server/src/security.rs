//! The headers that every answer bears: what a page may load, where it may be framed, what it tells other sites.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Everything comes from this hub; there is no inline script and no inline style.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `same-origin`, not `no-referrer`: with the latter browsers send `Origin: null` with our own forms (Fetch, section 3.1).
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Adds them; a page about somebody is kept by nobody unless its handler says otherwise.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let own = response.headers_mut();
    for (name, value) in HEADERS {
        own.entry(name).or_insert(HeaderValue::from_static(value));
    }
    own.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
