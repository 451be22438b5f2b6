//! Pulls: pages that come twice, cursors that expire or circle, and steps that fail in the middle.

use connector_kit::{Cursor, EffectClass, Entry, ErrorKind, Page, Remote};
use model::{Capability, Kind, Record, StatusColour, Way};
use serde_json::{Value, json};

use crate::common::{World, refusal, syncing};

fn contact(name: &str) -> Value {
    json!({ "email": format!("{}@client.example", name.to_lowercase()), "first_name": name })
}

fn present(id: &str, item: Value) -> Entry<Value> {
    Entry::Present(Remote { id: id.to_owned(), version: None, modified: None, url: None, item })
}

fn page(entries: Vec<Entry<Value>>, cursor: &str, more: bool) -> Page<Value> {
    Page { entries, cursor: Cursor(cursor.to_owned()), more }
}

async fn contacts(world: &World) -> i64 {
    world.workspace.count(Kind::Contact).await.unwrap()
}

#[tokio::test]
async fn f05_a_page_that_fails_leaves_cursor_and_records_and_is_read_again_without_doubles() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
        world.tool.prepare([Ok(page(vec![present("1", contact("Ann"))], "a", true)), Err(refusal(ErrorKind::Unavailable))]);
        world.run().await;
        assert_eq!(contacts(&world).await, 1, "{}: the first page is kept", world.engine);
        let stream = world.stream(Capability::Contacts, Way::Pull).await;
        assert_eq!((stream.place.as_deref(), stream.failures), (Some(r#"{"":{"cursor":"a"}}"#), 1), "{}", world.engine);
        world.tool.prepare([Ok(page(vec![present("1", contact("Ann")), present("2", contact("Bob"))], "b", false))]);
        world.run_cycles(1).await;
        assert_eq!(contacts(&world).await, 2, "{}", world.engine);
        assert_eq!(world.stream(Capability::Contacts, Way::Pull).await.place.as_deref(), Some(r#"{"":{"cursor":"b"}}"#));
    }
}

#[tokio::test]
async fn f10_f05_a_step_without_its_lease_moves_neither_records_nor_cursor() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
        world.run().await;
        let before = world.stream(Capability::Contacts, Way::Pull).await;
        world.tool.make(Capability::Contacts, "1", contact("Ann"));
        world.click().await;
        let mut leased = world.store.lease_across_workspaces("worker-a", 16).await.unwrap();
        leased.retain(|stream| stream.way == Way::Pull);
        world.clock.advance(store::streams::LEASE * 2);
        let taken = world.store.lease_across_workspaces("worker-b", 16).await.unwrap();
        assert!(taken.iter().any(|stream| stream.id == leased[0].id), "{}: another worker took it over", world.engine);
        sync::worker::run(world.hub.clone(), leased.remove(0)).await.unwrap();
        assert_eq!(contacts(&world).await, 0, "{}: the late worker wrote nothing", world.engine);
        let after = world.stream(Capability::Contacts, Way::Pull).await;
        assert_eq!((after.place, after.failures), (before.place, 0), "{}", world.engine);
        for stream in taken {
            sync::worker::run(world.hub.clone(), stream).await.unwrap();
        }
        assert_eq!(contacts(&world).await, 1, "{}: the other one did", world.engine);
    }
}

#[tokio::test]
async fn f10_a_push_without_its_lease_sends_nothing() {
    for world in syncing(EffectClass::AtMostOnce, &[Capability::Notes]).await {
        world.run().await;
        world.note("Ship it").await;
        let late = world.store.lease_across_workspaces("worker-a", 16).await.unwrap().remove(0);
        world.clock.advance(store::streams::LEASE * 2);
        let taken = world.store.lease_across_workspaces("worker-b", 16).await.unwrap().remove(0);
        let mut step = world.workspace.begin().await.unwrap();
        assert!(matches!(step.hold(&late).await, Err(store::Error::LeaseLost)), "{}", world.engine);
        drop(step);
        sync::worker::run(world.hub.clone(), late).await.unwrap();
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 0, "{}", world.engine);
        sync::worker::run(world.hub.clone(), taken).await.unwrap();
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
    }
}

#[tokio::test]
async fn f38_objects_that_come_twice_become_one_record_with_the_last_values() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
        world.tool.prepare([
            Ok(page(vec![present("1", contact("Ann")), present("2", contact("Bob")), present("1", contact("Anna"))], "a", true)),
            Ok(page(vec![present("2", contact("Bobby"))], "b", true)),
            Ok(page(vec![], "c", true)),
            Ok(page(vec![present("2", contact("Bobby"))], "d", false)),
        ]);
        world.run().await;
        assert_eq!(contacts(&world).await, 2, "{}", world.engine);
        let found = world.workspace.find("contact:email:anna@client.example").await.unwrap();
        let Record::Contact(anna) = world.record(&found[0]).await else { panic!("a contact") };
        assert_eq!(anna.first_name.as_deref(), Some("Anna"), "{}", world.engine);
    }
}

#[tokio::test]
async fn f38_cursors_that_repeat_or_circle_end_with_an_error() {
    for circle in [vec!["a"], vec!["a", "b"], vec!["a", "b", "c"]] {
        for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
            world.tool.prepare((0..200).map(|at| Ok(page(vec![], circle[at % circle.len()], true))));
            world.run().await;
            let calls = world.tool.calls(Capability::Contacts, "pull");
            assert!(calls < 20, "{}: {calls} calls around {circle:?}", world.engine);
            assert!(world.facts().await.contains(&"delayed:contacts:pull".to_owned()), "{}", world.engine);
        }
    }
}

#[tokio::test]
async fn f39_an_expired_cursor_means_reading_everything_without_doubles() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
        world.tool.make(Capability::Contacts, "1", contact("Ann"));
        world.tool.make(Capability::Contacts, "2", contact("Bob"));
        world.run().await;
        world.tool.make(Capability::Contacts, "3", contact("Cid"));
        world.tool.prepare([Err(refusal(ErrorKind::CursorExpired))]);
        world.run_cycles(1).await;
        assert_eq!(contacts(&world).await, 3, "{}", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Green);
        assert!(world.tool.effects(Capability::Contacts).is_empty(), "{}: nothing is written back", world.engine);
        world.tool.prepare([Err(refusal(ErrorKind::CursorExpired)), Err(refusal(ErrorKind::CursorExpired))]);
        world.run_cycles(1).await;
        assert_eq!(world.stream(Capability::Contacts, Way::Pull).await.failures, 1, "{}: twice in a row is a failure", world.engine);
    }
}

#[tokio::test]
async fn f45_more_deletions_at_once_than_the_brake_lets_through_are_held_back() {
    for (deleted, linked, held) in [(51, 60, true), (50, 60, false), (60, 1_200, false), (61, 1_200, true)] {
        for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
            let all = (0..linked).map(|at| present(&at.to_string(), contact(&format!("P{at}")))).collect();
            world.tool.prepare([Ok(page(all, "1", false))]);
            world.run().await;
            let gone = (0..deleted).map(|at| Entry::Gone { id: at.to_string() }).collect();
            world.tool.prepare([Ok(page(gone, "2", false))]);
            world.run_cycles(1).await;
            let left: i64 = world.workspace.link_counts(&world.connection.id).await.unwrap().iter().map(|(_, count)| count).sum();
            assert_eq!(left, if held { linked } else { linked - deleted }, "{}: {deleted} of {linked}", world.engine);
            let status = world.status().await;
            let step = held.then_some(model::connection::NextStep::ReviewHeldBack);
            assert_eq!(status.next_step, step, "{}: {deleted} of {linked}: {}", world.engine, status.evidence);
            assert_eq!(contacts(&world).await, linked, "{}: records stay in any case", world.engine);
        }
    }
}

#[tokio::test]
async fn f39_what_a_full_reading_does_not_show_is_asked_for_and_only_then_gone() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
        for (id, name) in [("1", "Ann"), ("2", "Bob"), ("3", "Cid")] {
            world.tool.make(Capability::Contacts, id, contact(name));
        }
        world.run().await;
        world.clock.advance(jiff::SignedDuration::from_mins(6));
        world.tool.remove(Capability::Contacts, "2");
        // The tool lost the cursor, and its full reading shows one of three: one is deleted, one is there and not shown.
        world.tool.prepare([Err(refusal(ErrorKind::CursorExpired)), Ok(page(vec![present("1", contact("Ann"))], "9", false))]);
        world.click().await;
        world.run().await;
        let gone = |id: &str| {
            let (workspace, id) = (world.workspace.clone(), id.to_owned());
            let connection = world.connection.id.clone();
            async move {
                let mut step = workspace.begin().await.unwrap();
                let links = step.links_by_remote(&connection, Capability::Contacts, &[id.as_str()]).await.unwrap();
                links[0].gone
            }
        };
        assert!(!gone("1").await && gone("2").await && !gone("3").await, "{}", world.engine);
        assert_eq!(world.tool.calls(Capability::Contacts, "is_gone"), 2, "{}: what was shown is not asked for", world.engine);
        assert_eq!(contacts(&world).await, 3, "{}: the records stay", world.engine);
        world.run_cycles(2).await;
        assert_eq!(world.tool.calls(Capability::Contacts, "is_gone"), 2, "{}: and it ends", world.engine);
    }
}

#[tokio::test]
async fn f39_a_sweep_that_was_cut_off_goes_on_at_the_next_pass() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
        let linked = 120;
        let all = (0..linked).map(|at| present(&at.to_string(), contact(&format!("P{at}")))).collect();
        for at in 0..linked {
            world.tool.make(Capability::Contacts, &at.to_string(), contact(&format!("P{at}")));
        }
        world.tool.prepare([Ok(page(all, "1", false))]);
        world.run().await;
        world.clock.advance(jiff::SignedDuration::from_mins(6));
        for at in 0..40 {
            world.tool.remove(Capability::Contacts, &at.to_string());
        }
        world.tool.prepare([
            Err(refusal(ErrorKind::CursorExpired)),
            Ok(page(vec![present("119", contact("P119"))], "2", true)),
            Err(refusal(ErrorKind::Unavailable)),
            Ok(page(vec![present("118", contact("P118"))], "3", false)),
        ]);
        world.click().await;
        world.run_cycles(2).await;
        let counts = world.workspace.link_counts(&world.connection.id).await.unwrap();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<i64>(), i64::from(linked) - 40, "{}", world.engine);
        assert_eq!(world.tool.calls(Capability::Contacts, "is_gone"), 118, "{}: each once, less the two that were shown", world.engine);
    }
}
