//! Stories: the command line as a client of a hub that runs. Each command once, to people and to programs, and what it says when it
//! is refused.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::process::{Process, free_port, harmony, start, start_sandbox};

/// A hub on SQLite with one admin, and the emulated Talkdesk, to which a program signs in without a person.
struct World {
    folder: tempfile::TempDir,
    url: String,
    token: String,
    _hub: Process,
    _sandbox: Process,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let (sandbox, tools) = start_sandbox(folder.path(), port);
        let at = |tool: &str, path: &str| format!("{tools}/{tool}{path}");
        let configuration = format!(
            "listen = \"127.0.0.1:{port}\"\n\
             [integrations.talkdesk]\nbase_url = \"{}\"\ntoken_url = \"{}\"\nallow_private_network = true\n\
             [integrations.exchange]\nbase_url = \"{}\"\nallow_private_network = true\n\
             [integrations.linear]\nclient_id = \"harmony-sandbox\"\nclient_secret = \"sandbox-secret-linear\"\n\
             authorize_url = \"{}\"\nallow_private_network = true\n",
            at("talkdesk", "/api"),
            at("talkdesk", "/oauth/token"),
            at("exchange", "/EWS/Exchange.asmx"),
            at("linear", "/oauth/authorize"),
        );
        std::fs::write(folder.path().join("harmony.toml"), configuration).unwrap();
        let operator = |arguments: &[&str]| {
            let done = harmony(folder.path()).args(arguments).env("HARMONY_PASSWORD", "a-long-password-of-the-test").output().unwrap();
            assert!(done.status.success(), "{done:?}");
            String::from_utf8(done.stdout).unwrap()
        };
        operator(&["setup", "--email", "admin@demo.example"]);
        let token = operator(&["tokens", "create", "--name", "cli"]).trim().to_owned();
        let mut serve = harmony(folder.path());
        serve.arg("serve");
        let (hub, _) = start(serve);
        Self { url: format!("http://127.0.0.1:{port}"), token, folder, _hub: hub, _sandbox: sandbox }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = harmony(self.data());
        command.args(arguments).env("HARMONY_URL", &self.url).env("HARMONY_TOKEN", &self.token);
        command
    }

    fn run(&self, arguments: &[&str], input: Option<&Value>) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.map(Value::to_string).unwrap_or_default().as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// What it tells people.
    fn told(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments, None);
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// What it answers to programs, given this on standard input.
    fn given(&self, arguments: &[&str], input: &Value) -> Value {
        let done = self.run(&[arguments, &["--json"]].concat(), Some(input));
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// What it answers to programs; to people it says something too.
    fn json(&self, arguments: &[&str]) -> Value {
        assert!(!self.told(arguments).trim().is_empty(), "{arguments:?}");
        self.given(arguments, &Value::Null)
    }

    /// How it refuses.
    fn refused(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments, None);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {done:?}");
        String::from_utf8(done.stderr).unwrap()
    }

    /// Connects Talkdesk with the credentials of an application, and answers the connection's id.
    fn connect(&self) -> String {
        let secrets = json!({ "client_id": "harmony-sandbox", "client_secret": "sandbox-secret-talkdesk" });
        let arguments = ["connections", "connect", "talkdesk", "--field", "account=demo", "--field", "region=.com", "--fields-from", "-"];
        let begun = self.given(&arguments, &secrets);
        assert!(begun.get("authorize_url").is_none(), "{begun}");
        begun["id"].as_str().unwrap().to_owned()
    }

    /// Repeats a question until the answer is the one that is waited for.
    fn until(&self, arguments: &[&str], holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..400 {
            let answer = self.given(arguments, &Value::Null);
            if holds(&answer) {
                return answer;
            }
        }
        panic!("{arguments:?} does not come to what is waited for")
    }

    async fn metrics(&self, headers: &[(&str, &str)]) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let asked = headers.iter().fold(client.get(format!("{}/metrics", self.url)), |asked, (name, value)| asked.header(*name, *value));
        let answer = asked.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn count(answer: &Value) -> usize {
    answer["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_user_name_and_a_password_open_a_tool_and_a_wrong_password_leaves_nothing() {
    let world = World::new();
    let fields = ["--field", "server=mail.demo.example", "--field", "mailbox=marketing@demo.example", "--field", "user=DEMO\\marketing"];
    let arguments = [&["connections", "connect", "exchange", "--auth", "password", "--fields-from", "-"], &fields[..]].concat();
    let wrong = world.run(&arguments, Some(&json!({ "password": "not-this-one" })));
    let said = format!("{}{}", String::from_utf8_lossy(&wrong.stdout), String::from_utf8_lossy(&wrong.stderr));
    assert!(!wrong.status.success() && !said.contains("not-this-one"), "{said}");
    assert_eq!(count(&world.json(&["connections", "list"])), 0);

    let begun = world.given(&arguments, &json!({ "password": "sandbox" }));
    let id = begun["id"].as_str().unwrap();
    assert!(begun.get("authorize_url").is_none(), "{begun}");
    let mut options = world.json(&["connections", "settings", "get", id]);
    options["settings"]["syncs"] = json!({ "calendar": { "enabled": true } });
    world.given(&["connections", "settings", "set", id, "-"], &options);
    world.until(&["connections", "show", id], |shown| shown["status"]["in_sync_as_of"].is_string());
    world.json(&["connections", "reconnect", id]);
    assert!(world.json(&["connections", "test", id])["items"].as_array().unwrap().iter().all(|line| line["passed"] == true));
}

#[tokio::test]
async fn connections_are_made_set_synced_and_ended_by_commands_and_metrics_tell_of_it() {
    let world = World::new();
    assert!(world.json(&["integrations", "list"]).as_array().unwrap().len() >= 6);
    assert_eq!(world.json(&["integrations", "show", "talkdesk"])["scope"], "workspace");
    let begun = world.given(&["connections", "connect", "linear", "--flow", "tasks:push"], &Value::Null);
    assert!(begun["authorize_url"].as_str().unwrap().contains("/linear/oauth/authorize"), "{begun}");
    assert!(world.told(&["connections", "connect", "linear"]).contains("Open this address"));

    let id = world.connect();
    let id = id.as_str();
    assert!(world.json(&["connections", "list"])["items"].as_array().unwrap().iter().any(|one| one["id"] == id));
    assert_eq!(world.json(&["connections", "show", id])["integration"], "talkdesk");
    world.json(&["connections", "destinations", id, "--capability", "recordings"]);
    let mut options = world.json(&["connections", "settings", "get", id]);
    assert_eq!(options["version"], 0);
    options["settings"]["syncs"] = json!({ "recordings": { "enabled": true } });
    let saved = world.given(&["connections", "settings", "set", id, "-"], &options);
    assert_eq!((&saved["version"], &saved["settings"]["syncs"]["recordings"]["enabled"]), (&json!(1), &json!(true)));
    let stale = world.run(&["connections", "settings", "set", id, "-"], Some(&options));
    assert!(
        String::from_utf8_lossy(&stale.stderr).contains("changed_meanwhile"),
        "what was read before somebody saved is refused: {stale:?}"
    );
    let file = world.data().join("settings.json");
    std::fs::write(&file, options["settings"].to_string()).unwrap();
    world.json(&["connections", "settings", "set", id, file.to_str().unwrap()]);

    assert!(world.json(&["connections", "test", id])["items"].as_array().unwrap().iter().all(|line| line["passed"] == true));
    assert_eq!(world.json(&["connections", "sync", id])["started"], true);
    assert!(world.json(&["connections", "sync", id, "--preview"])["plan"].is_string());
    assert!(world.refused(&["connections", "sync", id, "--plan", "old"]).contains("stale_preview"));
    world.until(&["connections", "show", id], |shown| shown["status"]["in_sync_as_of"].is_string());
    world.json(&["connections", "items", id, "--outcome", "created"]);
    world.json(&["connections", "runs", id, "--limit", "5"]);
    assert_eq!(world.json(&["connections", "retry", id])["started"], true);
    let unknown = world.refused(&["connections", "retry", id, "--capability", "recordings", "--item", "remote:none"]);
    assert!(unknown.contains("(code "), "{unknown}");
    let settle =
        ["connections", "settle", id, "--capability", "tasks", "--record", "act_00000000000070008000000000000001", "--found", "false"];
    assert!(world.refused(&settle).contains("(code "), "nothing is uncertain");
    assert_eq!(world.json(&["connections", "release", id])["streams"], 0);
    assert!(world.json(&["connections", "diagnose", id])["tests"].is_array());
    the_metrics_tell_of_it(&world).await;

    world.json(&["connections", "reconnect", id]);
    assert!(world.json(&["connections", "disconnect", id])["links_kept"].is_number());
    assert_eq!(world.json(&["connections", "show", id])["connected"], false);
    assert!(world.refused(&["connections", "test", id]).contains("not_connected"));
}

async fn the_metrics_tell_of_it(world: &World) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let hook = client.post(format!("{}/hooks/made-up", world.url)).body("{}").send().await.unwrap();
    assert_eq!(hook.status(), 404);
    let (status, text) = world.metrics(&[]).await;
    assert_eq!(status, 200, "a program on this machine may read them: {text}");
    for line in [
        "harmony_build_info{version=",
        "harmony_http_requests_total{method=\"GET\",route=\"/api/v1/connections/{id}\",status=\"200\"}",
        "harmony_http_request_seconds_bucket{",
        "harmony_webhooks_total{integration=\"unknown\",outcome=\"unknown\"} 1",
        "harmony_passes_total{integration=\"talkdesk\",capability=\"recordings\",way=\"pull\",outcome=\"in_step\"}",
        "harmony_pass_seconds_count{",
        "harmony_tool_calls_total{integration=\"talkdesk\",outcome=\"ok\"}",
        "harmony_tool_call_seconds_sum{",
        "harmony_streams{integration=\"talkdesk\",capability=\"recordings\",way=\"pull\"} 1",
        "harmony_streams_failing{",
        "harmony_stream_waiting_seconds{",
        "harmony_stream_in_step_seconds{",
    ] {
        assert!(text.lines().any(|told| told.starts_with(line)), "{line} is not in\n{text}");
    }
    for private in ["made-up", "con_", "usr_", "wsp_", "admin@demo", &world.token] {
        assert!(!text.contains(private), "{private} is in\n{text}");
    }
    let through_a_proxy = ("x-forwarded-for", "192.0.2.1");
    assert_eq!(world.metrics(&[through_a_proxy]).await.0, 401, "others sign in");
    let token = format!("Bearer {}", world.token);
    assert_eq!(world.metrics(&[through_a_proxy, ("authorization", &token)]).await.0, 200);
}

#[test]
fn meetings_and_what_they_left_are_brought_in_and_looked_at_by_commands() {
    let world = World::new();
    let meeting = json!({
        "meeting": {
            "title": "Remote control kick-off",
            "when": { "kind": "timed", "start": "2026-01-31T09:00:00Z", "end": "2026-01-31T09:30:00Z" },
            "participants": [{ "person": { "name": "Project Manager", "email": "project.manager@demo.example" }, "attended": true }]
        },
        "transcript": { "turns": [{ "speaker": "Project Manager", "text": "Good morning." }] },
        "action_items": [{ "text": "Send the minutes" }],
        "notes": [{ "body": "It began on time." }]
    });
    let put = world.given(&["meetings", "put", "-", "--key", "board/7 ?"], &meeting);
    assert_eq!(put["created"], true);
    let file = world.data().join("board.json");
    std::fs::write(&file, meeting.to_string()).unwrap();
    world.json(&["meetings", "put", file.to_str().unwrap()]);
    let id = put["id"].as_str().unwrap();

    assert_eq!(count(&world.json(&["meetings", "list", "--search", "kick-off"])), 2);
    assert!(world.told(&["meetings", "list", "--limit", "1"]).contains("There are more: --cursor "));
    assert_eq!(count(&world.json(&["meetings", "list", "--upcoming"])), 0);
    assert_eq!(world.json(&["meetings", "show", id])["body"]["title"], "Remote control kick-off");
    world.json(&["meetings", "deliveries", id]);
    assert_eq!(world.json(&["meetings", "transcript", id])["body"]["turns"][0]["text"], "Good morning.");
    assert_eq!(world.told(&["meetings", "transcript", id]), "Project Manager: Good morning.\n");
    for noun in ["action-items", "notes"] {
        let list = world.json(&[noun, "list", "--meeting", id]);
        assert_eq!(count(&list), 1, "{noun}");
        world.json(&[noun, "show", list["items"][0]["id"].as_str().unwrap()]);
    }
    world.json(&["contacts", "list", "--search", "nobody"]);
    assert!(world.refused(&["contacts", "show", "ctc_00000000000000000000000000000000"]).contains("not_found"));

    let log = world.json(&["changes", "--after", "0", "--limit", "2"]);
    assert_eq!((count(&log), &log["more"]), (2, &json!(true)));
    let mut follow = world.command(&["changes", "--follow", "--limit", "1", "--json"]);
    let mut follow = Process(follow.stdout(Stdio::piped()).spawn().unwrap());
    let lines = BufReader::new(follow.0.stdout.take().unwrap()).lines();
    let seen: Vec<i64> =
        lines.take(3).map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap()["after"].as_i64().unwrap()).collect();
    assert_eq!(seen, [1, 2, 3], "it goes on from page to page");
}

#[test]
fn tokens_runs_and_the_audit_trail_are_looked_at_by_commands() {
    let world = World::new();
    let made = world.given(&["tokens", "create", "--name", "second", "--days", "1"], &Value::Null);
    let second = made["token"]["id"].as_str().unwrap();
    assert_eq!(count(&world.json(&["tokens", "list"])), 2);
    assert_eq!(world.told(&["tokens", "revoke", second]), "Done.\n");
    assert!(world.refused(&["tokens", "revoke", second]).contains("not_found"));

    let id = world.connect();
    assert_eq!(count(&world.json(&["runs", "list", "--connection", &id])), 0);
    let unknown = ["runs", "show", "run_00000000000000000000000000000000", "--connection", &id];
    assert!(world.refused(&unknown).contains("not_found"));

    let trail = world.json(&["audit", "list"]);
    assert!(world.told(&["audit", "list"]).contains("token.revoked"));
    let file = world.data().join("audit.jsonl");
    let exported = world.told(&["audit", "export"]);
    assert_eq!(exported.lines().count(), count(&trail));
    let from_the_third = world.told(&["audit", "export", "--after", "2"]);
    assert_eq!(exported.lines().skip(2).collect::<Vec<_>>(), from_the_third.lines().collect::<Vec<_>>());
    std::fs::write(&file, &exported).unwrap();
    let rows = world.json(&["audit", "verify"])["head"]["seq"].as_i64().unwrap();
    assert_eq!(rows, i64::try_from(exported.lines().count()).unwrap());
    assert_eq!(world.json(&["audit", "verify", file.to_str().unwrap()])["intact"], true);
    std::fs::write(&file, exported.replacen("operator", "somebody", 1)).unwrap();
    assert!(world.refused(&["audit", "verify", file.to_str().unwrap()]).contains("row 1"));
}

#[test]
fn what_cannot_be_done_is_told_with_what_to_do_next() {
    let world = World::new();
    let refused = world.refused(&["meetings", "list", "--limit", "0"]);
    assert!(refused.contains("field `limit`") && refused.contains("(code invalid)"), "{refused}");
    let token = world.command(&["connections", "list"]).env("HARMONY_TOKEN", "hmy_wrong").output().unwrap();
    let told = String::from_utf8(token.stderr).unwrap();
    assert!(token.status.code() == Some(1) && told.contains("unauthenticated") && told.contains("harmony tokens create"), "{told}");
    let without = world.command(&["connections", "list"]).env_remove("HARMONY_TOKEN").output().unwrap();
    assert!(without.status.code() == Some(1) && String::from_utf8_lossy(&without.stderr).contains("HARMONY_TOKEN is not set"));
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let unreached = world.command(&["connections", "list"]).env("HARMONY_URL", nobody).output().unwrap();
    assert!(unreached.status.code() == Some(1) && String::from_utf8_lossy(&unreached.stderr).contains("harmony serve"));
    assert!(world.refused(&["meetings", "put", "missing.json"]).contains("missing.json cannot be read"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(world.told(&["completions", shell]).contains("connections"), "{shell}");
    }
}
