//! What every connector makes of a tool's failures: each has its kind, and a refused token is renewed once.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{Bench, Decision, Fault};
use crate::error::{ErrorKind, Result, Retry};
use crate::session::Session;

/// Strikes calls to `path` with every fault in turn and looks at the kind of error; at the end all is well again.
pub async fn failures_have_their_kinds(bench: &Bench, path: &str, call: impl AsyncFn(&Session) -> Result<()>) {
    let status = |status| Fault::Status { status, retry_after: None };
    let cases = [
        (status(401), ErrorKind::Unauthorized),
        (status(403), ErrorKind::Forbidden),
        (status(429), ErrorKind::RateLimited),
        (Fault::Status { status: 429, retry_after: Some("7".to_owned()) }, ErrorKind::RateLimited),
        (status(500), ErrorKind::Unavailable),
        (status(502), ErrorKind::Unavailable),
        (status(503), ErrorKind::Unavailable),
        (Fault::Cut, ErrorKind::Unavailable),
        (Fault::Lost, ErrorKind::Unavailable),
        (Fault::Garbage, ErrorKind::Protocol),
        (Fault::Empty, ErrorKind::Protocol),
    ];
    call(&bench.session()).await.expect("all is well at first");
    for (fault, kind) in cases {
        bench.arrangement.strike(path, fault.clone(), None);
        let error = call(&bench.session()).await.expect_err("the fault strikes");
        assert_eq!(error.kind, kind, "{fault:?} came out as {error:?}");
        if let Fault::Status { retry_after: Some(_), .. } = fault {
            assert_eq!(error.retry, Retry::After(SignedDuration::from_secs(7)), "the tool's own pause is kept");
        }
        bench.arrangement.calm();
    }
    call(&bench.session()).await.expect("all is well again");
}

/// A token refused once is renewed, and the call succeeds; one refused for ever is renewed once, and given up.
pub async fn a_refused_token_is_renewed_once(bench: &Bench, path: &str, call: impl AsyncFn(&Session) -> Result<()>) {
    let refused = Fault::Status { status: 401, retry_after: None };
    let before = bench.renewals();
    bench.arrangement.strike(path, refused.clone(), Some(1));
    call(&bench.session()).await.expect("the renewed token works");
    assert_eq!(bench.renewals(), before + 1);
    bench.arrangement.strike(path, refused, None);
    let error = call(&bench.session()).await.expect_err("no token works");
    assert_eq!((error.kind, bench.renewals()), (ErrorKind::Unauthorized, before + 2));
    bench.arrangement.calm();
}

/// An expired token is renewed before use; a sign-in taken back at the tool, by whichever side, is `Unauthorized`.
pub async fn a_revoked_sign_in_is_unauthorized(bench: &Bench, life: Option<SignedDuration>, call: impl AsyncFn(&Session) -> Result<()>) {
    if let Some(life) = life {
        let before = bench.renewals();
        bench.arrangement.advance(life);
        call(&bench.session()).await.expect("an expired token is renewed before use");
        assert_eq!(bench.renewals(), before + 1);
    }
    bench.sign_out().await.expect("a sign-in can be taken back");
    bench.arrangement.revoke_everybody().await;
    let error = call(&bench.session()).await.expect_err("the sign-in is gone");
    assert_eq!(error.kind, ErrorKind::Unauthorized, "{error:?}");
}

/// Who denies is sent back with the reason and the `state`, and without a code.
pub async fn denial_comes_back_as_denial(bench: &Bench) {
    let (back, state) = bench.authorize(&Decision::Deny).await;
    let query: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
    assert_eq!(query.get("error").map(String::as_str), Some("access_denied"));
    assert_eq!((query.get("state"), query.get("code")), (Some(&state), None));
}
