//! One message from a form's handler to the page that follows it, in a cookie that lives for a minute.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::identity::{cookie, set_cookie};

const NAME: &str = "harmony-flash";
/// A cookie holds some 4 KB (RFC 6265 section 6.1), and base64 takes a third more.
const LONGEST: usize = 2_700;

/// A message, and lines of detail below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Whether it is good news.
    pub good: bool,
    pub text: String,
    #[serde(default)]
    pub lines: Vec<String>,
}

impl Flash {
    /// Good news.
    pub fn good(text: impl Into<String>) -> Self {
        Self { good: true, text: text.into(), lines: Vec::new() }
    }

    /// Bad news.
    pub fn bad(text: impl Into<String>) -> Self {
        Self { good: false, ..Self::good(text) }
    }

    /// With lines of detail.
    #[must_use]
    pub fn with(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }

    /// Goes to a page of this hub and shows the message there.
    pub fn then(mut self, app: &App, path: &str) -> Response {
        let mut text = serde_json::to_string(&self).unwrap_or_default();
        while text.len() > LONGEST && self.lines.pop().is_some() {
            text = serde_json::to_string(&self).unwrap_or_default();
        }
        let mut response = Redirect::to(path).into_response();
        add_cookie(&mut response, &set_cookie(app, NAME, &URL_SAFE_NO_PAD.encode(text), 60));
        response
    }

    /// The message that waits for this browser.
    pub fn waiting(headers: &HeaderMap) -> Option<Self> {
        let text = URL_SAFE_NO_PAD.decode(cookie(headers, NAME)?).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Forgets it, now that it is shown.
    pub fn shown(app: &App, response: &mut Response) {
        add_cookie(response, &set_cookie(app, NAME, "", 0));
    }
}

/// Adds a `Set-Cookie` line.
pub fn add_cookie(response: &mut Response, line: &str) {
    if let Ok(value) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
