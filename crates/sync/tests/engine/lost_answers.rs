//! Writes whose answer never came: by effect class, and with an edit in between.

use connector_kit::EffectClass;
use jiff::SignedDuration;
use model::connection::NextStep;
use model::{Capability, Record, StatusColour, Way};
use store::intents::IntentState;
use store::items::Outcome;

use crate::common::fake::LAG;
use crate::common::tool::Fault;
use crate::common::{World, syncing};

const LATER: SignedDuration = SignedDuration::from_mins(10);

async fn after_a_lost_answer(class: EffectClass) -> Vec<(World, model::RecordId)> {
    let mut all = Vec::new();
    for world in syncing(class, &[Capability::Notes]).await {
        world.run().await;
        world.tool.break_writes([Fault::Hold]);
        let note = world.note("Ship it").await;
        world.run().await;
        assert_eq!(world.tool.objects(Capability::Notes).len(), 1, "{}: the effect happened", world.engine);
        assert!(world.links(&note).await.is_empty(), "and nobody heard of it");
        assert_eq!(world.workspace.open_intents().await.unwrap(), 1);
        all.push((world, note));
    }
    all
}

async fn assert_one_linked_object(world: &World, note: &model::RecordId, body: &str) {
    let objects = world.tool.objects(Capability::Notes);
    assert_eq!(objects.len(), 1, "{}: one object", world.engine);
    assert_eq!(objects[0].value["body"], body, "{}", world.engine);
    let links = world.links(note).await;
    assert_eq!(links.len(), 1, "{}: one link", world.engine);
    assert_eq!(links[0].remote_id, objects[0].id);
    assert_eq!(world.workspace.open_intents().await.unwrap(), 0, "{}", world.engine);
    assert_eq!(world.status().await.colour, StatusColour::Green);
    let effects = world.tool.effects(Capability::Notes);
    world.run_cycles(3).await;
    assert_eq!(world.tool.effects(Capability::Notes), effects, "{}: it stays settled", world.engine);
}

fn rewrite(record: &mut Record) {
    if let Record::Note(note) = record {
        "Ship it on Monday".clone_into(&mut note.body);
    }
}

#[tokio::test]
async fn f03_f04_class_a_is_sent_again_under_the_same_key() {
    for (world, note) in after_a_lost_answer(EffectClass::Upsert).await {
        world.run_after(LATER).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create", "update"], "{}", world.engine);
        assert_one_linked_object(&world, &note, "Ship it").await;
    }
}

#[tokio::test]
async fn f03_f04_class_b_finds_the_object_that_exists_already() {
    for (world, note) in after_a_lost_answer(EffectClass::ChosenId).await {
        world.run_after(LATER).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
        assert_one_linked_object(&world, &note, "Ship it").await;
    }
}

#[tokio::test]
async fn f03_f04_class_c_is_found_by_its_marker_after_the_lag() {
    for (world, note) in after_a_lost_answer(EffectClass::Marker { lag_seconds: 30 }).await {
        world.run_after(SignedDuration::from_secs(20)).await;
        assert_eq!(world.tool.calls(Capability::Notes, "find"), 0, "{}: the index cannot know it yet", world.engine);
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 1, "and nothing is sent blindly");
        world.run_after(LAG).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
        assert_one_linked_object(&world, &note, "Ship it").await;
    }
}

#[tokio::test]
async fn f03_f04_class_d_is_never_sent_again_and_asks_a_person() {
    for (world, note) in after_a_lost_answer(EffectClass::AtMostOnce).await {
        world.run_after(LATER).await;
        world.click().await;
        world.run().await;
        world.edit(&note, rewrite).await;
        world.run_cycles(5).await;
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 1, "{}: sent at most once", world.engine);
        assert_eq!(world.workspace.intents_of(&note, 10).await.unwrap()[0].state, IntentState::Uncertain);
        let status = world.status().await;
        assert_eq!((status.colour, status.next_step), (StatusColour::Yellow, Some(NextStep::ReviewUncertain)), "{}", world.engine);
        assert_eq!(world.item(Capability::Notes, &note).await.unwrap().outcome, Outcome::Uncertain, "it is listed");
    }
}

#[tokio::test]
async fn f03_f58_an_edit_before_the_object_is_found_still_arrives() {
    for class in [EffectClass::Upsert, EffectClass::ChosenId, EffectClass::Marker { lag_seconds: 30 }] {
        for (world, note) in after_a_lost_answer(class).await {
            world.edit(&note, rewrite).await;
            world.run_after(LATER).await;
            assert_eq!(world.tool.effects(Capability::Notes), ["create", "update"], "{} {class:?}", world.engine);
            assert_one_linked_object(&world, &note, "Ship it on Monday").await;
        }
    }
}

#[tokio::test]
async fn f03_a_write_of_class_c_that_never_arrived_is_sent_again_once_that_is_sure() {
    for world in syncing(EffectClass::Marker { lag_seconds: 30 }, &[Capability::Notes]).await {
        world.run().await;
        let lost = connector_kit::Error::new(connector_kit::ErrorKind::Unavailable, "cut off").in_doubt();
        world.tool.break_writes([Fault::Refuse(lost)]);
        let note = world.note("Ship it").await;
        world.run().await;
        assert!(world.tool.objects(Capability::Notes).is_empty());
        world.run_after(LATER).await;
        assert_eq!(world.tool.calls(Capability::Notes, "find"), 1, "{}", world.engine);
        assert_one_linked_object(&world, &note, "Ship it").await;
    }
}

#[tokio::test]
async fn f03_class_d_after_a_wait_ends_idle() {
    for world in syncing(EffectClass::AtMostOnce, &[Capability::Activities]).await {
        let meeting = world.add(Record::Meeting(world.meeting("Kick-off", 10, &[]))).await;
        world.run().await;
        assert_eq!(world.item(Capability::Activities, &meeting).await.unwrap().reason, "upcoming");
        world.tool.break_writes([Fault::Hold]);
        world.run_after(SignedDuration::from_hours(1)).await;
        world.clock.advance(LATER);
        assert_idle_soon(&world).await;
        assert_eq!(world.tool.calls(Capability::Activities, "push"), 1, "{}", world.engine);
        assert_eq!(world.item(Capability::Activities, &meeting).await.unwrap().outcome, Outcome::Uncertain);
    }
}

/// Runs what wants to run now; a stream that wishes itself back for ever is found by the count.
pub async fn assert_idle_soon(world: &World) {
    for _ in 0..10 {
        let leased = world.store.lease_across_workspaces("worker-a", 16).await.unwrap();
        if leased.is_empty() {
            return;
        }
        for stream in leased {
            sync::worker::run(world.hub.clone(), stream).await.unwrap();
        }
    }
    let stream = world.stream(Capability::Activities, Way::Push).await;
    panic!("{}: a stream never comes to rest: {:?} {:?}", world.engine, stream.wake_at, stream.wake_reason);
}
