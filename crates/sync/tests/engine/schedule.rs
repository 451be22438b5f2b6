//! When streams run: by change, by day, by the button; and the preview of what a run would do.

use connector_kit::EffectClass;
use jiff::SignedDuration;
use model::settings::Frequency;
use model::{Capability, Record};
use sync::{Actor, Error, preview};

use crate::common::{settings, worlds};

#[tokio::test]
async fn changes_wake_no_daily_and_no_manual_stream_but_the_button_does() {
    for frequency in [Frequency::Manual, Frequency::Daily { at: jiff::civil::time(9, 0, 0, 0) }] {
        for mut world in worlds(EffectClass::Upsert).await {
            world.save(model::Settings { frequency, ..settings(&[Capability::Notes]) }).await;
            world.note("Ship it").await;
            assert_eq!(world.run().await, 0, "{}: {frequency:?}", world.engine);
            world.click().await;
            world.run().await;
            assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}: {frequency:?}", world.engine);
            world.note("More").await;
            let passes = world.run_after(SignedDuration::from_hours(24)).await;
            let daily = frequency != Frequency::Manual;
            assert_eq!(passes, u64::from(daily), "{}: {frequency:?}", world.engine);
            assert_eq!(world.tool.effects(Capability::Notes).len(), 1 + usize::from(daily), "{}", world.engine);
        }
    }
}

#[tokio::test]
async fn a_preview_is_what_applying_it_does_and_a_stale_one_is_refused() {
    for mut world in worlds(EffectClass::Upsert).await {
        world.save(model::Settings { frequency: Frequency::Manual, ..settings(&[Capability::Notes]) }).await;
        let first = world.note("Ship it").await;
        let old = preview::preview(&world.hub, &world.workspace, &world.connection).await.unwrap();
        assert_eq!((old.lines.len(), old.calls, old.lines[0].action), (1, 1, "create"), "{}", world.engine);
        world
            .edit(&first, |record| {
                if let Record::Note(note) = record {
                    note.body.push('!');
                }
            })
            .await;
        let refused = preview::apply(&world.hub, &world.workspace, &Actor::harmony(), &world.connection, &old.plan).await;
        assert!(matches!(refused, Err(Error::StalePreview)), "{}", world.engine);
        assert_eq!(world.run().await, 0);
        let new = preview::preview(&world.hub, &world.workspace, &world.connection).await.unwrap();
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 0, "{}: a look writes nothing", world.engine);
        preview::apply(&world.hub, &world.workspace, &Actor::harmony(), &world.connection, &new.plan).await.unwrap();
        world.run().await;
        let objects = world.tool.objects(Capability::Notes);
        assert_eq!((objects.len(), &objects[0].value["body"]), (1, &new.lines[0].fields[0].to), "{}", world.engine);
        assert_eq!(world.tool.calls(Capability::Notes, "push"), new.calls, "{}", world.engine);
        let after = preview::preview(&world.hub, &world.workspace, &world.connection).await.unwrap();
        assert!(after.lines.is_empty(), "{}", world.engine);
    }
}
