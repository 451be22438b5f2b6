//! The kit over a toy tool: faults as a client meets them on a socket, limits, the ledger, the control API, the guard of outbound webhooks.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::{Attempt, Clock, Delivery, DeliveryState, Limit, Outgoing, WebhookError, hmac_sha256_hex, toy};
use crate::probe::{Probe, Receiver, options};
use crate::{Sandbox, serve};

/// A served sandbox and a client with a token.
struct Served {
    sandbox: Sandbox,
    base: String,
    token: String,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    server: JoinSet<std::io::Result<()>>,
}

impl Served {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::with_tools(options(), &[toy::tool]).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut server = JoinSet::new();
        let copy = sandbox.clone();
        server.spawn(serve(listener, copy, async move { drop(stopped.await) }));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let form = [("grant_type", "client_credentials"), ("client_id", "harmony-sandbox"), ("client_secret", "sandbox-secret-toy")];
        let tokens: serde_json::Value = client.post(format!("{base}/toy/token")).form(&form).send().await.unwrap().json().await.unwrap();
        let token = tokens["access_token"].as_str().unwrap().to_owned();
        Self { sandbox, base, token, client, stop, server }
    }

    async fn chaos(&self, rule: serde_json::Value) {
        let answer = self.client.post(format!("{}/_sandbox/chaos", self.base)).json(&rule).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
    }

    async fn make(&self) -> reqwest::Result<reqwest::Response> {
        self.client.post(format!("{}/toy/things", self.base)).bearer_auth(&self.token).send().await
    }

    async fn list(&self) -> reqwest::Result<reqwest::Response> {
        self.client.get(format!("{}/toy/things", self.base)).bearer_auth(&self.token).send().await
    }

    fn made(&self) -> usize {
        self.sandbox.kit().ledger.effects(Some("toy"), None).len()
    }

    async fn end(mut self) {
        self.stop.send(()).unwrap();
        self.server.join_next().await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_status_is_answered_before_the_tool_and_only_as_often_as_said() {
    let served = Served::start().await;
    served
        .chaos(
            json!({ "tool": "toy", "method": "POST", "path": "things", "fault": "status", "status": 429, "retry_after": "7", "times": 2 }),
        )
        .await;
    for _ in 0..2 {
        let answer = served.make().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    }
    assert_eq!(served.made(), 0);
    assert_eq!(served.make().await.unwrap().status(), 201);
    assert_eq!(served.list().await.unwrap().status(), 200);
    served.end().await;
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_whole() {
    let served = Served::start().await;
    served.chaos(json!({ "tool": "toy", "fault": "slow", "ms": 20, "times": 1 })).await;
    let asked = std::time::Instant::now();
    assert_eq!(served.list().await.unwrap().bytes().await.unwrap().len(), 39);
    assert!(asked.elapsed().as_millis() >= 20);
    served.end().await;
}

#[tokio::test]
async fn a_lost_answer_has_no_byte_and_its_effect_has_happened() {
    let served = Served::start().await;
    served.chaos(json!({ "tool": "toy", "method": "POST", "fault": "lost", "times": 1 })).await;
    let error = served.make().await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert_eq!(served.made(), 1);
    served.end().await;
}

#[tokio::test]
async fn a_cut_answer_ends_before_its_length() {
    let served = Served::start().await;
    served.chaos(json!({ "tool": "toy", "fault": "cut", "times": 1 })).await;
    let answer = served.list().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(39)));
    assert!(answer.bytes().await.is_err());
    assert_eq!(served.list().await.unwrap().bytes().await.unwrap().len(), 39);
    served.end().await;
}

#[tokio::test]
async fn garbage_and_nothing_come_with_status_200() {
    let served = Served::start().await;
    served.chaos(json!({ "tool": "toy", "fault": "garbage", "times": 1 })).await;
    served.chaos(json!({ "tool": "toy", "fault": "empty", "times": 1 })).await;
    let garbage = served.list().await.unwrap();
    assert_eq!((garbage.status().as_u16(), garbage.headers()["content-type"].to_str().unwrap()), (200, "text/html; charset=utf-8"));
    let empty = served.list().await.unwrap();
    assert_eq!((empty.status().as_u16(), empty.bytes().await.unwrap().len()), (200, 0));
    served.end().await;
}

#[tokio::test]
async fn a_held_answer_comes_when_the_rules_are_deleted() {
    let served = Served::start().await;
    served.chaos(json!({ "tool": "toy", "method": "POST", "fault": "hold" })).await;
    let mut waiting = JoinSet::new();
    let request = served.client.post(format!("{}/toy/things", served.base)).bearer_auth(&served.token);
    waiting.spawn(request.send());
    while served.made() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.try_join_next().is_none(), "the effect is there, the answer is not");
    // Deleting twice covers a release that came before the answer began to wait.
    loop {
        served.client.delete(format!("{}/_sandbox/chaos", served.base)).send().await.unwrap();
        if let Some(answer) = waiting.try_join_next() {
            assert_eq!(answer.unwrap().unwrap().status(), 201);
            break;
        }
    }
    served.end().await;
}

#[tokio::test]
async fn a_served_sandbox_sends_its_webhooks_by_itself() {
    let served = Served::start().await;
    let receiver = Receiver::start(|_| (StatusCode::OK, String::new())).await;
    served.sandbox.kit().webhooks.queue(delivery(&receiver.url));
    while receiver.got().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(receiver.got()[0].body, b"attempt 1");
    served.end().await;
}

fn delivery(url: &str) -> Delivery {
    Delivery {
        tool: "toy",
        event: "thing.created".into(),
        url: url.to_owned(),
        compose: Arc::new(|attempt: &Attempt| Outgoing { headers: Vec::new(), body: format!("attempt {}", attempt.number).into_bytes() }),
        retry_after_seconds: &[60],
        retry_on: |status| status != Some(410),
    }
}

#[tokio::test]
async fn nothing_leaves_this_machine() {
    let probe = Probe::new(options(), &[toy::tool]);
    let webhooks = &probe.sandbox.kit().webhooks;
    for url in ["https://hooks.demo.example/x", "http://10.0.0.1/x", "http://localhost.demo.example/x", "not an address"] {
        webhooks.queue(delivery(url));
        let asked = webhooks.ask(url, Outgoing { headers: Vec::new(), body: Vec::new() }).await;
        assert!(matches!(asked, Err(WebhookError::NotLoopback(_))), "{url}");
    }
    assert_eq!(webhooks.flush().await, 0);
    assert!(webhooks.record().iter().all(|one| one.state == DeliveryState::Refused));
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_not_asked_again() {
    let probe = Probe::new(options(), &[toy::tool]);
    let receiver = Receiver::start(|_| (StatusCode::GONE, String::new())).await;
    let kit = probe.sandbox.kit();
    kit.webhooks.queue(delivery(&receiver.url));
    kit.webhooks.flush().await;
    assert_eq!((kit.webhooks.record()[0].state, kit.webhooks.record()[0].status), (DeliveryState::GivenUp, Some(410)));
    assert_eq!(kit.webhooks.flush().await, 0);
    assert_eq!(receiver.got().len(), 1);
}

#[test]
fn a_bucket_empties_and_refills_by_the_clock() {
    let clock = Clock::default();
    let limit = Limit::new(clock.clone(), 10, 100);
    assert_eq!(limit.take("a", 8).remaining, 2);
    let refused = limit.take("a", 5);
    assert!(!refused.allowed && refused.remaining == 2);
    assert!((29_000..=30_000).contains(&refused.retry_after_ms), "{}", refused.retry_after_ms);
    assert!(limit.take("b", 10).allowed, "each key has its own bucket");
    clock.advance(SignedDuration::from_secs(30));
    assert!(limit.take("a", 5).allowed);
}

#[tokio::test]
async fn the_control_api_tells_and_steers() {
    let probe = Probe::new(options(), &[toy::tool]);
    assert_eq!(probe.post("/_sandbox/chaos", &json!({ "tool": "none", "fault": "empty" })).await.status, StatusCode::NOT_FOUND);
    assert!(probe.post("/_sandbox/chaos", &json!({ "tool": "toy", "fault": "earthquake" })).await.status.is_client_error());
    let before = probe.sandbox.kit().clock.now();
    probe.post("/_sandbox/clock", &json!({ "advance_ms": 3_600_000 })).await;
    assert!(probe.sandbox.kit().clock.now().duration_since(before) >= SignedDuration::from_hours(1));
    probe.sandbox.kit().ledger.record("toy", "thing.create", "1", Some("key"), json!({}));
    let ledger = probe.get("/_sandbox/ledger?tool=toy&action=thing.create").await.json();
    assert_eq!((ledger["effects"][0]["seq"].as_u64(), ledger["effects"][0]["key"].as_str()), (Some(1), Some("key")));
    assert_eq!(probe.get("/_sandbox/ledger?tool=other").await.json(), json!({ "effects": [] }));
    assert_eq!(probe.get("/_sandbox/validations").await.json()["described"], false);
    assert_eq!(probe.get("/_sandbox/violations").await.json(), json!({ "violations": [] }));
    assert_eq!(probe.get("/_sandbox/deliveries").await.json(), json!({ "deliveries": [] }));
    assert_eq!(probe.post("/_sandbox/nothing/revoke", &json!({})).await.status, StatusCode::NOT_FOUND);
}

/// RFC 4231, test case 2.
#[test]
fn the_hmac_is_the_one_of_the_rfc() {
    let mac = hmac_sha256_hex(b"Jefe", b"what do ya want for nothing?");
    assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
