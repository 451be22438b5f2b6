//! Meetings: one record from several sources, people who become contacts, rules, bounds, and waiting until the end.

use connector_kit::EffectClass;
use jiff::SignedDuration;
use model::recording::RecordedMeeting;
use model::settings::{Condition, Destination, Rule, RuleAction};
use model::{Capability, Kind, Meeting, Origin, Record};
use sync::meetings::{MeetingInput, upsert};

use crate::common::{World, settings, syncing, worlds};

fn value<T: serde::Serialize>(item: &T) -> serde_json::Value {
    serde_json::to_value(item).unwrap()
}

fn input(meeting: Meeting) -> MeetingInput {
    MeetingInput { meeting, transcript: None, action_items: None, notes: None }
}

#[tokio::test]
async fn one_meeting_from_calendar_recording_and_caller_is_one_record_and_guests_become_contacts_once() {
    let people = ["project.manager@demo.example", "ann@client.example", "Bob@Client.example"];
    for world in syncing(EffectClass::Upsert, &[Capability::Calendar, Capability::Recordings]).await {
        let mut planned = world.meeting("Kick-off", -60, &people);
        planned.identity.ical_uid = Some("uid@calendar.example".into());
        planned.identity.conference_id = Some("123".into());
        let mut recorded = world.meeting("Kick-off", -58, &people[..2]);
        recorded.identity.conference_id = Some("123".into());
        let recorded = RecordedMeeting { meeting: recorded, transcript: None, recordings: Vec::new() };
        world.tool.make(Capability::Calendar, "event", value(&planned));
        world.tool.make(Capability::Recordings, "recording", value(&recorded));
        world.run().await;
        let told = input(world.meeting("Kick-off", -60, &people));
        let first = upsert(&world.workspace, "k-1", &told, &Origin::Harmony).await.unwrap();
        let second = upsert(&world.workspace, "k-1", &told, &Origin::Harmony).await.unwrap();
        assert_eq!((first.created, &second), (false, &first), "{}", world.engine);
        world.run_cycles(2).await;
        assert_eq!(world.workspace.count(Kind::Meeting).await.unwrap(), 1, "{}", world.engine);
        assert_eq!(world.workspace.count(Kind::Contact).await.unwrap(), 2, "{}: the two from outside, once", world.engine);
        assert_eq!(world.links(&first.id).await.len(), 2, "{}: event and recording", world.engine);
    }
}

#[tokio::test]
async fn who_comes_under_another_address_is_one_participant_and_no_contact_of_its_own() {
    for world in syncing(EffectClass::Upsert, &[Capability::Calendar, Capability::Recordings]).await {
        let mut planned = world.meeting("Kick-off", -60, &["client.manager@client.example", "engineer@client.example"]);
        planned.identity.conference_id = Some("123".into());
        planned.participants[0].person.name = Some("Client Manager".into());
        let mut recorded = world.meeting("Kick-off", -58, &["manager.at.home@gmail.com", "engineer+video@client.example"]);
        recorded.identity.conference_id = Some("123".into());
        recorded.participants[0].person.name = Some("Client Manager".into());
        for participant in &mut recorded.participants {
            (participant.invited, participant.attended) = (false, true);
        }
        let recorded = RecordedMeeting { meeting: recorded, transcript: None, recordings: Vec::new() };
        world.tool.make(Capability::Calendar, "event", value(&planned));
        world.run().await;
        world.tool.make(Capability::Recordings, "recording", value(&recorded));
        world.run_cycles(2).await;
        let mut step = world.workspace.begin().await.unwrap();
        let link = step.links_by_remote(&world.connection.id, Capability::Recordings, &["recording"]).await.unwrap().remove(0);
        drop(step);
        let Record::Meeting(meeting) = world.record(&link.record).await else { panic!("a meeting") };
        let came: Vec<_> =
            meeting.participants.iter().map(|one| (one.person.email.as_deref().unwrap(), one.invited, one.attended)).collect();
        assert_eq!(came, [("client.manager@client.example", true, true), ("engineer@client.example", true, true)], "{}", world.engine);
        assert_eq!(world.workspace.count(Kind::Contact).await.unwrap(), 2, "{}", world.engine);
    }
}

#[tokio::test]
async fn an_upcoming_meeting_waits_until_its_end() {
    for world in syncing(EffectClass::Upsert, &[Capability::Activities]).await {
        let meeting = world.meeting("Kick-off", 10, &[]);
        let end = meeting.when.end();
        let id = world.add(Record::Meeting(meeting)).await;
        world.run().await;
        let item = world.item(Capability::Activities, &id).await.unwrap();
        assert_eq!((item.reason.as_str(), item.retry_at), ("upcoming", Some(end)), "{}", world.engine);
        assert_eq!(world.run_after(SignedDuration::from_mins(39)).await, 0, "{}: it sleeps", world.engine);
        world.run_after(SignedDuration::from_mins(1)).await;
        assert_eq!(world.tool.effects(Capability::Activities), ["create"], "{}", world.engine);
    }
}

#[tokio::test]
async fn a_meeting_deleted_before_its_end_is_not_waited_for() {
    for world in syncing(EffectClass::Upsert, &[Capability::Activities]).await {
        let id = world.add(Record::Meeting(world.meeting("Kick-off", 10, &[]))).await;
        world.run().await;
        sync::meetings::delete(&world.workspace, &id, &Origin::Harmony).await.unwrap();
        world.run_after(SignedDuration::from_hours(1)).await;
        assert!(world.tool.effects(Capability::Activities).is_empty(), "{}", world.engine);
        assert_eq!(world.run().await, 0, "{}", world.engine);
    }
}

#[tokio::test]
async fn a_meeting_is_logged_as_what_was_chosen_or_as_a_rule_says() {
    let to = |id: &str| Destination { id: id.to_owned(), name: id.to_uppercase() };
    for mut world in worlds(EffectClass::Upsert).await {
        let mut chosen = settings(&[Capability::Activities]);
        chosen.syncs.get_mut(&Capability::Activities).unwrap().destination = Some(to("event"));
        let when = Condition::TitleContains { text: "call".into() };
        chosen.rules.push(Rule { of: Capability::Activities, when, action: RuleAction::Send { to: to("task") } });
        world.save(chosen).await;
        for (title, kind) in [("Kick-off", "event"), ("A call", "task")] {
            let id = world.add(Record::Meeting(world.meeting(title, -60, &[]))).await;
            world.run().await;
            assert_eq!(world.links(&id).await[0].place.as_deref(), Some(kind), "{}: {title}", world.engine);
        }
    }
}

async fn reason(world: &World, meeting: Meeting) -> String {
    let id = world.add(Record::Meeting(meeting)).await;
    world.run().await;
    world.item(Capability::Activities, &id).await.unwrap().reason
}

#[tokio::test]
async fn rules_and_the_backfill_bound_leave_meetings_out_and_say_why() {
    for mut world in worlds(EffectClass::Upsert).await {
        let mut chosen = settings(&[Capability::Activities]);
        let when = Condition::TitleContains { text: "private".into() };
        chosen.rules.push(Rule { of: Capability::Activities, when, action: RuleAction::Skip });
        world.save(chosen).await;
        let day = 24 * 60;
        assert_eq!(reason(&world, world.meeting("Private talk", -60, &[])).await, "rule_skip", "{}", world.engine);
        assert_eq!(reason(&world, world.meeting("Old", -91 * day, &[])).await, "outside_backfill", "{}", world.engine);
        assert!(world.tool.effects(Capability::Activities).is_empty());
        assert_eq!(reason(&world, world.meeting("Kick-off", -89 * day, &[])).await, "pushed", "{}", world.engine);
    }
}
