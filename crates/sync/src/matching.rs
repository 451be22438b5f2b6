//! Which meetings are the same meeting, and which people are the same person. Pure; prefers two records to a wrong one.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use model::person::{email_domain, normal_email};
use model::{Meeting, ParticipantKind, Person, When};

/// Two sources may round or start early by this much.
const SLACK: SignedDuration = SignedDuration::from_mins(15);
/// Without a common identifier, starts must be this close.
const SAME_START: SignedDuration = SignedDuration::from_mins(5);

/// The key of a person.
pub fn contact_key(email: &str) -> String {
    format!("contact:email:{}", normal_email(email))
}

/// The key under which a caller or a file names a meeting.
pub fn caller_key(key: &str) -> String {
    format!("meeting:key:{key}")
}

/// What a meeting can be found by: the calendar's identity, the conference, the caller's key.
pub fn meeting_keys(meeting: &Meeting) -> Vec<String> {
    let identity = &meeting.identity;
    let mut keys = Vec::new();
    if let Some(uid) = &identity.ical_uid {
        keys.push(format!("meeting:ical:{uid}#{}", identity.recurrence_id.as_deref().unwrap_or_default()));
    }
    if let Some(conference) = &identity.conference_id {
        keys.push(format!("meeting:conference:{conference}"));
    }
    if let Some(key) = &identity.key {
        keys.push(caller_key(key));
    }
    keys
}

/// Why two descriptions are of one meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    CallerKey,
    Calendar,
    Conference,
    TimeAndPeople,
}

/// Whether `known` and `seen` are the same meeting.
pub fn same_meeting(known: &Meeting, seen: &Meeting) -> Option<Same> {
    let (a, b) = (&known.identity, &seen.identity);
    if a.key.is_some() && b.key.is_some() {
        return (a.key == b.key).then_some(Same::CallerKey);
    }
    if let (Some(one), Some(other)) = (&a.ical_uid, &b.ical_uid) {
        return (one == other && a.recurrence_id == b.recurrence_id).then_some(Same::Calendar);
    }
    if let (Some(one), Some(other)) = (&a.conference_id, &b.conference_id) {
        return (one == other && overlap(&known.when, &seen.when)).then_some(Same::Conference);
    }
    (starts_together(&known.when, &seen.when) && share_people(known, seen) && similar_titles(&known.title, &seen.title))
        .then_some(Same::TimeAndPeople)
}

/// A room's link serves many meetings: they are one only if the actual time falls into the planned one.
fn overlap(one: &When, other: &When) -> bool {
    matches!((one, other), (When::Timed { .. }, When::Timed { .. }))
        && one.start() < other.end() + SLACK
        && other.start() < one.end() + SLACK
        && one.start().duration_since(other.start()).abs() <= SLACK.max(shorter(one, other) / 2)
}

fn shorter(one: &When, other: &When) -> SignedDuration {
    let length = |when: &When| when.end().duration_since(when.start());
    length(one).min(length(other))
}

fn starts_together(one: &When, other: &When) -> bool {
    matches!((one, other), (When::Timed { .. }, When::Timed { .. })) && one.start().duration_since(other.start()).abs() <= SAME_START
}

fn share_people(one: &Meeting, other: &Meeting) -> bool {
    let (mine, theirs) = (addresses(one), addresses(other));
    let common = mine.intersection(&theirs).count();
    common >= 2 || (common == 1 && (mine.len() == 1 || theirs.len() == 1))
}

fn addresses(meeting: &Meeting) -> BTreeSet<String> {
    let organizer = meeting.organizer.iter().filter_map(|person| person.email.as_deref());
    people(meeting).filter_map(|person| person.email.as_deref()).chain(organizer).map(normal_email).collect()
}

fn similar_titles(one: &str, other: &str) -> bool {
    let words = |title: &str| -> BTreeSet<String> {
        title.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    one.is_empty() || other.is_empty() || one.is_subset(&other) || other.is_subset(&one)
}

/// The people of a meeting, without rooms and bots.
pub fn people(meeting: &Meeting) -> impl Iterator<Item = &Person> {
    meeting.participants.iter().filter(|participant| participant.kind == ParticipantKind::Person).map(|participant| &participant.person)
}

/// The people with an address outside the own domains.
pub fn external_people<'m>(meeting: &'m Meeting, own_domains: &'m [String]) -> impl Iterator<Item = (&'m Person, String)> {
    people(meeting).filter_map(move |person| {
        let email = normal_email(person.email.as_deref()?);
        let domain = email_domain(&email)?;
        (!own_domains.contains(&domain)).then_some((person, email))
    })
}

#[cfg(test)]
mod tests {
    use model::Participant;

    use super::*;

    fn meeting(title: &str, start: &str, minutes: i64, emails: &[&str]) -> Meeting {
        let start: jiff::Timestamp = start.parse().unwrap();
        let mut meeting = Meeting::new(title, When::Timed { start, end: start + SignedDuration::from_mins(minutes), zone: None });
        meeting.participants = emails
            .iter()
            .map(|email| Participant { person: Person { email: Some((*email).to_owned()), ..Person::default() }, ..Participant::default() })
            .collect();
        meeting
    }

    fn in_room(mut meeting: Meeting, room: &str) -> Meeting {
        meeting.identity.conference_id = Some(room.to_owned());
        meeting
    }

    #[test]
    fn the_same_room_twice_in_a_row_is_two_meetings() {
        let planned = in_room(meeting("Standup", "2026-03-02T09:00:00Z", 30, &[]), "123");
        let next = in_room(meeting("Review", "2026-03-02T09:30:00Z", 30, &[]), "123");
        let recorded = in_room(meeting("Standup", "2026-03-02T09:02:00Z", 26, &[]), "123");
        assert_eq!(same_meeting(&planned, &recorded), Some(Same::Conference));
        assert_eq!(same_meeting(&next, &recorded), None);
        assert_eq!(same_meeting(&planned, &next), None);
    }

    #[test]
    fn instances_of_a_series_stay_apart() {
        let instance = |day: &str| {
            let mut one = meeting("Weekly", &format!("2026-03-{day}T09:00:00Z"), 30, &[]);
            one.identity.ical_uid = Some("uid@example".into());
            one.identity.recurrence_id = Some(format!("2026-03-{day}T09:00:00Z"));
            one
        };
        assert_eq!(same_meeting(&instance("02"), &instance("02")), Some(Same::Calendar));
        assert_eq!(same_meeting(&instance("02"), &instance("09")), None);
    }

    #[test]
    fn time_alone_is_not_enough() {
        let one = meeting("Design", "2026-03-02T09:00:00Z", 30, &["a@x.example", "b@x.example"]);
        let same = meeting("Design review", "2026-03-02T09:03:00Z", 25, &["B@x.example", "a@x.example", "c@y.example"]);
        let other = meeting("Design", "2026-03-02T09:00:00Z", 30, &["a@x.example", "d@x.example"]);
        let later = meeting("Design", "2026-03-02T09:30:00Z", 30, &["a@x.example", "b@x.example"]);
        assert_eq!(same_meeting(&one, &same), Some(Same::TimeAndPeople));
        assert_eq!(same_meeting(&one, &other), None);
        assert_eq!(same_meeting(&one, &later), None);
    }

    #[test]
    fn rooms_and_own_people_are_not_external() {
        let mut one = meeting("Design", "2026-03-02T09:00:00Z", 30, &["a@own.example", "c@y.example"]);
        one.participants.push(Participant {
            person: Person { email: Some("room@y.example".into()), ..Person::default() },
            kind: ParticipantKind::Room,
            ..Participant::default()
        });
        let own = ["own.example".to_owned()];
        assert_eq!(external_people(&one, &own).map(|(_, email)| email).collect::<Vec<_>>(), ["c@y.example"]);
    }
}
