//! Tests of evidence.

use jiff::SignedDuration;
use model::connection::{Capability, Status, StatusColour, Way};
use model::{IntentId, Kind, RecordId, RunId, Settings};

use super::*;
use crate::Store;
use crate::intents::{Intent, IntentState, Write};
use crate::testing::{self, databases};

async fn note(workspace: &Workspace, id: &ConnectionId, facts: &[(&str, &str, Option<Timestamp>)]) {
    let mut step = workspace.begin().await.unwrap();
    for (fact, detail, until) in facts {
        step.note_evidence(id, fact, detail, *until).await.unwrap();
    }
    step.commit().await.unwrap();
}

#[tokio::test]
async fn a_fact_keeps_its_beginning_until_it_is_cleared() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let id = testing::connection(&workspace, None).await.id;
        let (begun, second) = (store.env().now(), SignedDuration::from_secs(1));
        note(&workspace, &id, &[("delayed", "503", Some(begun))]).await;
        clock.advance(second);
        note(&workspace, &id, &[("delayed", "429", None), ("tested:tasks", "ok", None)]).await;
        let facts = workspace.facts(&id).await.unwrap();
        let wanted = Fact { name: "delayed".into(), detail: "429".into(), since: begun, at: begun + second, until: None };
        assert_eq!((&facts[0], facts[1].name.as_str()), (&wanted, "tested:tasks"), "{}", database.engine);
        clock.advance(second);
        let mut step = workspace.begin().await.unwrap();
        step.clear_evidence(&id, &["delayed"]).await.unwrap();
        step.note_evidence(&id, "delayed", "503", None).await.unwrap();
        step.commit().await.unwrap();
        let facts = workspace.facts(&id).await.unwrap();
        assert_eq!((facts[1].name.as_str(), facts[1].since), ("delayed", begun + second * 2), "{}", database.engine);
        let mut step = workspace.begin().await.unwrap();
        step.clear_all_evidence(&id).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.facts(&id).await.unwrap(), []);
    }
}

#[tokio::test]
async fn each_fact_comes_to_its_place_whichever_stream_it_is_about() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let id = testing::connection(&workspace, None).await.id;
        let (now, later) = (store.env().now(), store.env().now() + SignedDuration::from_secs(90));
        let facts = [
            ("refused", "revoked", None),
            ("forbidden:tasks:push", "write", None),
            ("misfit:deals:push", "a field", None),
            ("braked:tasks:pull", "73 deletions", None),
            ("delayed:notes:push", "503", Some(later)),
            ("delayedish", "not of this name", None),
        ];
        note(&workspace, &id, &facts).await;
        let mut step = workspace.begin().await.unwrap();
        step.set_connected(&id, true).await.unwrap();
        step.commit().await.unwrap();
        let wanted = Evidence {
            has_credentials: true,
            refused: Some((now, "revoked".into())),
            forbidden: Some((now, "write".into())),
            misfit: Some((now, "a field".into())),
            braked: Some((now, "73 deletions".into())),
            delayed: Some((now, later)),
            ..Evidence::default()
        };
        assert_eq!(workspace.status_evidence(&id).await.unwrap(), wanted, "{}", database.engine);
        let other = testing::connection(&workspace, None).await.id;
        assert_eq!(workspace.status_evidence(&other).await.unwrap(), Evidence::default());
    }
}

fn intent(connection: &ConnectionId, store: &Store) -> Intent {
    Intent {
        id: IntentId::new(store.env()),
        connection: connection.clone(),
        capability: Capability::Tasks,
        record: RecordId::new(Kind::ActionItem, store.env()),
        run: RunId::new(store.env()),
        operation: Write::Create,
        key: uuid::Uuid::nil(),
        payload_hash: String::new(),
        state: IntentState::Open,
        created: store.env().now(),
        settled: None,
        detail: String::new(),
    }
}

#[tokio::test]
async fn the_slowest_enabled_stream_decides_how_far_all_is_in_step() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let id = testing::connection(&workspace, None).await.id;
        let begun = store.env().now();
        let mut step = workspace.begin().await.unwrap();
        step.set_settings(&id, &Settings::default(), 0).await.unwrap();
        step.set_stream(&id, Capability::Tasks, Way::Push, true, true, None, Some("connect")).await.unwrap();
        step.set_stream(&id, Capability::Tasks, Way::Pull, true, true, None, Some("connect")).await.unwrap();
        step.set_stream(&id, Capability::Notes, Way::Push, false, true, None, None).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(workspace.status_evidence(&id).await.unwrap().in_step, None, "{}", database.engine);
        let streams = store.lease_across_workspaces("test", 10).await.unwrap();
        assert_eq!(streams.len(), 2, "{}", database.engine);
        for (stream, after) in streams.iter().zip([30, 20]) {
            let at = begun + SignedDuration::from_secs(after);
            let mut step = workspace.begin().await.unwrap();
            let release = crate::streams::Release { in_step_at: Some(at), ..Default::default() };
            step.release(stream, release).await.unwrap();
            step.commit().await.unwrap();
            let evidence = workspace.status_evidence(&id).await.unwrap();
            assert_eq!((evidence.in_step, evidence.has_settings), ((after == 20).then_some(at), true), "{}", database.engine);
        }
    }
}

#[tokio::test]
async fn uncertain_writes_are_counted_from_the_oldest() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let id = testing::connection(&workspace, None).await.id;
        let begun = store.env().now();
        let mut step = workspace.begin().await.unwrap();
        step.set_connected(&id, true).await.unwrap();
        step.commit().await.unwrap();
        for state in [IntentState::Done, IntentState::Uncertain, IntentState::Uncertain, IntentState::Failed] {
            let intent = intent(&id, &store);
            let mut step = workspace.begin().await.unwrap();
            step.open_intent(&intent).await.unwrap();
            step.settle_intent(&intent.id, state, "").await.unwrap();
            step.commit().await.unwrap();
            clock.advance(SignedDuration::from_secs(1));
        }
        let evidence = workspace.status_evidence(&id).await.unwrap();
        assert_eq!(evidence.uncertain, Some((begun + SignedDuration::from_secs(1), 2)), "{}", database.engine);
        assert_eq!(Status::from_evidence(&evidence, store.env().now()).colour, StatusColour::Yellow);
    }
}
