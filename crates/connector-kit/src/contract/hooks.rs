//! What every `WebhookSource` keeps: a good webhook gives hints, a forged, stale or unproven one is refused.

use jiff::SignedDuration;

use crate::error::{ErrorKind, Result};
use crate::secret::Secret;
use crate::webhook::{Hints, InboundHook, WebhookSource};

/// The secrets that prove a webhook.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    pub app: Option<Secret>,
    pub subscription: Option<Secret>,
}

/// Holds a delivery that the emulator really sent against everything that could be wrong with it. `signature`: the header
/// that proves it.
pub fn webhooks_prove_their_sender(source: &dyn WebhookSource, hook: &InboundHook<'_>, signature: &str) -> Hints {
    let hints = source.receive(hook).expect("the emulator's own webhook is genuine");
    assert_eq!(source.receive(hook).as_ref(), Ok(&hints), "a replay gives the same delivery id, by which it is known");

    let refused = |what: &str, outcome: Result<Hints>| {
        let kind = outcome.err().map(|error| error.kind);
        assert_eq!(kind, Some(ErrorKind::Unauthorized), "{what} must be refused");
    };
    for at in [0, hook.body.len() / 2, hook.body.len() - 1] {
        let mut body = hook.body.to_vec();
        body[at] ^= 1;
        refused("a changed body", source.receive(&InboundHook { body: &body, ..hook.clone() }));
    }
    refused("an empty body", source.receive(&InboundHook { body: b"", ..hook.clone() }));

    let good = hook.header(signature).expect("the test names the header that proves it").to_owned();
    let mut headers = hook.headers.clone();
    headers.remove(signature);
    refused("a webhook without a signature", source.receive(&InboundHook { headers: &headers, ..hook.clone() }));
    let changed = if good.ends_with('0') { "1" } else { "0" };
    let last = format!("{}{changed}", &good[..good.len() - 1]);
    for bad in ["", "v0=", "sha256=", "ÿ", &good[..good.len() / 2], &format!("{good}0"), &last] {
        headers.insert(signature.to_owned(), bad.to_owned());
        refused("a wrong signature", source.receive(&InboundHook { headers: &headers, ..hook.clone() }));
    }

    let other = Secret::from("not the secret");
    let wrong = InboundHook { app_secret: Some(&other), subscription_secret: Some(&other), ..hook.clone() };
    refused("a webhook under another secret", source.receive(&wrong));
    refused("a webhook without a secret", source.receive(&InboundHook { app_secret: None, subscription_secret: None, ..hook.clone() }));

    for minutes in [-6, 6] {
        let now = hook.now + SignedDuration::from_mins(minutes);
        refused("a stale webhook", source.receive(&InboundHook { now, ..hook.clone() }));
    }
    hints
}
