//! Rules and changed options: where things go, from where they come back, and what is looked at again.

use connector_kit::EffectClass;
use model::settings::{Condition, Destination, Rule, RuleAction};
use model::{ActionItem, Capability, Record, Settings};
use store::items::Outcome;

use crate::common::{settings, worlds};

fn to(id: &str) -> Destination {
    Destination { id: id.to_owned(), name: id.to_uppercase() }
}

fn rule(of: Capability, when: Condition, action: RuleAction) -> Rule {
    Rule { of, when, action }
}

#[tokio::test]
async fn every_place_that_a_rule_sends_to_is_read_with_a_cursor_of_its_own() {
    for mut world in worlds(EffectClass::Upsert).await {
        let mut chosen = settings(&[Capability::Tasks]);
        chosen.syncs.get_mut(&Capability::Tasks).unwrap().destination = Some(to("own"));
        let board = || RuleAction::Send { to: to("board") };
        chosen.rules = vec![
            rule(Capability::Tasks, Condition::TitleContains { text: "board".into() }, board()),
            rule(Capability::Tasks, Condition::HasTag { tag: "board".into() }, board()),
            rule(Capability::Notes, Condition::Always, RuleAction::Send { to: to("elsewhere") }),
        ];
        world.save(chosen).await;
        let item = ActionItem { text: "Send the offer".into(), ..ActionItem::default() };
        world.add(Record::ActionItem(item)).await;
        world.run().await;
        assert_eq!(world.tool.asked_at(Capability::Tasks), ["own", "board"], "{}", world.engine);
        let place = world.stream(Capability::Tasks, model::Way::Pull).await.place.unwrap();
        let places: serde_json::Value = serde_json::from_str(&place).unwrap();
        assert!(places["own"]["cursor"].is_string() && places["board"]["cursor"].is_string(), "{}: {place}", world.engine);
    }
}

#[tokio::test]
async fn what_a_rule_left_out_is_written_once_the_rule_is_gone() {
    for mut world in worlds(EffectClass::Upsert).await {
        let open = settings(&[Capability::Notes]);
        let rules = vec![rule(Capability::Notes, Condition::Always, RuleAction::Skip)];
        world.save(Settings { rules, ..open.clone() }).await;
        let note = world.note("Ship it").await;
        world.run().await;
        assert_eq!(world.item(Capability::Notes, &note).await.unwrap().outcome, Outcome::Skipped, "{}", world.engine);
        world.save(open).await;
        world.run().await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
    }
}

#[tokio::test]
async fn a_longer_past_is_read_from_its_beginning() {
    for mut world in worlds(EffectClass::Upsert).await {
        let short = Settings { backfill_days: 30, ..settings(&[Capability::Contacts]) };
        world.save(short.clone()).await;
        world.run().await;
        assert!(world.stream(Capability::Contacts, model::Way::Pull).await.place.is_some(), "{}", world.engine);
        world.save(Settings { backfill_days: 20, ..short.clone() }).await;
        assert!(world.stream(Capability::Contacts, model::Way::Pull).await.place.is_some(), "{}: a shorter one is not", world.engine);
        world.save(Settings { backfill_days: 365, ..short }).await;
        assert_eq!(world.stream(Capability::Contacts, model::Way::Pull).await.place, None, "{}", world.engine);
    }
}
