//! The field mapping where the target has a value already: kept, overwritten, or added to.

use std::collections::BTreeMap;

use connector_kit::EffectClass;
use model::settings::{FieldMapping, IfPresent};
use model::{Capability, Record, Settings};

use crate::common::{settings, worlds};

fn mapping(if_present: IfPresent) -> Settings {
    let line = FieldMapping { of: Capability::Activities, source: "summary".into(), target: "outcome".into(), if_present };
    Settings { mapping: vec![line], ..settings(&[Capability::Activities]) }
}

#[tokio::test]
async fn a_value_that_a_person_wrote_at_the_tool_follows_the_option() {
    for (option, after) in [(IfPresent::Overwrite, "Second"), (IfPresent::Keep, "First, says Ann"), (IfPresent::Append, "Second, says Ann")]
    {
        for mut world in worlds(EffectClass::Upsert).await {
            world.save(mapping(option)).await;
            let mut meeting = world.meeting("Renewal", -60, &[]);
            meeting.summary = Some("First".to_owned());
            let id = world.add(Record::Meeting(meeting)).await;
            world.run().await;
            let remote = world.links(&id).await[0].remote_id.clone();
            let now = |name: &str| world.tool.properties(&remote).get(name).cloned();
            assert_eq!(now("outcome").as_deref(), Some("First"), "{} {option:?}", world.engine);
            let by_hand = BTreeMap::from([("outcome".to_owned(), "First, says Ann".to_owned())]);
            world.tool.set_properties(&remote, by_hand);
            world
                .edit(&id, |record| {
                    if let Record::Meeting(meeting) = record {
                        meeting.summary = Some("Second".to_owned());
                    }
                })
                .await;
            world.run().await;
            assert_eq!(now("outcome").as_deref(), Some(after), "{} {option:?}", world.engine);
            let writes = world.tool.effects(Capability::Activities).len();
            world.click().await;
            world.run_cycles(3).await;
            assert_eq!(world.tool.effects(Capability::Activities).len(), writes, "{} {option:?}: it comes to rest", world.engine);
        }
    }
}

#[tokio::test]
async fn a_mapping_of_what_has_no_properties_is_refused_with_the_field() {
    for world in worlds(EffectClass::Upsert).await {
        let mut wrong = mapping(IfPresent::Keep);
        wrong.mapping[0].of = Capability::Notes;
        let version = world.connection.settings_version;
        let saved = sync::options::save(&world.hub, &world.workspace, &sync::Actor::harmony(), &world.connection, wrong, version).await;
        assert!(matches!(saved, Err(sync::Error::Invalid { field: "mapping", .. })), "{}: {saved:?}", world.engine);
    }
}
