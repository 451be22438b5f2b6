//! What every connector makes of a tool's failures: each has its kind, and a refused token is renewed once.

use jiff::SignedDuration;

use super::{Bench, Fault};
use crate::error::{ErrorKind, Result, Retry};
use crate::session::Session;

/// Strikes calls to `path` with every fault in turn and looks at the kind of error; at the end all is well again.
pub(super) async fn failures_have_their_kinds(bench: &Bench, path: &str, call: impl AsyncFn(&Session) -> Result<()>) {
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
pub(super) async fn a_refused_token_is_renewed_once(bench: &Bench, path: &str, call: impl AsyncFn(&Session) -> Result<()>) {
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

/// An expired token is renewed before use, each time by what the last renewal gave; a sign-in taken back at the tool, by
/// whichever side, is `Unauthorized`.
pub(super) async fn a_revoked_sign_in_is_unauthorized(bench: &Bench, life: SignedDuration, call: impl AsyncFn(&Session) -> Result<()>) {
    for _ in 0..2 {
        let before = bench.renewals();
        bench.arrangement.advance(life + SignedDuration::from_mins(1));
        call(&bench.session()).await.expect("an expired token is renewed before use");
        assert_eq!(bench.renewals(), before + 1);
    }
    bench.sign_out().await.expect("a sign-in can be taken back");
    bench.arrangement.revoke_everybody().await;
    let outcome = call(&bench.session()).await;
    if bench.signs_in_by_pages() {
        let error = outcome.expect_err("the sign-in is gone");
        assert_eq!(error.kind, ErrorKind::Unauthorized, "{error:?}");
    } else {
        outcome.expect("an application's own credentials are good until they are taken back; its tokens are renewed");
    }
}
