//! Records that are deleted here: unlinked at the tool, or deleted there too; and what comes back.

use connector_kit::{EffectClass, ErrorKind};
use model::settings::{Deletion, UnknownPeople};
use model::{Capability, Contact, Record, RecordId, Settings};
use serde_json::json;
use store::items::Outcome;

use crate::common::tool::Fault;
use crate::common::{World, refusal, settings, worlds};

fn chosen(capability: Capability, deletion: Deletion) -> Settings {
    Settings { deletion, unknown_people: UnknownPeople::Create, ..settings(&[capability]) }
}

/// A note that is at the tool.
async fn written(world: &mut World, deletion: Deletion) -> RecordId {
    world.save(chosen(Capability::Notes, deletion)).await;
    let note = world.note("Ship it").await;
    world.run().await;
    assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
    note
}

#[tokio::test]
async fn a_deletion_here_leaves_the_tools_object_alone_unless_the_option_says_otherwise() {
    for mut world in worlds(EffectClass::Upsert).await {
        let note = written(&mut world, Deletion::Unlink).await;
        world.delete(&note).await;
        world.run_cycles(2).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}: nothing is deleted", world.engine);
        assert!(world.links(&note).await[0].gone, "{}: it is no longer linked", world.engine);
        let item = world.item(Capability::Notes, &note).await.unwrap();
        assert_eq!((item.outcome, item.reason.as_str()), (Outcome::Deleted, "deleted_here"), "{}: {}", world.engine, item.detail);
    }
}

#[tokio::test]
async fn a_deletion_here_reaches_the_tool_once_where_the_option_says_so() {
    for mut world in worlds(EffectClass::Upsert).await {
        let note = written(&mut world, Deletion::Propagate).await;
        world.delete(&note).await;
        world.run_cycles(3).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create", "delete"], "{}", world.engine);
        assert_eq!(world.workspace.open_intents().await.unwrap(), 0, "{}", world.engine);
        assert!(world.links(&note).await[0].gone, "{}", world.engine);
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 2, "{}: one call to create, one to delete", world.engine);
    }
}

#[tokio::test]
async fn f03_a_deletion_whose_answer_was_lost_is_repeated_in_every_class() {
    for class in [EffectClass::Upsert, EffectClass::ChosenId, EffectClass::Marker { lag_seconds: 30 }, EffectClass::AtMostOnce] {
        for mut world in worlds(class).await {
            let note = written(&mut world, Deletion::Propagate).await;
            world.tool.break_writes([Fault::Hold]);
            world.delete(&note).await;
            world.run_cycles(2).await;
            assert_eq!(world.tool.effects(Capability::Notes), ["create", "delete"], "{} {class:?}", world.engine);
            assert!(world.links(&note).await[0].gone, "{} {class:?}: the second attempt settles it", world.engine);
            assert_eq!(world.workspace.open_intents().await.unwrap(), 0, "{} {class:?}", world.engine);
        }
    }
}

#[tokio::test]
async fn a_deletion_that_the_tool_refuses_is_listed_and_tried_again() {
    for mut world in worlds(EffectClass::Upsert).await {
        let note = written(&mut world, Deletion::Propagate).await;
        world.tool.break_writes([Fault::Refuse(refusal(ErrorKind::Invalid))]);
        world.delete(&note).await;
        world.run().await;
        assert_eq!(world.item(Capability::Notes, &note).await.unwrap().outcome, Outcome::Failed, "{}", world.engine);
        world.run_cycles(2).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create", "delete"], "{}", world.engine);
    }
}

#[tokio::test]
async fn what_was_never_written_and_is_deleted_leaves_the_list_of_failures() {
    for mut world in worlds(EffectClass::Upsert).await {
        world.save(chosen(Capability::Notes, Deletion::Propagate)).await;
        world.tool.refuse_for_ever("poison");
        let bad = world.note("poison").await;
        for _ in 0..10 {
            world.run_after(jiff::SignedDuration::from_hours(1)).await;
        }
        assert_eq!(world.item(Capability::Notes, &bad).await.unwrap().outcome, Outcome::Failed, "{}", world.engine);
        world.delete(&bad).await;
        world.run().await;
        assert_eq!(world.item(Capability::Notes, &bad).await.unwrap().outcome, Outcome::Deleted, "{}", world.engine);
        assert!(world.tool.effects(Capability::Notes).is_empty(), "{}", world.engine);
    }
}

#[tokio::test]
async fn f60_a_contact_deleted_here_comes_back_only_by_an_edit_that_the_deletion_did_not_reach() {
    for deletion in [Deletion::Unlink, Deletion::Propagate] {
        for edited in [false, true] {
            for mut world in worlds(EffectClass::Upsert).await {
                world.save(chosen(Capability::Contacts, deletion)).await;
                world.tool.make(Capability::Contacts, "1", json!({ "email": "ann@client.example", "first_name": "Ann" }));
                world.run_cycles(1).await;
                let id = world.workspace.find(&sync::matching::contact_key("ann@client.example")).await.unwrap().remove(0);
                world.tool.break_writes((0..3).map(|_| Fault::Refuse(refusal(ErrorKind::Unavailable))));
                world.delete(&id).await;
                if edited {
                    world.tool.edit(Capability::Contacts, "1", |value| value["job_title"] = json!("Buyer"));
                }
                world.run_cycles(20).await;
                let kept = !world.workspace.record(&id).await.unwrap().unwrap().deleted;
                let wins = edited && deletion == Deletion::Propagate;
                assert_eq!(kept, wins, "{}: {deletion:?}, edited {edited}", world.engine);
                assert_eq!(world.tool.objects(Capability::Contacts).len(), usize::from(wins || deletion == Deletion::Unlink));
                if wins {
                    let Record::Contact(Contact { job_title, .. }) = world.record(&id).await else { panic!("a contact") };
                    assert_eq!(job_title.as_deref(), Some("Buyer"), "{}: the edit won", world.engine);
                }
            }
        }
    }
}
