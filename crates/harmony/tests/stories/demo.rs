//! Stories: the real binary against the emulated tools. The demo's whole way, killed with -9 at ten random moments, run twice:
//! the sandbox's ledger must show every meeting, every action item and every summary exactly once.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::env::Simulated;
use serde_json::Value;

use crate::process::{Process, free_port, harmony, shared, start_sandbox};

/// How long one run of the demo may take before the story gives up on it.
const PATIENCE: Duration = Duration::from_mins(4);
/// Kills in the middle.
const KILLS: u64 = 10;

struct Demo<'a> {
    data: &'a Path,
    database_url: &'a str,
    hub_port: u16,
    sandbox: &'a str,
}

impl Demo<'_> {
    fn start(&self) -> Process {
        let mut command = harmony(self.data);
        command.args(["demo", "--exit", "--sandbox-url", self.sandbox]);
        if let Some(meetings) = shared("data/meetings") {
            command.arg("--meetings").arg(meetings);
        }
        command
            .env("HARMONY_DATA_DIR", self.data.join("data"))
            .env("HARMONY_DATABASE_URL", self.database_url)
            .env("HARMONY_LISTEN", format!("127.0.0.1:{}", self.hub_port));
        Process(command.stdout(Stdio::null()).spawn().unwrap())
    }

    fn run_to_the_end(&self) {
        let mut process = self.start();
        let begun = Instant::now();
        loop {
            match process.0.try_wait().unwrap() {
                Some(status) => return assert!(status.success(), "the demo ended with {status}"),
                None => assert!(begun.elapsed() < PATIENCE, "the demo does not come to an end"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills it (SIGKILL) so long after its world was made, unless it ended before.
    fn run_and_kill(&self, after: Duration) {
        let mut process = self.start();
        let begun = Instant::now();
        let world_is_made = || {
            let kept = std::fs::read(self.data.join("data/demo.json")).unwrap_or_default();
            serde_json::from_slice::<Value>(&kept).is_ok_and(|kept| kept["world_is_made"] == true)
        };
        while !world_is_made() {
            assert!(begun.elapsed() < PATIENCE, "the demo does not begin");
            std::thread::sleep(Duration::from_millis(20));
        }
        let armed = Instant::now();
        while armed.elapsed() < after && process.0.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        process.0.kill().unwrap();
        process.0.wait().unwrap();
    }
}

/// How often each name stands in the ledger.
fn count(effects: &[Value], tool: &str, action: &str, name: impl Fn(&Value) -> Option<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for effect in effects.iter().filter(|effect| effect["tool"] == tool && effect["action"] == action) {
        *counts.entry(name(&effect["body"]).unwrap_or_default()).or_default() += 1;
    }
    counts
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

async fn read(sandbox: &str, what: &str) -> Value {
    let response = reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{sandbox}/_sandbox/{what}")).send().await.unwrap();
    response.json().await.unwrap()
}

async fn the_whole_way(database: &store::testing::TestDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let hub_port = free_port();
    let (_sandbox, sandbox) = start_sandbox(folder.path(), hub_port);
    let demo = Demo { data: folder.path(), database_url: &database.url, hub_port, sandbox: &sandbox };
    let mut random = u64::from(std::process::id()) ^ 0x9E37_79B9_7F4A_7C15;
    println!("{}: random moments from seed {random}", database.engine);
    for _ in 0..KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        demo.run_and_kill(Duration::from_millis((random >> 33) & 0xFFF));
    }
    demo.run_to_the_end();
    let once = read(&sandbox, "ledger").await["effects"].as_array().unwrap().clone();
    demo.run_to_the_end();
    let effects = read(&sandbox, "ledger").await["effects"].as_array().unwrap().clone();

    let meetings = count(&effects, "hubspot", "meeting.create", |body| text(&body["properties"]["hs_meeting_title"]));
    let events = count(&effects, "salesforce", "event.create", |body| text(&body["Subject"]));
    let items = count(&effects, "linear", "issue.create", |body| Some(format!("{} {}", body["title"], body["description"])));
    let board_items = count(&effects, "monday", "item.create", |body| text(&body["column_values"]));
    let summaries = count(&effects, "slack", "message.create", |body| text(&body["blocks"][0]["text"]["text"]));
    let keys = |own: &Value| own["properties"].as_object().and_then(|own| text(&own["Harmony ID"]["rich_text"][0]["text"]["content"]));
    let pages = count(&effects, "notion", "page.create", keys);
    let all = [
        ("meeting in HubSpot", &meetings),
        ("event in Salesforce", &events),
        ("action item in Linear", &items),
        ("action item in monday.com", &board_items),
        ("summary in Slack", &summaries),
        ("page in Notion", &pages),
    ];
    for (what, counts) in all {
        assert!(!counts.is_empty(), "no {what}");
        for (name, times) in counts {
            assert_eq!(*times, 1, "{}: {what}, {times} times: {name}", database.engine);
        }
    }
    let expected = shared("data/meetings").map_or(3, |folder| {
        std::fs::read_dir(folder)
            .unwrap()
            .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|ending| ending == "json")))
            .count()
    });
    assert_eq!(board_items.len(), items.len(), "each action item is in both task tools");
    assert_eq!(summaries.len(), expected, "each meeting's summary is in Slack");
    assert!(meetings.len() >= expected && events.len() >= expected, "each meeting is in HubSpot and in Salesforce");
    assert_eq!(pages.len(), meetings.len() + items.len(), "each meeting and each action item is in Notion");
    let creations = |effects: &[Value]| {
        effects.iter().filter(|effect| text(&effect["action"]).is_some_and(|action| action.ends_with(".create"))).count()
    };
    assert_eq!(creations(&once), creations(&effects), "the second whole run creates nothing");
    assert_eq!(read(&sandbox, "violations").await["violations"], Value::Array(Vec::new()), "every request fits the tools' descriptions");
    assert_nothing_is_left_open(&demo).await;
}

/// No intent is open and no lease is held once everything has settled.
async fn assert_nothing_is_left_open(demo: &Demo<'_>) {
    let env = Arc::new(Simulated::new(jiff::Timestamp::UNIX_EPOCH, 1));
    let keys = store::MasterKeys::load_or_create(&demo.data.join("data/master.key"), &*env).unwrap();
    let store = store::Store::open(demo.database_url, keys, env).await.unwrap();
    let (workspace, _) = store.list_across_workspaces().await.unwrap().remove(0);
    let workspace = store.workspace(&workspace);
    assert_eq!(workspace.open_intents().await.unwrap(), 0, "writes of unknown outcome");
    assert_eq!(workspace.leased_streams().await.unwrap(), 0, "leases");
    store.db().close().await;
}

#[tokio::test]
async fn f01_f05_the_demo_killed_ten_times_on_sqlite_doubles_and_loses_nothing() {
    the_whole_way(&store::testing::sqlite()).await;
}

#[tokio::test]
async fn f01_f05_the_demo_killed_ten_times_on_postgresql_doubles_and_loses_nothing() {
    match store::testing::databases().await.into_iter().find(|database| database.engine == "PostgreSQL") {
        Some(database) => the_whole_way(&database).await,
        None => println!("not run: HARMONY_TEST_POSTGRES_URL names no server; `cargo xtask test` starts one"),
    }
}
