//! Stories: a tool tells the hub what happened, and the hub believes it by the platform's own keys. A service account of Google's,
//! a Pub/Sub topic that pushes, and a conference that comes in by itself, long before the schedule would look.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Process, free_port, harmony, start, start_sandbox};

const TOPIC: &str = "projects/harmony-demo/topics/google-meet";
/// In whose name Pub/Sub pushes.
const PUSHER: &str = "pusher@harmony-demo.iam.gserviceaccount.com";
const SERVICE_ACCOUNT: &str = "hub@harmony-demo.iam.gserviceaccount.com";
const WHO: &str = "project.manager@demo.example";
const PRIVATE_KEY: &str = include_str!("../../../connector-kit/src/keys/rsa-private.pem");
const PUBLIC_KEY: &str = include_str!("../../../connector-kit/src/keys/rsa-public.pem");

struct World {
    folder: tempfile::TempDir,
    hub: String,
    tools: String,
    token: String,
    http: reqwest::Client,
    _processes: [Process; 2],
}

impl World {
    fn new() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let (sandbox, tools) = start_sandbox(folder.path(), port);
        let configuration = format!(
            "listen = \"127.0.0.1:{port}\"\n\
             [integrations.google-meet]\nbase_url = \"{tools}/google-meet\"\ntoken_url = \"{tools}/google-meet/token\"\n\
             allow_private_network = true\nwebhook_secret = \"{PUSHER}\"\nfields = {{ topic = \"{TOPIC}\" }}\n"
        );
        std::fs::write(folder.path().join("harmony.toml"), configuration).unwrap();
        let operator = |arguments: &[&str]| {
            let done = harmony(folder.path()).args(arguments).env("HARMONY_PASSWORD", "a-long-password-of-the-test").output().unwrap();
            assert!(done.status.success(), "{done:?}");
            String::from_utf8(done.stdout).unwrap()
        };
        operator(&["setup", "--email", "admin@demo.example"]);
        let token = operator(&["tokens", "create", "--name", "story"]).trim().to_owned();
        let mut serve = harmony(folder.path());
        serve.arg("serve").stderr(Stdio::inherit());
        let (hub, _) = start(serve);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { folder, hub: format!("http://127.0.0.1:{port}"), tools, token, http, _processes: [hub, sandbox] }
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn api(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Value {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.hub)).bearer_auth(&self.token);
        self.sent(body.into_iter().fold(request, reqwest::RequestBuilder::json)).await
    }

    /// What somebody does at the emulated tool, or how it is arranged.
    async fn steer(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        self.sent(self.http.request(method, format!("{}/_sandbox{path}", self.tools)).json(body)).await
    }

    /// Repeats a question until the answer is the one that is waited for.
    async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..400 {
            let answer = self.api(reqwest::Method::GET, path, None).await;
            if holds(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{path} does not come to what is waited for")
    }

    async fn metrics(&self) -> String {
        let answer = self.http.get(format!("{}/metrics", self.hub)).send().await.unwrap();
        answer.text().await.unwrap()
    }

    /// Signs in by the service account, switches everything on in real time, and waits for the first reading.
    async fn connect(&self) -> String {
        let fields = json!({ "client_id": SERVICE_ACCOUNT, "private_key": PRIVATE_KEY, "subject": WHO });
        let wanted = json!({ "integration": "google-meet", "auth": "service_account", "fields": fields });
        let id = self.api(reqwest::Method::POST, "/connections", Some(&wanted)).await["id"].as_str().unwrap().to_owned();
        let path = format!("/connections/{id}/settings");
        let mut options = self.api(reqwest::Method::GET, &path, None).await;
        options["settings"]["syncs"] = json!({ "recordings": { "enabled": true } });
        options["settings"]["frequency"] = json!({ "every": "real_time" });
        self.api(reqwest::Method::PUT, &path, Some(&options["settings"])).await;
        // There is nothing yet, so the first reading leaves no run: it is seen by its count alone.
        for _ in 0..400 {
            if self.metrics().await.contains("harmony_passes_total{integration=\"google-meet\"") {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nothing is read")
    }
}

fn count(list: &Value) -> usize {
    list["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn f51_a_conference_that_google_announces_comes_in_and_a_forged_word_does_not() {
    let world = World::new();
    let client = json!({ "tool": "google-meet", "client_id": SERVICE_ACCOUNT, "client_secret": "unused", "public_key_pem": PUBLIC_KEY });
    world.steer(reqwest::Method::POST, "/clients", &client).await;
    let address = format!("{}/hooks/google-meet", world.hub);
    let topic = json!({ "topic": TOPIC, "endpoint": address, "service_account": PUSHER });
    world.steer(reqwest::Method::PUT, "/google-meet/topics", &topic).await;
    let id = world.connect().await;
    let subscriptions = world.sent(world.http.get(format!("{}/_sandbox/google-meet/subscriptions", world.tools))).await;
    assert_eq!(subscriptions.as_array().unwrap().len(), 1);
    assert_eq!(world.api(reqwest::Method::GET, &format!("/connections/{id}"), None).await["account"]["name"], WHO);

    let now = world.sent(world.http.get(format!("{}/_sandbox/clock", world.tools))).await["now"].as_str().unwrap().to_owned();
    let start = now.parse::<jiff::Timestamp>().unwrap() - jiff::SignedDuration::from_hours(1);
    let conference = json!({
        "start": start, "duration_s": 1_800, "code": "abc-mnop-xyz",
        "people": [{ "name": "Project Manager", "email": WHO }, { "name": "Guest of a customer" }],
        "turns": [{ "speaker": "Guest of a customer", "start_ms": 0, "end_ms": 4_000, "text": "The numbers are in." }],
    });
    world.steer(reqwest::Method::POST, "/google-meet/conferences", &conference).await;
    world.until("/meetings", |meetings| count(meetings) == 1).await;
    assert!(world.metrics().await.contains("harmony_webhooks_total{integration=\"google-meet\",outcome=\"taken\"}"));

    let event = json!({ "message": { "messageId": "1", "attributes": {} } });
    for token in ["", "Bearer a.b.c"] {
        let forged = world.http.post(&address).header("authorization", token).json(&event).send().await.unwrap();
        assert_eq!(forged.status().as_u16(), 401, "{token}");
    }
    let violations = world.sent(world.http.get(format!("{}/_sandbox/violations", world.tools))).await;
    assert_eq!(violations["violations"], json!([]));
    drop(world.folder);
}
