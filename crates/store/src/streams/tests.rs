//! Tests of streams: waking, leasing, fencing.

use futures::future::join_all;
use model::change::Origin;
use model::{Contact, Kind, Record, RecordId};

use super::*;
use crate::records::Save;
use crate::testing::{self, databases};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

async fn streams(workspace: &Workspace, count: usize, wake: Option<&str>) -> ConnectionId {
    let connection = testing::connection(workspace, None).await.id;
    let mut step = workspace.begin().await.unwrap();
    for capability in Capability::ALL.into_iter().rev().take(count) {
        step.set_stream(&connection, capability, Way::Push, true, true, None, wake).await.unwrap();
    }
    step.commit().await.unwrap();
    connection
}

async fn lease(store: &Store) -> Vec<Stream> {
    store.lease_across_workspaces("test", 50).await.unwrap()
}

async fn release(workspace: &Workspace, stream: &Stream, release: Release) {
    let mut step = workspace.begin().await.unwrap();
    step.release(stream, release).await.unwrap();
    step.commit().await.unwrap();
}

#[tokio::test]
async fn workers_that_lease_together_never_get_the_same_stream_and_leave_none() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let mut wanted = 0;
        for _ in 0..3 {
            streams(&testing::workspace(&store).await, 8, Some("connect")).await;
            wanted += 8;
        }
        let leased = join_all((0..12).map(|at| {
            let store = store.clone();
            async move { store.lease_across_workspaces(&format!("worker {at}"), 4).await.unwrap() }
        }))
        .await;
        let mut ids: Vec<StreamId> = leased.into_iter().flatten().map(|stream| stream.id).collect();
        ids.extend(lease(&store).await.into_iter().map(|stream| stream.id));
        assert_eq!(ids.len(), wanted, "{}", database.engine);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), wanted, "each once, {}", database.engine);
    }
}

#[tokio::test]
async fn f10_a_lease_that_was_taken_over_can_neither_hold_nor_move_nor_release() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = streams(&workspace, 1, Some("connect")).await;
        let paused = lease(&store).await.remove(0);
        assert_eq!((paused.wake_at, lease(&store).await.len()), (None, 0), "{}", database.engine);
        clock.advance(LEASE);
        let second = lease(&store).await.remove(0);
        assert!(second.id == paused.id && second.epoch > paused.epoch, "{}", database.engine);
        let mut step = workspace.begin().await.unwrap();
        assert!(matches!(step.hold(&paused).await, Err(Error::LeaseLost)));
        step.advance(&paused, Some("lost"), 9).await.unwrap();
        step.release(&paused, Release::default()).await.unwrap();
        step.hold(&second).await.unwrap();
        step.advance(&second, Some("kept"), 5).await.unwrap();
        step.commit().await.unwrap();
        let stream = workspace.streams(&connection).await.unwrap().remove(0);
        assert_eq!((stream.place.as_deref(), stream.place_seq), (Some("kept"), 5), "{}", database.engine);
        assert_eq!(workspace.leased_streams().await.unwrap(), 1);
        release(&workspace, &second, Release::default()).await;
        assert_eq!((workspace.leased_streams().await.unwrap(), workspace.busy_streams().await.unwrap()), (0, 0));
    }
}

#[tokio::test]
async fn f01_what_an_ended_process_had_under_way_is_taken_up_at_once_and_others_keep_their_leases() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        streams(&workspace, 2, Some("connect")).await;
        let killed = store.lease_across_workspaces("killed", 1).await.unwrap().remove(0);
        let living = store.lease_across_workspaces("living", 1).await.unwrap().remove(0);
        assert_eq!(store.end_leases_of_across_workspaces("killed").await.unwrap(), 1, "{}", database.engine);
        store.woken().await;
        let taken = lease(&store).await;
        assert!(taken.len() == 1 && taken[0].id == killed.id && taken[0].epoch > killed.epoch, "{}", database.engine);
        let mut step = workspace.begin().await.unwrap();
        assert!(matches!(step.hold(&killed).await, Err(Error::LeaseLost)));
        step.hold(&living).await.unwrap();
        step.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_wish_during_a_run_is_kept_and_a_schedule_comes_due() {
    for database in databases().await {
        let (store, clock) = testing::store_and_clock(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = streams(&workspace, 1, Some("connect")).await;
        let stream = lease(&store).await.remove(0);
        let mut step = workspace.begin().await.unwrap();
        step.wake(&connection, stream.capability, Way::Push, "webhook").await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(lease(&store).await, [], "one worker at a time");
        let now = store.env().now();
        let again = Release { due_at: Some(now + SECOND * 10), wake: Some((now + SECOND * 5, "retry")), failures: 2, in_step_at: None };
        release(&workspace, &stream, again).await;
        let woken = lease(&store).await.remove(0);
        assert_eq!((woken.wake_reason.as_deref(), woken.failures), (Some("webhook"), 2), "{}", database.engine);
        release(&workspace, &woken, Release { due_at: Some(now + SECOND * 10), ..Release::default() }).await;
        assert_eq!(store.next_wish_across_workspaces().await.unwrap(), Some(now + SECOND * 10));
        clock.advance(SECOND * 9);
        assert_eq!(lease(&store).await, []);
        clock.advance(SECOND);
        assert_eq!(lease(&store).await.remove(0).wake_reason.as_deref(), Some("schedule"), "{}", database.engine);
    }
}

#[tokio::test]
async fn a_change_wakes_the_streams_that_push_it_and_no_others() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = testing::connection(&workspace, None).await.id;
        let mut step = workspace.begin().await.unwrap();
        step.set_stream(&connection, Capability::Contacts, Way::Push, true, true, None, None).await.unwrap();
        step.set_stream(&connection, Capability::Contacts, Way::Pull, true, true, None, None).await.unwrap();
        step.set_stream(&connection, Capability::Notes, Way::Push, true, true, None, None).await.unwrap();
        step.commit().await.unwrap();
        assert_eq!(lease(&store).await, []);
        let record = Record::Contact(Contact { last_name: Some("One".into()), ..Contact::default() });
        let id = RecordId::new(Kind::Contact, store.env());
        let mut step = workspace.begin().await.unwrap();
        let new = Save { id, record, before: None, keys: Vec::new(), deleted: false, noted: Vec::new() };
        step.save(vec![new], &Origin::Harmony, None).await.unwrap();
        step.commit().await.unwrap();
        let woken: Vec<_> = lease(&store).await.into_iter().map(|stream| (stream.capability, stream.way)).collect();
        assert_eq!(woken, [(Capability::Contacts, Way::Push)], "{}", database.engine);
    }
}

#[tokio::test]
async fn f62_stopping_takes_the_lease_away_and_nothing_wakes_it() {
    for database in databases().await {
        let store = testing::store(&database).await;
        let workspace = testing::workspace(&store).await;
        let connection = streams(&workspace, 2, Some("connect")).await;
        let running = lease(&store).await;
        let mut step = workspace.begin().await.unwrap();
        step.stop_streams(&connection).await.unwrap();
        step.wake(&connection, running[0].capability, Way::Push, "click").await.unwrap();
        step.commit().await.unwrap();
        let mut step = workspace.begin().await.unwrap();
        assert!(matches!(step.hold(&running[0]).await, Err(Error::LeaseLost)), "{}", database.engine);
        drop(step);
        assert_eq!((lease(&store).await.len(), workspace.busy_streams().await.unwrap()), (0, 0), "{}", database.engine);
        assert_eq!(store.next_wish_across_workspaces().await.unwrap(), None);
    }
}
