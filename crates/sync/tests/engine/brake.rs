//! Unusually many losses at once: held back, and let go on by a person, once.

use connector_kit::EffectClass;
use model::connection::NextStep;
use model::settings::{Deletion, UnknownPeople};
use model::{Capability, RecordId, Settings, StatusColour};
use serde_json::json;
use sync::{Actor, brake};

use crate::common::{World, settings, worlds};

async fn release(world: &World) -> usize {
    brake::release(&world.workspace, &Actor::harmony(), &world.connection).await.unwrap()
}

/// So many notes at the tool, in a connection that deletes there too.
async fn notes(world: &mut World, count: usize) -> Vec<RecordId> {
    world.save(Settings { deletion: Deletion::Propagate, ..settings(&[Capability::Notes]) }).await;
    let mut all = Vec::new();
    for at in 0..count {
        all.push(world.note(&format!("Note {at}")).await);
    }
    world.run().await;
    all
}

fn deleted(world: &World) -> usize {
    world.tool.effects(Capability::Notes).iter().filter(|what| **what == "delete").count()
}

#[tokio::test]
async fn r7_many_deletions_here_are_held_back_before_the_first_and_go_on_after_a_look() {
    for mut world in worlds(EffectClass::Upsert).await {
        let all = notes(&mut world, 60).await;
        for id in all.iter().take(51) {
            world.delete(id).await;
        }
        world.run_cycles(2).await;
        assert_eq!(deleted(&world), 0, "{}: not even the first", world.engine);
        let status = world.status().await;
        assert_eq!((status.colour, status.next_step), (StatusColour::Yellow, Some(NextStep::ReviewHeldBack)), "{}", world.engine);
        assert!(status.evidence.contains("51 deletions"), "{}: {}", world.engine, status.evidence);
        assert_eq!(release(&world).await, 1, "{}", world.engine);
        world.run().await;
        assert_eq!(deleted(&world), 51, "{}", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Green, "{}", world.engine);
        assert!(world.facts().await.is_empty(), "{}: the release is spent", world.engine);
        assert_eq!(release(&world).await, 0, "{}: nothing is held any more", world.engine);
    }
}

#[tokio::test]
async fn r7_fifty_deletions_here_need_no_look() {
    for mut world in worlds(EffectClass::Upsert).await {
        let all = notes(&mut world, 60).await;
        for id in all.iter().take(50) {
            world.delete(id).await;
        }
        world.run().await;
        assert_eq!(deleted(&world), 50, "{}", world.engine);
    }
}

#[tokio::test]
async fn r7_a_tool_that_empties_values_of_many_records_is_held_back() {
    for mut world in worlds(EffectClass::Upsert).await {
        world.save(Settings { unknown_people: UnknownPeople::Create, ..settings(&[Capability::Contacts]) }).await;
        for at in 0..60 {
            let value = json!({ "email": format!("p{at}@client.example"), "first_name": "Ann", "job_title": "Buyer" });
            world.tool.make(Capability::Contacts, &at.to_string(), value);
        }
        world.run_cycles(1).await;
        for at in 0..51 {
            world.tool.edit(Capability::Contacts, &at.to_string(), |value| value["job_title"] = json!(null));
        }
        world.run_cycles(1).await;
        let titled = |world: &World| {
            let workspace = world.workspace.clone();
            async move {
                let listing = store::records::Listing::all(model::Kind::Contact, 200);
                let all = workspace.list(&listing).await.unwrap();
                all.into_iter().filter(|stored| !stored.record.fields().get("job_title").is_null()).count()
            }
        };
        assert_eq!(titled(&world).await, 60, "{}: nothing is lost before a look", world.engine);
        assert_eq!(world.status().await.next_step, Some(NextStep::ReviewHeldBack), "{}", world.engine);
        release(&world).await;
        world.run().await;
        assert_eq!(titled(&world).await, 9, "{}", world.engine);
    }
}
