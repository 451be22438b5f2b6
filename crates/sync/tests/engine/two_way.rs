//! Both ways: merges, clashes, echoes, tools with a form of their own, and tasks that come back changed or not at all.

use connector_kit::EffectClass;
use jiff::SignedDuration;
use model::fields::Owner;
use model::settings::UnknownPeople;
use model::{ActionItem, Capability, Contact, Progress, Record, RecordId, Settings, Way};
use serde_json::json;
use store::items::Outcome;
use store::streams::Stream;

use crate::common::{World, settings, worlds};

fn creating(capability: Capability) -> Settings {
    Settings { unknown_people: UnknownPeople::Create, ..settings(&[capability]) }
}

/// A contact that both sides have and agree on.
async fn agreed(world: &mut World, chosen: Settings) -> RecordId {
    world.save(chosen).await;
    let ann = Contact { email: Some("ann@client.example".into()), first_name: Some("Ann".into()), ..Contact::default() };
    let id = world.add(Record::Contact(ann)).await;
    world.run().await;
    world.run_cycles(1).await;
    assert_eq!(world.tool.effects(Capability::Contacts), ["create"], "{}", world.engine);
    id
}

async fn contact(world: &World, id: &RecordId) -> Contact {
    let Record::Contact(contact) = world.record(id).await else { panic!("a contact") };
    contact
}

async fn set_title(world: &World, id: &RecordId, title: &str) {
    let title = title.to_owned();
    world
        .edit(id, |record| {
            if let Record::Contact(contact) = record {
                contact.job_title = Some(title);
            }
        })
        .await;
}

fn at_tool(world: &World) -> serde_json::Value {
    world.tool.objects(Capability::Contacts)[0].value.clone()
}

#[tokio::test]
async fn f58_edits_of_different_fields_are_both_kept_on_both_sides() {
    for mut world in worlds(EffectClass::Upsert).await {
        let id = agreed(&mut world, creating(Capability::Contacts)).await;
        let remote = world.tool.objects(Capability::Contacts)[0].id.clone();
        world.tool.edit(Capability::Contacts, &remote, |value| value["phone"] = json!("+1 555 0100"));
        world.clock.advance(SignedDuration::from_mins(6));
        pull_first(&world).await;
        set_title(&world, &id, "Buyer").await;
        world.run_cycles(2).await;
        both_have(&world, &id, Some("+1 555 0100"), Some("Buyer")).await;
        assert_eq!(at_tool(&world)["first_name"], "Ann");
    }
}

/// The poll comes before the edit of ours.
async fn pull_first(world: &World) {
    world.run().await;
}

#[tokio::test]
async fn f58_edits_of_different_fields_between_two_syncs_are_both_kept() {
    for mut world in worlds(EffectClass::Upsert).await {
        let id = agreed(&mut world, creating(Capability::Contacts)).await;
        let remote = world.tool.objects(Capability::Contacts)[0].id.clone();
        world.tool.edit(Capability::Contacts, &remote, |value| value["phone"] = json!("+1 555 0100"));
        set_title(&world, &id, "Buyer").await;
        world.click().await;
        world.run().await;
        world.run_cycles(2).await;
        both_have(&world, &id, Some("+1 555 0100"), Some("Buyer")).await;
    }
}

/// The contacts' streams, pull and push, both leased.
async fn lease_both(world: &World) -> (Stream, Stream) {
    world.clock.advance(SignedDuration::from_mins(6));
    let leased = world.store.lease_across_workspaces("worker-a", 16).await.unwrap();
    let of = |way| leased.iter().find(|stream| stream.way == way).cloned().expect("both want to run");
    (of(Way::Pull), of(Way::Push))
}

#[tokio::test]
async fn f58_a_page_that_our_write_overtook_takes_nothing_back() {
    for mut world in worlds(EffectClass::Upsert).await {
        let id = agreed(&mut world, creating(Capability::Contacts)).await;
        let remote = world.tool.objects(Capability::Contacts)[0].id.clone();
        world.tool.edit(Capability::Contacts, &remote, |value| value["phone"] = json!("+1 555 0100"));
        set_title(&world, &id, "Buyer").await;
        let (pull, push) = lease_both(&world).await;
        let (ready, go) = world.tool.hold_answer(Capability::Contacts, Way::Pull);
        let meanwhile = async {
            ready.await.unwrap();
            world.clock.advance(SignedDuration::from_secs(1));
            sync::worker::run(world.hub.clone(), push).await.unwrap();
            assert_eq!(at_tool(&world)["job_title"], "Buyer", "{}", world.engine);
            go.send(()).unwrap();
        };
        let (read, ()) = tokio::join!(sync::worker::run(world.hub.clone(), pull), meanwhile);
        read.unwrap();
        world.run_cycles(2).await;
        both_have(&world, &id, Some("+1 555 0100"), Some("Buyer")).await;
    }
}

#[tokio::test]
async fn f58_what_was_read_while_a_write_was_under_way_stays_agreed() {
    for mut world in worlds(EffectClass::Upsert).await {
        let id = agreed(&mut world, creating(Capability::Contacts)).await;
        let remote = world.tool.objects(Capability::Contacts)[0].id.clone();
        set_title(&world, &id, "Buyer").await;
        let (pull, push) = lease_both(&world).await;
        let (ready, go) = world.tool.hold_answer(Capability::Contacts, Way::Push);
        let meanwhile = async {
            ready.await.unwrap();
            world.tool.edit(Capability::Contacts, &remote, |value| value["phone"] = json!("+1 555 0100"));
            sync::worker::run(world.hub.clone(), pull).await.unwrap();
            go.send(()).unwrap();
        };
        let (written, ()) = tokio::join!(sync::worker::run(world.hub.clone(), push), meanwhile);
        written.unwrap();
        both_have(&world, &id, Some("+1 555 0100"), Some("Buyer")).await;
        let without_phone = |record: &mut Record| {
            if let Record::Contact(contact) = record {
                contact.phone = None;
            }
        };
        world.edit(&id, without_phone).await;
        world.run_cycles(2).await;
        both_have(&world, &id, None, Some("Buyer")).await;
    }
}

#[tokio::test]
async fn f58_an_edit_that_an_answer_tells_is_not_taken_for_agreed() {
    for mut world in worlds(EffectClass::Upsert).await {
        let id = agreed(&mut world, creating(Capability::Contacts)).await;
        world.tool.normalise(true);
        let remote = world.tool.objects(Capability::Contacts)[0].id.clone();
        world.tool.edit(Capability::Contacts, &remote, |value| value["phone"] = json!("+1 555 0100"));
        set_title(&world, &id, "Buyer").await;
        let (pull, push) = lease_both(&world).await;
        sync::worker::run(world.hub.clone(), push).await.unwrap();
        sync::worker::run(world.hub.clone(), pull).await.unwrap();
        world.run_cycles(2).await;
        both_have(&world, &id, Some("+1 555 0100"), Some("Buyer")).await;
    }
}

async fn both_have(world: &World, id: &RecordId, phone: Option<&str>, title: Option<&str>) {
    let ours = contact(world, id).await;
    assert_eq!((ours.phone.as_deref(), ours.job_title.as_deref()), (phone, title), "{}: here", world.engine);
    let theirs = at_tool(world);
    assert_eq!((theirs["phone"].as_str(), theirs["job_title"].as_str()), (phone, title), "{}: at the tool", world.engine);
}

#[tokio::test]
async fn f58_a_clash_is_decided_by_the_owner_and_both_values_are_in_the_log() {
    for (owner, kept) in [(Owner::Ours, "Buyer"), (Owner::Theirs, "Seller"), (Owner::Shared, "Seller")] {
        for mut world in worlds(EffectClass::Upsert).await {
            let mut chosen = creating(Capability::Contacts);
            chosen.owners.insert("job_title".to_owned(), owner);
            let id = agreed(&mut world, chosen).await;
            let remote = world.tool.objects(Capability::Contacts)[0].id.clone();
            let leased = lease_pull(&world).await;
            set_title(&world, &id, "Buyer").await;
            world.clock.advance(SignedDuration::from_secs(1));
            world.tool.edit(Capability::Contacts, &remote, |value| value["job_title"] = json!("Seller"));
            sync::worker::run(world.hub.clone(), leased).await.unwrap();
            let log = world.workspace.history(&id, 10).await.unwrap();
            let clash = log.iter().flat_map(|change| &change.fields).find(|line| line.field == "conflict:job_title");
            let text = serde_json::to_string(&clash.expect("the clash is in the log")).unwrap();
            assert!(text.contains("Buyer") && text.contains("Seller"), "{}: {text}", world.engine);
            assert_eq!(world.item(Capability::Contacts, &id).await.unwrap().outcome, Outcome::Conflict, "{}", world.engine);
            world.run_cycles(2).await;
            assert_eq!(contact(&world, &id).await.job_title.as_deref(), Some(kept), "{}: {owner:?}", world.engine);
            assert_eq!(at_tool(&world)["job_title"], kept, "{}: {owner:?}", world.engine);
        }
    }
}

/// The pull's lease, taken before anything else is woken.
async fn lease_pull(world: &World) -> Stream {
    world.clock.advance(SignedDuration::from_mins(6));
    let mut leased = world.store.lease_across_workspaces("worker-a", 16).await.unwrap();
    leased.retain(|stream| stream.way == Way::Pull);
    leased.remove(0)
}

#[tokio::test]
async fn f59_our_own_write_read_back_changes_and_writes_nothing() {
    for mut world in worlds(EffectClass::Upsert).await {
        let id = agreed(&mut world, creating(Capability::Contacts)).await;
        let rows = world.workspace.last_seq().await.unwrap();
        world.run_cycles(10).await;
        assert_eq!(world.workspace.last_seq().await.unwrap(), rows, "{}: the log stands still", world.engine);
        assert_eq!(world.tool.effects(Capability::Contacts), ["create"], "{}", world.engine);
        assert_eq!(world.workspace.history(&id, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn f59_the_push_passes_over_contacts_that_were_only_read_and_looks_at_merged_ones() {
    for mut world in worlds(EffectClass::Upsert).await {
        world.save(creating(Capability::Contacts)).await;
        world.run().await;
        world.tool.make(Capability::Contacts, "1", json!({ "email": "ann@client.example", "first_name": "Ann" }));
        sync::worker::run(world.hub.clone(), lease_pull(&world).await).await.unwrap();
        let push = world.stream(Capability::Contacts, Way::Push).await;
        assert_eq!((push.place_seq, push.wake_at), (1, None), "{}: {:?}", world.engine, world.workspace.last_seq().await);
        world.tool.edit(Capability::Contacts, "1", |value| value["phone"] = json!("+1 555 0100"));
        sync::worker::run(world.hub.clone(), lease_pull(&world).await).await.unwrap();
        let push = world.stream(Capability::Contacts, Way::Push).await;
        assert!(push.place_seq == 1 && push.wake_at.is_some(), "{}: {push:?}", world.engine);
        world.run().await;
        assert!(world.tool.effects(Capability::Contacts).is_empty(), "{}: no echo", world.engine);
    }
}

#[tokio::test]
async fn f59_a_tool_with_a_form_of_its_own_causes_at_most_one_more_write() {
    for tells in [false, true] {
        for mut world in worlds(EffectClass::Upsert).await {
            world.tool.normalise(tells);
            world.save(creating(Capability::Contacts)).await;
            let ann = Contact { email: Some("Ann@Client.example".into()), first_name: Some(" Ann ".into()), ..Contact::default() };
            let id = world.add(Record::Contact(ann)).await;
            world.run_cycles(50).await;
            let effects = world.tool.effects(Capability::Contacts);
            assert!(effects.len() <= 2, "{} tells={tells}: {effects:?}", world.engine);
            set_title(&world, &id, "Buyer").await;
            world.run_cycles(50).await;
            let more = world.tool.effects(Capability::Contacts).len() - effects.len();
            assert!((1..=2).contains(&more), "{} tells={tells}: {more} writes for one edit", world.engine);
            assert_eq!(at_tool(&world)["job_title"], "Buyer");
            assert_eq!(world.workspace.count(model::Kind::Contact).await.unwrap(), 1);
        }
    }
}

async fn task(world: &mut World) -> RecordId {
    world.save(settings(&[Capability::Tasks])).await;
    let id = world.add(Record::ActionItem(ActionItem { text: "Send the plan".into(), ..ActionItem::default() })).await;
    world.run().await;
    world.run_cycles(1).await;
    assert_eq!(world.tool.effects(Capability::Tasks), ["create"], "{}", world.engine);
    id
}

#[tokio::test]
async fn a_task_done_at_the_tool_is_done_here_and_not_written_back() {
    for mut world in worlds(EffectClass::ChosenId).await {
        let id = task(&mut world).await;
        let remote = world.tool.objects(Capability::Tasks)[0].id.clone();
        world.tool.edit(Capability::Tasks, &remote, |value| value["progress"] = json!("done"));
        world.tool.make(Capability::Tasks, "other", json!({ "text": "None of ours", "priority": "none", "progress": "open" }));
        world.run_cycles(3).await;
        let Record::ActionItem(item) = world.record(&id).await else { panic!("an action item") };
        assert_eq!(item.progress, Progress::Done, "{}", world.engine);
        assert_eq!(world.workspace.count(model::Kind::ActionItem).await.unwrap(), 1, "{}: other tasks are none of ours", world.engine);
        assert_eq!(world.tool.effects(Capability::Tasks), ["create"], "{}: no echo", world.engine);
    }
}

#[tokio::test]
async fn f60_a_task_deleted_at_the_tool_is_kept_here_and_not_made_again() {
    for mut world in worlds(EffectClass::ChosenId).await {
        let id = task(&mut world).await;
        let remote = world.tool.objects(Capability::Tasks)[0].id.clone();
        world.tool.remove(Capability::Tasks, &remote);
        world.run_cycles(2).await;
        world
            .edit(&id, |record| {
                if let Record::ActionItem(item) = record {
                    item.progress = Progress::Started;
                }
            })
            .await;
        world.run_cycles(2).await;
        world.click().await;
        world.run().await;
        assert!(world.tool.objects(Capability::Tasks).is_empty(), "{}", world.engine);
        assert_eq!(world.tool.effects(Capability::Tasks), ["create"], "{}", world.engine);
        assert_eq!(world.item(Capability::Tasks, &id).await.unwrap().reason, "gone_at_tool");
        assert!(!world.workspace.record(&id).await.unwrap().unwrap().deleted, "{}: the record stays", world.engine);
    }
}
