//! Stories: a process on PostgreSQL that was killed. Another one of the same machine takes up what it had under way, long before
//! its leases end; what a living process has under way is left to it.

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::connection::{Capability, Way};
use model::env::Simulated;
use store::testing;

use crate::process::{free_port, harmony, start};

#[tokio::test]
async fn f01_a_killed_process_is_noticed_and_its_streams_run_on_at_once() {
    let Some(database) = testing::databases().await.into_iter().find(|database| database.engine == "PostgreSQL") else {
        println!("not run: HARMONY_TEST_POSTGRES_URL names no server; `cargo xtask test` starts one");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let workers = folder.path().join("harmony-data/workers");
    std::fs::create_dir_all(&workers).unwrap();
    // The leases of both are good until the year 2100: only the lock that nobody holds can end one.
    let clock = Arc::new(Simulated::new("2100-01-01T00:00:00Z".parse().unwrap(), 1));
    let keys = store::MasterKeys::load_or_create(&folder.path().join("harmony-data/master.key"), &*clock).unwrap();
    let store = store::Store::open(&database.url, keys, clock).await.unwrap();
    let workspace = testing::workspace(&store).await;
    let connection = testing::connection(&workspace, None).await.id;
    let mut step = workspace.begin().await.unwrap();
    for capability in [Capability::Tasks, Capability::Notes] {
        step.set_stream(&connection, capability, Way::Push, true, true, None, Some("connect")).await.unwrap();
    }
    step.commit().await.unwrap();
    let _killed = File::create(workers.join("1-killed")).unwrap();
    let living = File::create(workers.join("2-living")).unwrap();
    living.lock().unwrap();
    for owner in ["1-killed", "2-living"] {
        assert_eq!(store.lease_across_workspaces(owner, 1).await.unwrap().len(), 1);
    }

    let mut serve = harmony(folder.path());
    serve.args(["serve", "--roles", "worker"]).env("HARMONY_DATABASE_URL", &database.url);
    let watch = format!("127.0.0.1:{}", free_port());
    serve.env("HARMONY_METRICS_LISTEN", &watch);
    let (_hub, _) = start(serve);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, status) in [("metrics", 200), ("healthz", 200), ("readyz", 200), ("sign-in", 404), ("api/v1/changes", 404)] {
        assert_eq!(client.get(format!("http://{watch}/{path}")).send().await.unwrap().status(), status, "a worker serves no pages: {path}");
    }
    let began = Instant::now();
    while workspace.leased_streams().await.unwrap() == 2 {
        assert!(began.elapsed() < Duration::from_mins(1), "nobody noticed");
        tokio::task::yield_now().await;
    }
    assert_eq!(workspace.leased_streams().await.unwrap(), 1, "the living one keeps its own");
    assert!(!workers.join("1-killed").exists() && workers.join("2-living").exists());
    store.db().close().await;
}
