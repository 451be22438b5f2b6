//! What every sign-in by pages keeps at the emulator, so that the client is tried against a strict one.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use url::Url;

use super::{Bench, Decision};
use crate::error::ErrorKind;
use crate::secret::Secret;

/// No tool's code lives longer than a quarter of an hour.
const CODE_IS_DEAD: SignedDuration = SignedDuration::from_mins(16);

/// Who denies is sent back with the reason and the `state`, and without a code.
pub(super) async fn denial_comes_back_as_denial(bench: &Bench) {
    let request = bench.authorize_request();
    let query = query(&bench.arrangement.go_through_the_pages(&request.address, &Decision::Deny).await);
    assert_eq!(query.get("error").map(String::as_str), Some("access_denied"));
    assert_eq!((query.get("state"), query.get("code")), (Some(&request.state), None));
}

/// A redirect address that the app did not register leads nowhere, not even back.
pub(super) async fn an_address_that_is_not_registered_is_stopped(bench: &Bench) {
    let asked = bench.authorize_request().address;
    let pairs: Vec<(String, String)> = asked.query_pairs().into_owned().collect();
    for elsewhere in ["http://127.0.0.1:8080/connect/callback/more", "http://127.0.0.1:8081/connect/callback", ""] {
        let mut wrong = asked.clone();
        let changed = pairs.iter().map(|(name, value)| (name, if name == "redirect_uri" { elsewhere } else { value }));
        wrong.query_pairs_mut().clear().extend_pairs(changed);
        assert!(bench.arrangement.is_stopped(&wrong).await, "{elsewhere}");
    }
}

/// A code is good once, for the redirect address and (with PKCE) the verifier it was asked with, and for minutes.
pub(super) async fn a_code_is_good_once_for_its_request_and_not_for_long(bench: &Bench) {
    let redirect = bench.arrangement.redirect();
    let (code, verifier) = code(bench).await;
    let mut elsewhere = redirect.clone();
    elsewhere.set_path("/elsewhere");
    refused(bench, "for another address", &code, &elsewhere, &verifier).await;

    if bench.sends_pkce() {
        let (code, _) = self::code(bench).await;
        refused(bench, "with another verifier", &code, &redirect, &Secret::from("another verifier of forty-three characters!")).await;
    }
    let (code, verifier) = self::code(bench).await;
    bench.exchange(&code, &redirect, &verifier).await.expect("a code is exchanged");
    refused(bench, "a second time", &code, &redirect, &verifier).await;

    let (code, verifier) = self::code(bench).await;
    bench.arrangement.advance(CODE_IS_DEAD);
    refused(bench, "too late", &code, &redirect, &verifier).await;
}

async fn code(bench: &Bench) -> (String, Secret) {
    let request = bench.authorize_request();
    let mut query = query(&bench.arrangement.go_through_the_pages(&request.address, &Decision::Allow).await);
    assert_eq!(query.get("state"), Some(&request.state), "the state comes back as it was sent");
    (query.remove("code").expect("a permitted sign-in brings a code"), request.verifier)
}

async fn refused(bench: &Bench, what: &str, code: &str, redirect: &Url, verifier: &Secret) {
    let error = bench.exchange(code, redirect, verifier).await.expect_err(what);
    assert_eq!(error.kind, ErrorKind::Unauthorized, "{what}: {error:?}");
}

fn query(back: &Url) -> BTreeMap<String, String> {
    back.query_pairs().into_owned().collect()
}
