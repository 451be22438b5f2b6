//! Deliveries from the emulated tools to the hub: queued, composed and signed per attempt, retried by the sandbox's clock, recorded. Loopback only.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;
use tokio::sync::Notify;
use url::{Host, Url};

use super::Clock;

/// The longest a receiver may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// One HTTP POST as it leaves.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Which attempt of a delivery is being composed.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    pub at: Timestamp,
    /// What the last attempt was answered; `None` at first, or when nothing answered.
    pub last_status: Option<u16>,
}

/// Builds and signs the request of one attempt.
pub type Compose = Arc<dyn Fn(&Attempt) -> Outgoing + Send + Sync>;

/// An event on its way to one receiver.
#[derive(Clone)]
pub struct Delivery {
    pub tool: &'static str,
    pub event: String,
    pub url: String,
    pub compose: Compose,
    /// Waits before the second, third, … attempt; when they are used up, the tool gives up.
    pub retry_after_seconds: &'static [i64],
    /// Does the tool try again after this status (`None`: no answer)?
    pub retry_on: fn(Option<u16>) -> bool,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Delivery")
            .field("tool", &self.tool)
            .field("event", &self.event)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    GivenUp,
    /// The receiver is not on this machine; nothing was sent.
    Refused,
}

/// What became of a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRecord {
    pub id: u64,
    pub tool: &'static str,
    pub event: String,
    pub url: String,
    pub status: Option<u16>,
    pub attempts: u32,
    pub state: DeliveryState,
}

/// A receiver's answer to a handshake.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why a handshake got no answer.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("{0} is not on this machine: the sandbox sends to loopback addresses only")]
    NotLoopback(String),
    #[error("no answer: {0}")]
    NoAnswer(#[from] reqwest::Error),
}

#[derive(Debug)]
struct Pending {
    id: u64,
    delivery: Delivery,
    due_ms: i64,
    attempts: u32,
    last_status: Option<u16>,
}

/// The outbound queue of all tools.
#[derive(Debug)]
pub struct Webhooks {
    clock: Clock,
    client: reqwest::Client,
    pending: Mutex<VecDeque<Pending>>,
    records: Mutex<Vec<DeliveryRecord>>,
    queued: Notify,
    /// While a journal plays: what is queued was sent before, and is not sent again.
    held: AtomicBool,
}

impl Webhooks {
    pub(super) fn new(clock: Clock) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_WITHIN)
            .build()
            .unwrap_or_default();
        Self { clock, client, pending: Mutex::default(), records: Mutex::default(), queued: Notify::new(), held: AtomicBool::new(false) }
    }

    /// Queues an event for sending now; returns its number in the record.
    pub fn queue(&self, delivery: Delivery) -> u64 {
        let allowed = is_loopback(&delivery.url);
        let mut records = lock(&self.records);
        let id = records.len() as u64 + 1;
        records.push(DeliveryRecord {
            id,
            tool: delivery.tool,
            event: delivery.event.clone(),
            url: delivery.url.clone(),
            status: None,
            attempts: 0,
            state: if allowed { DeliveryState::Pending } else { DeliveryState::Refused },
        });
        if allowed && !self.held.load(Ordering::SeqCst) {
            lock(&self.pending).push_back(Pending { id, delivery, due_ms: self.clock.now_ms(), attempts: 0, last_status: None });
            self.queued.notify_one();
        }
        id
    }

    /// While held, what is queued is recorded and not sent: a journal plays what was sent before.
    pub(crate) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    /// Whether a journal plays: receivers were asked before, and are not there now.
    pub(crate) fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// One attempt at everything pending, due or not; returns how many were delivered.
    pub async fn flush(&self) -> usize {
        self.attempt(i64::MAX).await
    }

    /// One attempt at everything that is due by the sandbox's clock; returns how many were delivered.
    pub async fn deliver_due(&self) -> usize {
        self.attempt(self.clock.now_ms()).await
    }

    /// Waits until something new is queued, at most `wait`.
    pub(crate) async fn wait(&self, wait: Duration) {
        // Either outcome means: look again at what is due.
        drop(tokio::time::timeout(wait, self.queued.notified()).await);
    }

    /// Posts a handshake and reads the answer; nothing is queued or retried.
    pub async fn ask(&self, url: &str, outgoing: Outgoing) -> Result<Answer, WebhookError> {
        if !is_loopback(url) {
            return Err(WebhookError::NotLoopback(url.to_owned()));
        }
        let mut request = self.client.post(url).body(outgoing.body);
        for (name, value) in &outgoing.headers {
            request = request.header(name, value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        Ok(Answer { status, headers, body })
    }

    /// Every delivery so far, in the order of queueing.
    pub fn record(&self) -> Vec<DeliveryRecord> {
        lock(&self.records).clone()
    }

    async fn attempt(&self, until_ms: i64) -> usize {
        let due: Vec<Pending> = {
            let mut pending = lock(&self.pending);
            let (due, later) = pending.drain(..).partition(|one| one.due_ms <= until_ms);
            *pending = later;
            Vec::from(due)
        };
        let mut delivered = 0;
        for one in due {
            delivered += usize::from(self.send(one).await);
        }
        delivered
    }

    async fn send(&self, mut one: Pending) -> bool {
        one.attempts += 1;
        let outgoing = (one.delivery.compose)(&Attempt { number: one.attempts, at: self.clock.now(), last_status: one.last_status });
        let answer = self.ask(&one.delivery.url, outgoing).await;
        one.last_status = answer.ok().map(|answer| answer.status);
        let delivered = one.last_status.is_some_and(|status| (200..300).contains(&status));
        let wait = one.delivery.retry_after_seconds.get(one.attempts as usize - 1);
        let state = match wait {
            _ if delivered => DeliveryState::Delivered,
            Some(_) if (one.delivery.retry_on)(one.last_status) => DeliveryState::Pending,
            _ => DeliveryState::GivenUp,
        };
        let mut records = lock(&self.records);
        if let Some(record) = records.iter_mut().find(|record| record.id == one.id) {
            record.attempts = one.attempts;
            record.status = one.last_status;
            record.state = state;
        }
        drop(records);
        if let (DeliveryState::Pending, Some(seconds)) = (state, wait) {
            one.due_ms = self.clock.now_ms() + seconds * 1000;
            lock(&self.pending).push_back(one);
        }
        delivered
    }
}

/// HMAC-SHA256.
pub fn hmac_sha256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    // RFC 2104 takes keys of any length, so there is always a MAC; the empty list stands for "none" in the type alone.
    Hmac::<Sha256>::new_from_slice(secret).map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec()).unwrap_or_default()
}

/// HMAC-SHA256 in lower-case hex.
pub fn hmac_sha256_hex(secret: &[u8], message: &[u8]) -> String {
    hex::encode(hmac_sha256(secret, message))
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
