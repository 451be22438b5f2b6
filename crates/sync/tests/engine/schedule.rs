//! When streams run: by change, by day, by the button, and what comes first.

use connector_kit::EffectClass;
use jiff::SignedDuration;
use model::Capability;
use model::settings::Frequency;

use crate::common::{settings, syncing, worlds};

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
async fn what_happens_during_a_long_backfill_does_not_wait_for_its_end() {
    for world in syncing(EffectClass::Upsert, &[Capability::Notes]).await {
        world.run().await;
        for at in 0..1_200 {
            world.note(&format!("Old {at}")).await;
        }
        let pass = || async {
            let stream = world.store.lease_across_workspaces("one", 1).await.unwrap().remove(0);
            sync::worker::run(world.hub.clone(), stream).await.unwrap();
        };
        pass().await;
        assert_eq!(world.tool.objects(Capability::Notes).len(), 500, "{}: a part of the backlog", world.engine);
        world.note("New").await;
        pass().await;
        let all = world.tool.objects(Capability::Notes);
        let at = all.iter().position(|object| object.value["body"] == "New");
        assert_eq!(at, Some(500), "{}: before the rest of the backlog", world.engine);
        world.run().await;
        assert_eq!(world.tool.effects(Capability::Notes).len(), 1_201, "{}: each once", world.engine);
    }
}
