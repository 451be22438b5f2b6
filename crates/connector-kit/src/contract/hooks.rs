//! What every `WebhookSource` keeps: a good webhook gives hints, a forged, stale or unproven one is refused.

use jiff::SignedDuration;
use serde_json::Value;

use crate::error::{ErrorKind, Result};
use crate::public_keys::PublicKeys;
use crate::secret::Secret;
use crate::webhook::{self, Hints, InboundHook, WebhookSource};

/// The secrets that prove a webhook.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    pub app: Option<Secret>,
    pub subscription: Option<Secret>,
}

/// How a delivery proves its sender.
#[derive(Debug, Clone, Copy)]
pub enum Proof {
    /// A header that signs body and time; `time`: the header that tells the time, where it stands in one.
    Signature { header: &'static str, time: Option<&'static str> },
    /// A header that signs the body alone. What is sent again is as good as at first, and known by the id of its delivery.
    Body { header: &'static str },
    /// A header that repeats a secret of ours. It binds neither body nor time, so nothing of the body is believed.
    Token { header: &'static str },
    /// A text of the JSON body (by its pointer) that repeats a secret of ours. It binds neither the rest of the body nor the time.
    InBody { pointer: &'static str },
    /// A header with a token by which a platform names the caller, the address that it calls and an hour: it binds no body, so what
    /// is sent again within the hour is known by the id of its delivery.
    Caller { header: &'static str },
}

/// A source, and the keys of its platform where these prove its webhooks.
struct Door<'a> {
    source: &'a dyn WebhookSource,
    keys: Option<&'a PublicKeys>,
}

impl Door<'_> {
    fn receive(&self, hook: &InboundHook<'_>) -> Result<Hints> {
        webhook::receive(self.source, hook, self.keys)
    }
}

/// Holds a delivery that the emulator really sent against everything that could be wrong with it.
pub(super) fn webhooks_prove_their_sender(
    source: &dyn WebhookSource,
    keys: Option<&PublicKeys>,
    hook: &InboundHook<'_>,
    proof: Proof,
) -> Hints {
    let source = &Door { source, keys };
    let hints = source.receive(hook).expect("the emulator's own webhook is genuine");
    assert_eq!(source.receive(hook).as_ref(), Ok(&hints), "a replay gives the same delivery id, by which it is known");
    match proof {
        Proof::Signature { header, .. } | Proof::Body { header } | Proof::Token { header } | Proof::Caller { header } => {
            a_wrong_proof_is_refused(source, hook, header);
        }
        Proof::InBody { pointer } => a_wrong_text_is_refused(source, hook, pointer),
    }

    let other = Secret::from("not the secret");
    let wrong = InboundHook { app_secret: Some(&other), subscription_secret: Some(&other), ..hook.clone() };
    refused("a webhook under another secret", source.receive(&wrong));
    let empty = Secret::from("");
    let wrong = InboundHook { app_secret: Some(&empty), subscription_secret: Some(&empty), ..hook.clone() };
    refused("a webhook under an empty secret", source.receive(&wrong));
    refused("a webhook without a secret", source.receive(&InboundHook { app_secret: None, subscription_secret: None, ..hook.clone() }));

    match proof {
        Proof::Signature { time, .. } => {
            the_body_is_signed(source, hook);
            the_time_is_signed(source, hook, time);
        }
        Proof::Body { .. } => {
            the_body_is_signed(source, hook);
            assert!(hints.delivery.is_some(), "without a time, a replay is known by the id of its delivery alone");
        }
        Proof::Token { .. } => {
            let other = source.receive(&InboundHook { body: b"{\"another\":\"body\"}", ..hook.clone() });
            assert_eq!(other.as_ref(), Ok(&hints), "an unsigned body says nothing");
        }
        Proof::InBody { .. } => refused("an empty body", source.receive(&InboundHook { body: b"", ..hook.clone() })),
        Proof::Caller { .. } => {
            assert!(hints.delivery.is_some(), "a token that binds no body can come again with it");
            for hours in [-2, 2, 6 * 24] {
                let now = hook.now + SignedDuration::from_hours(hours);
                refused("a webhook of another hour", source.receive(&InboundHook { now, ..hook.clone() }));
            }
            let url = format!("{}/elsewhere", hook.url);
            refused("a webhook for another address", source.receive(&InboundHook { url: &url, ..hook.clone() }));
            assert!(keys.is_some() && source.source.receive(hook).is_err(), "without the keys there is no proof");
        }
    }
    hints
}

fn refused(what: &str, outcome: Result<Hints>) {
    let kind = outcome.err().map(|error| error.kind);
    assert_eq!(kind, Some(ErrorKind::Unauthorized), "{what} must be refused");
}

fn a_wrong_proof_is_refused(source: &Door<'_>, hook: &InboundHook<'_>, header: &str) {
    let good = hook.header(header).expect("the stand names the header that proves it").to_owned();
    let mut headers = hook.headers.clone();
    headers.remove(header);
    refused("a webhook without a proof", source.receive(&InboundHook { headers: &headers, ..hook.clone() }));
    for bad in wrong_proofs(&good) {
        headers.insert(header.to_owned(), bad);
        refused("a wrong proof", source.receive(&InboundHook { headers: &headers, ..hook.clone() }));
    }
}

fn a_wrong_text_is_refused(source: &Door<'_>, hook: &InboundHook<'_>, pointer: &str) {
    let body: Value = serde_json::from_slice(hook.body).expect("the emulator sends JSON");
    let good = body.pointer(pointer).and_then(Value::as_str).expect("the stand says where the proof is").to_owned();
    let others = [Value::Null, Value::from(7), Value::from(vec![good.clone()])];
    for bad in wrong_proofs(&good).into_iter().map(Value::from).chain(others) {
        let mut wrong = body.clone();
        *wrong.pointer_mut(pointer).expect("it was there a moment ago") = bad;
        let wrong = wrong.to_string();
        refused("a wrong proof", source.receive(&InboundHook { body: wrong.as_bytes(), ..hook.clone() }));
    }
    for junk in [&b"[]"[..], b"null", b"{", b"<html>", &[0xff; 8]] {
        refused("a body without a proof", source.receive(&InboundHook { body: junk, ..hook.clone() }));
    }
}

/// What is nearly the right proof, and is none.
fn wrong_proofs(good: &str) -> Vec<String> {
    let changed = if good.ends_with('0') { "1" } else { "0" };
    let last = format!("{}{changed}", &good[..good.len() - 1]);
    let many = format!("{last},").repeat(10_000);
    let right_among_many = format!("{many}{good}");
    let half = good[..good.len() / 2].to_owned();
    let plain = ["", "v0=", "v1,", "sha256=", "ÿ"].map(str::to_owned);
    plain.into_iter().chain([half, format!("{good}0"), last, many, right_among_many]).collect()
}

fn the_body_is_signed(source: &Door<'_>, hook: &InboundHook<'_>) {
    for at in [0, hook.body.len() / 2, hook.body.len() - 1] {
        let mut body = hook.body.to_vec();
        body[at] ^= 1;
        refused("a changed body", source.receive(&InboundHook { body: &body, ..hook.clone() }));
    }
    refused("an empty body", source.receive(&InboundHook { body: b"", ..hook.clone() }));
}

fn the_time_is_signed(source: &Door<'_>, hook: &InboundHook<'_>, time: Option<&str>) {
    for minutes in [-6, 6, 6 * 24 * 60] {
        let now = hook.now + SignedDuration::from_mins(minutes);
        refused("a stale webhook", source.receive(&InboundHook { now, ..hook.clone() }));
    }
    let Some(time) = time else { return };
    let mut headers = hook.headers.clone();
    headers.remove(time);
    refused("a webhook without a time", source.receive(&InboundHook { headers: &headers, ..hook.clone() }));
    for bad in ["", "-1", "0", "1000000000000000000", "99999999999999999999999999", "1.5", "now", "ÿ"] {
        headers.insert(time.to_owned(), bad.to_owned());
        refused("a webhook of another time", source.receive(&InboundHook { headers: &headers, ..hook.clone() }));
    }
}
