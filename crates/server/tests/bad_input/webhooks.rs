//! Webhooks that nobody proved, that come again or too late, and that cannot be read.

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use connector_kit::signature;
use jiff::SignedDuration;
use model::connection::Capability;
use model::{ConnectionId, Env, Secret};
use serde_json::{Value, json};
use store::subscriptions::Subscription;

use super::hub::{APP_SECRET, Answer, World, worlds};
use super::tool::ACCOUNT;

/// The secret of the connection's own subscription.
const OWN_SECRET: &str = "the subscription's secret";

struct Hook {
    path: String,
    body: Vec<u8>,
    headers: Vec<(&'static str, HeaderValue)>,
}

impl Hook {
    /// As the tool signs it at this moment.
    fn signed(world: &World, path: String, body: Vec<u8>, secret: &str) -> Self {
        let time = world.clock.now().as_second().to_string();
        let signed = signature::hmac_hex(&Secret::from(secret), &[b"v0:", time.as_bytes(), b":", &body]);
        let text = |text: &str| HeaderValue::from_str(text).unwrap();
        Self { path, body, headers: vec![("bell-time", text(&time)), ("bell-signature", text(&signed))] }
    }

    fn with(mut self, name: &'static str, value: &[u8]) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, HeaderValue::from_bytes(value).unwrap()));
        }
        self
    }

    async fn send(&self, world: &World) -> Answer {
        let mut request = Request::post(&self.path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        world.send(request.body(Body::from(self.body.clone())).unwrap()).await
    }
}

async fn subscribed(world: &World) -> ConnectionId {
    let id = world.connected().await;
    let mut step = world.workspace.begin().await.unwrap();
    let secret = Some(Secret::from(OWN_SECRET));
    let subscription = Subscription { capability: Capability::Tasks, remote_id: "1".into(), resource: None, secret, expires: None };
    step.save_subscription(&id, &subscription).await.unwrap();
    step.commit().await.unwrap();
    id
}

fn event(id: &str, account: &str) -> Vec<u8> {
    json!({ "id": id, "account": account }).to_string().into_bytes()
}

#[tokio::test]
async fn f51_b13_a_webhook_that_is_not_proven_is_refused_before_anything_is_done() {
    for world in worlds().await {
        let id = subscribed(&world).await;
        let good = |path: &str| Hook::signed(&world, path.to_owned(), event("1", ACCOUNT), OWN_SECRET);
        let own = format!("/hooks/bell/{id}");
        let right = good(&own).headers[1].1.to_str().unwrap().to_owned();
        let many = vec!["0".repeat(64); 10_000].join(",");
        let mut doubled = good(&own);
        doubled.headers.push(doubled.headers[1].clone());
        let mut longer = good(&own);
        longer.body.push(b' ');
        let time = |time: &str| good(&own).with("bell-time", time.as_bytes());
        let signed = |value: &[u8]| good(&own).with("bell-signature", value);
        let cases = [
            ("no signature", signed(b"")),
            ("half a signature", signed(&right.as_bytes()[..32])),
            ("in capitals", signed(right.to_uppercase().as_bytes())),
            ("another scheme", signed(format!("v1={right}").as_bytes())),
            ("ten thousand", signed(many.as_bytes())),
            ("the right one among ten thousand", signed(format!("{many},{right}").as_bytes())),
            ("not ASCII", signed("ünlesbar".as_bytes())),
            ("twice", doubled),
            ("no time", time("")),
            ("a time before all", time("-1")),
            ("a time beyond all", time("1000000000000000000")),
            ("a time with a fraction", time("1780000000.5")),
            ("another body", longer),
            ("the secret of another", Hook::signed(&world, own.clone(), event("1", ACCOUNT), "guessed")),
            ("an empty secret", Hook::signed(&world, own.clone(), event("1", ACCOUNT), "")),
            ("the connection's secret at the app's address", good("/hooks/bell")),
        ];
        let before = world.snapshot().await;
        for (what, hook) in cases {
            let answer = hook.send(&world).await;
            assert_eq!(answer.problem(), (401, "unauthenticated".into(), String::new()), "{what} on {}", world.engine);
        }
        for path in ["/hooks/none", "/hooks/none/x", "/hooks/bell/x", "/hooks/bell/con_00000000000000000000000000000000"] {
            assert_eq!(good(path).send(&world).await.problem().0, 404, "{path}");
        }
        let huge = Hook::signed(&world, own.clone(), vec![b' '; 2 << 20], OWN_SECRET);
        assert_eq!(huge.send(&world).await.problem(), (413, "too_large".into(), String::new()));
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
        assert_eq!(good(&own).send(&world).await.status.as_u16(), 200);
        assert_ne!(world.snapshot().await, before, "a good one wakes a stream");
    }
}

#[tokio::test]
async fn f50_a_replayed_webhook_is_refused_when_it_is_old_and_ignored_when_it_is_not() {
    for world in worlds().await {
        let id = subscribed(&world).await;
        let hook = Hook::signed(&world, format!("/hooks/bell/{id}"), event("1", ACCOUNT), OWN_SECRET);
        assert_eq!(hook.send(&world).await.status.as_u16(), 200);
        let streams = world.workspace.streams(&id).await.unwrap();
        assert!(streams.iter().any(|stream| stream.wake_reason.as_deref() == Some("webhook")), "{streams:?}");
        let after = world.snapshot().await;
        world.clock.advance(SignedDuration::from_secs(30));
        assert_eq!(hook.send(&world).await.status.as_u16(), 200, "the tool may repeat itself");
        for old in [SignedDuration::from_mins(6), SignedDuration::from_hours(6 * 24)] {
            world.clock.advance(old);
            assert_eq!(hook.send(&world).await.problem().0, 401, "{old} old");
        }
        assert_eq!(world.snapshot().await, after, "a replay does nothing ({})", world.engine);
    }
}

#[tokio::test]
async fn a_handshake_is_answered_with_the_body_or_the_header_that_the_tool_wants_and_wakes_nothing() {
    for world in worlds().await {
        let own = format!("/hooks/bell/{}", subscribed(&world).await);
        let before = world.snapshot().await;
        let ask = |question: Value| Hook::signed(&world, own.clone(), question.to_string().into_bytes(), OWN_SECRET);
        let body = ask(json!({ "challenge": "a word" })).send(&world).await;
        assert_eq!((body.status.as_u16(), body.text.as_str()), (200, "a word"));
        let header = ask(json!({ "echo": "a word" })).send(&world).await;
        assert_eq!(
            (header.status.as_u16(), header.text.as_str(), &header.headers["bell-echo"]),
            (200, "", &HeaderValue::from_static("a word"))
        );
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
    }
}

#[tokio::test]
async fn f51_a_webhook_of_another_account_or_one_that_cannot_be_read_wakes_nothing() {
    for world in worlds().await {
        let id = subscribed(&world).await;
        let own = format!("/hooks/bell/{id}");
        let before = world.snapshot().await;
        let other = Hook::signed(&world, own.clone(), event("2", "account-2"), OWN_SECRET);
        assert_eq!(other.send(&world).await.status.as_u16(), 200, "it is taken and ignored");
        let everybody = Hook::signed(&world, "/hooks/bell".to_owned(), event("3", "account-2"), APP_SECRET);
        assert_eq!(everybody.send(&world).await.status.as_u16(), 200);
        let nobody = Hook::signed(&world, "/hooks/bell".to_owned(), b"{}".to_vec(), APP_SECRET);
        assert_eq!(nobody.send(&world).await.problem(), (400, "invalid".into(), "account".into()));
        for body in [&b""[..], b"{", b"[[", b"\xFF", b"{\"id\":\"\\ud800\"}"] {
            let hook = Hook::signed(&world, own.clone(), body.to_vec(), OWN_SECRET);
            assert_eq!(hook.send(&world).await.problem(), (400, "invalid".into(), "body".into()), "{body:?}");
        }
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
        let mut step = world.workspace.begin().await.unwrap();
        step.set_connected(&id, false).await.unwrap();
        step.commit().await.unwrap();
        let gone = Hook::signed(&world, own, event("4", ACCOUNT), OWN_SECRET);
        assert_eq!(gone.send(&world).await.problem().0, 404, "a disconnected connection hears nothing");
    }
}

#[tokio::test]
async fn f51_a_secret_that_a_tool_brings_is_kept_for_its_connection_and_proves_what_comes_after() {
    for world in worlds().await {
        let id = world.connected().await;
        let own = format!("/hooks/bell/{id}");
        let bring = |path: &str, secret: &str| {
            let body = json!({ "secret": secret }).to_string().into_bytes();
            Hook { path: path.to_owned(), body, headers: Vec::new() }
        };
        let kept = async || sync::hooks::entrusted(&world.workspace, &id).await.unwrap();
        assert_eq!(bring("/hooks/bell", "nobody's").send(&world).await.status, 401, "{}", world.engine);
        assert_eq!(kept().await, None, "{}", world.engine);
        let event = |secret: &str| Hook::signed(&world, own.clone(), event("1", ACCOUNT), secret);
        assert_eq!(event("brought first").send(&world).await.status, 401, "{}", world.engine);
        let page = async || world.page(&world.cookie, &format!("/connections/{id}/permissions")).await.text;
        assert!(page().await.contains(&own) && !page().await.contains("brought"), "{}", world.engine);
        for secret in ["brought first", "brought again"] {
            assert_eq!(bring(&own, secret).send(&world).await.status, 200, "{}", world.engine);
            assert_eq!(kept().await, Some(Secret::from(secret)), "{}", world.engine);
            assert!(page().await.contains(secret), "{}: the admin sees it", world.engine);
        }
        assert_eq!(event("brought first").send(&world).await.status, 401, "{}: the last one counts", world.engine);
        assert_eq!(event("brought again").send(&world).await.status, 200, "{}", world.engine);
    }
}
