//! Tools that are down, limit, refuse the sign-in, lack a right, or refuse one item for ever.

use connector_kit::{EffectClass, Error, ErrorKind, Retry};
use jiff::SignedDuration;
use model::connection::NextStep;
use model::{Capability, Env as _, StatusColour, Way};
use store::items::Outcome;

use crate::common::tool::Fault;
use crate::common::{refusal, syncing, worlds};

#[tokio::test]
async fn f24_an_outage_is_delayed_then_yellow_then_green_again() {
    for world in syncing(EffectClass::Upsert, &[Capability::Notes]).await {
        world.run().await;
        world.tool.break_writes((0..100).map(|_| Fault::Refuse(refusal(ErrorKind::Unavailable))));
        let note = world.note("Ship it").await;
        world.run().await;
        let status = world.status().await;
        let until = status.retrying_until.expect("a time of the next attempt");
        assert_eq!(status.colour, StatusColour::Green, "{}: an outage alone needs no person", world.engine);
        assert_eq!(world.run().await, 0, "{}: it sleeps until then", world.engine);
        let calls = world.tool.calls(Capability::Notes, "push");
        world.run_after(until.duration_since(world.clock.now())).await;
        assert_eq!(world.tool.calls(Capability::Notes, "push"), calls + 1, "{}: one attempt at that time", world.engine);
        world.run_after(SignedDuration::from_hours(2)).await;
        assert_eq!(world.status().await.colour, StatusColour::Yellow, "{}: over an hour", world.engine);
        for _ in 0..100 {
            world.run_after(SignedDuration::from_hours(2)).await;
        }
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
        assert_eq!(world.links(&note).await.len(), 1);
        let status = world.status().await;
        assert_eq!((status.colour, status.retrying_until), (StatusColour::Green, None), "{}", world.engine);
        assert!(world.facts().await.is_empty());
    }
}

#[tokio::test]
async fn f25_a_limit_is_waited_for_as_long_as_the_tool_says() {
    for world in syncing(EffectClass::Upsert, &[Capability::Notes]).await {
        world.run().await;
        let wait = SignedDuration::from_mins(17);
        world.tool.break_writes([Fault::Refuse(refusal(ErrorKind::RateLimited).with_retry(Retry::After(wait)))]);
        world.note("Ship it").await;
        world.run().await;
        assert_eq!(world.status().await.retrying_until, Some(world.clock.now() + wait), "{}", world.engine);
        world.run_after(wait - SignedDuration::from_secs(1)).await;
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 1, "{}: not a second early", world.engine);
        world.run_after(SignedDuration::from_secs(1)).await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}", world.engine);
        assert_eq!(world.status().await.retrying_until, None);
    }
}

#[tokio::test]
async fn f28_a_refused_sign_in_asks_for_a_new_one_and_the_stream_sleeps() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts]).await {
        world.run().await;
        world.tool.prepare([Err(refusal(ErrorKind::Unauthorized))]);
        world.run_cycles(1).await;
        let status = world.status().await;
        assert_eq!((status.colour, status.next_step), (StatusColour::Yellow, Some(NextStep::Reconnect)), "{}", world.engine);
        let calls = world.tool.calls(Capability::Contacts, "pull");
        world.run_cycles(20).await;
        assert_eq!(world.tool.calls(Capability::Contacts, "pull"), calls, "{}: no attempt on its own", world.engine);
        world.click().await;
        world.run().await;
        assert_eq!(world.status().await.colour, StatusColour::Green, "{}: a good answer ends it", world.engine);
    }
}

#[tokio::test]
async fn f29_a_missing_right_is_named_and_other_streams_run_on() {
    for world in syncing(EffectClass::Upsert, &[Capability::Contacts, Capability::Notes]).await {
        world.run().await;
        world.tool.prepare([Err(Error::new(ErrorKind::Forbidden, "contacts.read is missing"))]);
        world.run_cycles(1).await;
        let status = world.status().await;
        assert_eq!((status.colour, status.next_step), (StatusColour::Yellow, Some(NextStep::GrantPermission)), "{}", world.engine);
        assert!(status.evidence.contains("contacts.read"), "{}: {}", world.engine, status.evidence);
        world.note("Ship it").await;
        world.run().await;
        assert_eq!(world.tool.effects(Capability::Notes), ["create"], "{}: notes go on", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Yellow, "{}: and do not hide it", world.engine);
    }
}

#[tokio::test]
async fn f57_an_item_refused_for_ever_is_set_aside_while_the_others_go_on() {
    for world in syncing(EffectClass::Upsert, &[Capability::Notes]).await {
        world.run().await;
        world.tool.refuse_for_ever("poison");
        let bad = world.note("poison").await;
        let good = world.note("Ship it").await;
        world.run().await;
        assert_eq!(world.links(&good).await.len(), 1, "{}", world.engine);
        for _ in 0..30 {
            world.run_after(SignedDuration::from_hours(1)).await;
        }
        let item = world.item(Capability::Notes, &bad).await.unwrap();
        assert_eq!((item.outcome, item.attempt, item.retry_at), (Outcome::Failed, 5, None), "{}", world.engine);
        assert_eq!(item.reason, "invalid");
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 6, "{}: five attempts and the good one", world.engine);
        let later = world.note("More").await;
        world.run().await;
        assert_eq!(world.links(&later).await.len(), 1, "{}", world.engine);
        world.click().await;
        world.run().await;
        assert_eq!(world.item(Capability::Notes, &bad).await.unwrap().attempt, 6, "{}: the button tries once more", world.engine);
        assert_eq!(world.status().await.colour, StatusColour::Green);
    }
}

#[tokio::test]
async fn f57_a_refused_item_that_is_deleted_here_is_forgotten() {
    for world in syncing(EffectClass::Upsert, &[Capability::Notes]).await {
        world.run().await;
        world.tool.refuse_for_ever("poison");
        let bad = world.note("poison").await;
        world.run().await;
        sync::meetings::delete(&world.workspace, &bad, &model::Origin::Harmony).await.unwrap();
        world.run_cycles(2).await;
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 1, "{}", world.engine);
        assert_eq!(world.item(Capability::Notes, &bad).await.unwrap().retry_at, None, "{}", world.engine);
        assert_eq!(world.run().await, 0, "{}: nothing wishes to run for it", world.engine);
    }
}

#[tokio::test]
async fn nothing_is_read_or_written_before_options_are_saved() {
    for world in worlds(EffectClass::Upsert).await {
        world.note("Ship it").await;
        world.click().await;
        assert_eq!(world.run().await, 0, "{}", world.engine);
        assert_eq!(world.tool.calls(Capability::Notes, "push"), 0);
        let status = world.status().await;
        assert_eq!(status.next_step, Some(NextStep::ChooseOptions), "{}", world.engine);
        assert!(
            world.workspace.streams(&world.connection.id).await.unwrap().iter().all(|stream| stream.way == Way::Pull || !stream.enabled)
        );
    }
}
