//! Refuses an address whose path is no text once decoded, before any handler sees it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::Problem;
use crate::refusal;

/// Lets a request pass whose path is text.
pub async fn readable(request: Request, next: Next) -> Response {
    if is_text(request.uri().path()) {
        return next.run(request).await;
    }
    refusal(request.uri(), Problem::new("malformed", "The address holds what is not text."))
}

/// Whether the path, percent-decoded (RFC 3986 section 2.1), is UTF-8 without NUL.
fn is_text(path: &str) -> bool {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = (bytes.get(at + 1).copied().and_then(hex), bytes.get(at + 2).copied().and_then(hex));
        if let (b'%', (Some(high), Some(low))) = (byte, pair) {
            decoded.push(high * 16 + low);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    std::str::from_utf8(&decoded).is_ok_and(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn b17_a_path_is_text() {
        for good in ["/", "/meetings/a%20b", "/%C3%BC", "/100%", "/%zz", "/%e2%82%ac"] {
            assert!(is_text(good), "{good}");
        }
        for bad in ["/%FF", "/%00", "/a/%C0%AF", "/%ED%A0%80", "/%c3"] {
            assert!(!is_text(bad), "{bad}");
        }
    }
}
