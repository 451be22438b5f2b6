//! Class d: a write of unknown outcome waits for a person's word, and does what it says.

use connector_kit::EffectClass;
use model::settings::Frequency;
use model::{Capability, Record, RecordId, Settings, StatusColour};
use store::items::Outcome;
use sync::uncertain::{Finding, settle};
use sync::{Actor, Error};

use crate::common::tool::Fault;
use crate::common::{World, settings, worlds};

/// A note whose write arrived, and whose answer was lost.
async fn uncertain(world: &mut World) -> RecordId {
    world.save(Settings { frequency: Frequency::RealTime, ..settings(&[Capability::Notes]) }).await;
    world.run().await;
    world.tool.break_writes([Fault::Hold]);
    let note = world.note("Ship it").await;
    world.run_cycles(2).await;
    assert_eq!(world.item(Capability::Notes, &note).await.unwrap().outcome, Outcome::Uncertain, "{}", world.engine);
    note
}

async fn say(world: &World, note: &RecordId, finding: Finding) -> Result<(), Error> {
    settle(&world.workspace, &Actor::harmony(), &world.connection, Capability::Notes, note, &finding).await
}

async fn rewrite(world: &World, note: &RecordId) {
    world
        .edit(note, |record| {
            if let Record::Note(note) = record {
                note.body = "Ship it today".to_owned();
            }
        })
        .await;
    world.run_cycles(2).await;
}

#[tokio::test]
async fn f03_what_is_not_there_is_sent_again_on_a_persons_word_alone() {
    for mut world in worlds(EffectClass::AtMostOnce).await {
        let note = uncertain(&mut world).await;
        world.click().await;
        world.run_cycles(3).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}: never on its own", world.engine);
        say(&world, &note, Finding::Missing).await.unwrap();
        world.run_cycles(2).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create", "create"], "{}", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Green, "{}", world.engine);
        assert!(matches!(say(&world, &note, Finding::Missing).await, Err(Error::Invalid { .. })), "{}: once", world.engine);
    }
}

#[tokio::test]
async fn f03_what_is_there_is_followed_where_its_id_is_known() {
    for mut world in worlds(EffectClass::AtMostOnce).await {
        let note = uncertain(&mut world).await;
        let id = world.tool.objects(Capability::Notes)[0].id.clone();
        say(&world, &note, Finding::Arrived { remote_id: Some(id) }).await.unwrap();
        rewrite(&world, &note).await;
        let all = world.tool.objects(Capability::Notes);
        assert_eq!(all.len(), 1, "{}: no second one", world.engine);
        assert_eq!(all[0].value["body"], "Ship it today", "{}", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Green, "{}", world.engine);
    }
}

#[tokio::test]
async fn f03_what_is_there_somewhere_is_left_alone_for_ever() {
    for mut world in worlds(EffectClass::AtMostOnce).await {
        let note = uncertain(&mut world).await;
        say(&world, &note, Finding::Arrived { remote_id: None }).await.unwrap();
        rewrite(&world, &note).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
        assert_eq!(world.item(Capability::Notes, &note).await.unwrap().reason, "confirmed", "{}", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Green, "{}", world.engine);
    }
}
