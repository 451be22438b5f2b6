//! The independent record of what API callers really changed. A person's edit (control API) and a seed are not in it.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Clock;

/// One real change of state made through a tool's API.
#[derive(Clone, Debug, Serialize)]
pub struct Effect {
    /// 1, 2, 3, … over all tools.
    pub seq: u64,
    pub at: Timestamp,
    pub tool: String,
    /// `object.verb`, such as `issue.create`.
    pub action: String,
    /// The tool's id of the object that changed.
    pub object: String,
    /// What a caller could have used to make the call idempotent (a client-chosen id, a marker), where it sent one.
    pub key: Option<String>,
    /// What was asked for.
    pub body: Value,
}

/// Append-only list of effects.
#[derive(Debug)]
pub struct Ledger {
    clock: Clock,
    effects: Mutex<Vec<Effect>>,
}

impl Ledger {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, effects: Mutex::default() }
    }

    /// Appends one effect. Call it once, in the same step that changes the state.
    pub fn record(&self, tool: &str, action: &str, object: &str, key: Option<&str>, body: Value) {
        let mut effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = effects.len() as u64 + 1;
        tracing::debug!(tool, action, object, seq, "sandbox effect");
        effects.push(Effect {
            seq,
            at: self.clock.now(),
            tool: tool.to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            key: key.map(str::to_owned),
            body,
        });
    }

    /// The effects in order, of one tool and one action where these are given.
    pub fn effects(&self, tool: Option<&str>, action: Option<&str>) -> Vec<Effect> {
        let effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        effects
            .iter()
            .filter(|effect| tool.is_none_or(|tool| effect.tool == tool))
            .filter(|effect| action.is_none_or(|action| effect.action == action))
            .cloned()
            .collect()
    }
}
