//! Previews: nothing is written, what is shown is what is applied, and a stale one is refused.

use connector_kit::EffectClass;
use model::settings::Frequency;
use model::{Capability, Record, Settings, StatusColour};
use serde_json::json;
use sync::preview::{Preview, apply, preview};
use sync::{Actor, Error};

use crate::common::tool::Fault;
use crate::common::{World, refusal, settings, worlds};

async fn manual(world: &mut World, capabilities: &[Capability]) {
    world.save(Settings { frequency: Frequency::Manual, ..settings(capabilities) }).await;
    world.run().await;
}

async fn look(world: &World) -> Preview {
    preview(&world.hub, &world.workspace, &world.connection).await.unwrap()
}

async fn carry_out(world: &World, plan: &str) -> Result<(), Error> {
    apply(&world.hub, &world.workspace, &Actor::harmony(), &world.connection, plan).await
}

fn actions(plan: &Preview) -> Vec<&'static str> {
    plan.lines.iter().map(|line| line.action).collect()
}

#[tokio::test]
async fn a_preview_writes_nothing_and_applying_it_writes_exactly_that() {
    for mut world in worlds(EffectClass::Upsert).await {
        manual(&mut world, &[Capability::Notes, Capability::Contacts]).await;
        world.note("One").await;
        world.note("Two").await;
        world.tool.make(Capability::Contacts, "1", json!({ "email": "ann@client.example" }));
        let before = world.workspace.last_seq().await.unwrap();
        let plan = look(&world).await;
        assert_eq!(actions(&plan), ["create", "create"], "{}", world.engine);
        assert_eq!(plan.incoming.len(), 1, "{}: {:?}", world.engine, plan.incoming);
        assert_eq!(plan.incoming[0].action, "create");
        assert!(plan.calls > 0 && plan.allowances[0].left == Some(90), "{}: what it costs, and what is left", world.engine);
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 0, "{}", world.engine);
        assert_eq!(world.workspace.last_seq().await.unwrap(), before, "{}: nothing came in", world.engine);
        carry_out(&world, &plan.plan).await.unwrap();
        world.run().await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create", "create"], "{}", world.engine);
        assert_eq!(world.workspace.last_seq().await.unwrap(), before, "{}: and nothing else was done", world.engine);
        assert!(look(&world).await.lines.is_empty(), "{}: it is in step", world.engine);
        world.click().await;
        world.run().await;
        assert_eq!(world.tool.effects(Capability::Notes).len(), 2, "{}: the next sync repeats nothing", world.engine);
    }
}

#[tokio::test]
async fn a_preview_is_what_applying_it_does_and_a_stale_one_is_refused() {
    for mut world in worlds(EffectClass::Upsert).await {
        manual(&mut world, &[Capability::Notes]).await;
        let first = world.note("Ship it").await;
        let old = look(&world).await;
        assert_eq!((old.lines.len(), old.calls, old.lines[0].action), (1, 1, "create"), "{}", world.engine);
        world
            .edit(&first, |record| {
                if let Record::Note(note) = record {
                    note.body.push('!');
                }
            })
            .await;
        let refused = carry_out(&world, &old.plan).await;
        assert!(matches!(refused, Err(Error::StalePreview)), "{}", world.engine);
        assert_eq!(world.run().await, 0);
        let new = look(&world).await;
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 0, "{}: a look writes nothing", world.engine);
        carry_out(&world, &new.plan).await.unwrap();
        world.run().await;
        let objects = world.tool.objects(Capability::Notes);
        assert_eq!((objects.len(), &objects[0].value["body"]), (1, &new.lines[0].fields[0].to), "{}", world.engine);
        assert_eq!(world.tool.calls(Capability::Notes, "push"), new.calls, "{}", world.engine);
        let after = look(&world).await;
        assert!(after.lines.is_empty(), "{}", world.engine);
    }
}

#[tokio::test]
async fn a_change_between_the_click_and_the_run_refuses_all_of_the_plan() {
    for mut world in worlds(EffectClass::Upsert).await {
        manual(&mut world, &[Capability::Notes]).await;
        let note = world.note("One").await;
        world.note("Other").await;
        carry_out(&world, &look(&world).await.plan).await.unwrap();
        world
            .edit(&note, |record| {
                if let Record::Note(note) = record {
                    note.body = "Two".to_owned();
                }
            })
            .await;
        world.run().await;
        assert!(world.tool.effects(Capability::Notes).is_empty(), "{}: neither of the two", world.engine);
        let runs = world.workspace.runs(&world.connection.id, None, 10).await.unwrap();
        assert!(runs.iter().any(|run| run.error_code.as_deref() == Some("stale_preview")), "{}: the log says so", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Green, "{}: it is no fault of the connection", world.engine);
        carry_out(&world, &look(&world).await.plan).await.unwrap();
        world.run().await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create", "create"], "{}", world.engine);
    }
}

#[tokio::test]
async fn f03_an_approved_write_whose_answer_was_lost_happens_once() {
    for mut world in worlds(EffectClass::Marker { lag_seconds: 30 }).await {
        manual(&mut world, &[Capability::Notes]).await;
        world.note("One").await;
        world.note("Two").await;
        world.tool.break_writes([Fault::Hold, Fault::Refuse(refusal(connector_kit::ErrorKind::Unavailable))]);
        carry_out(&world, &look(&world).await.plan).await.unwrap();
        world.run_cycles(3).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create", "create"], "{}", world.engine);
        assert_eq!(world.workspace.open_intents().await.unwrap(), 0, "{}", world.engine);
    }
}
