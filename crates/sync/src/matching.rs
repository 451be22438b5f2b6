//! Which meetings are the same meeting, and which people are the same person. Pure; prefers two records to a wrong one.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use model::person::{email_domain, is_free_mail, mailbox, normal_email};
use model::{Meeting, MeetingState, Participant, ParticipantKind, Person, When};

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
        keys.push(format!("meeting:ical:{uid}#{}", identity.recurrence_id.as_deref().map(instance).unwrap_or_default()));
    }
    if let Some(conference) = &identity.conference_id {
        keys.push(format!("meeting:conference:{conference}"));
    }
    if let Some(key) = &identity.key {
        keys.push(caller_key(key));
    }
    keys
}

/// The original start of an instance in one form: tools tell the same instant in different zones and notations.
fn instance(recurrence_id: &str) -> String {
    recurrence_id.parse::<Timestamp>().map_or_else(|_| recurrence_id.to_owned(), |at| at.to_string())
}

/// Why two descriptions are of one meeting, the surest reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Same {
    CallerKey,
    Calendar,
    Conference,
    TimeAndPeople,
}

/// Which of the known meetings the seen one is: by the surest reason, then by the nearest start. Where two fit alike, none is.
pub fn choose<'k>(known: impl IntoIterator<Item = &'k Meeting>, seen: &Meeting) -> Option<usize> {
    let distance = |meeting: &Meeting| meeting.when.start().duration_since(seen.when.start()).abs();
    let fits = known.into_iter().enumerate().filter_map(|(at, one)| Some((same_meeting(one, seen)?, distance(one), at)));
    let mut fits: Vec<(Same, SignedDuration, usize)> = fits.collect();
    fits.sort();
    match fits.as_slice() {
        [first, second, ..] if (first.0, first.1) == (second.0, second.1) => None,
        fits => fits.first().map(|(.., at)| *at),
    }
}

/// Whether `known` and `seen` are the same meeting.
pub fn same_meeting(known: &Meeting, seen: &Meeting) -> Option<Same> {
    let (a, b) = (&known.identity, &seen.identity);
    if a.key.is_some() && b.key.is_some() {
        return (a.key == b.key).then_some(Same::CallerKey);
    }
    if let (Some(one), Some(other)) = (&a.ical_uid, &b.ical_uid) {
        let instances = [a, b].map(|identity| identity.recurrence_id.as_deref().map(instance));
        return (one == other && instances[0] == instances[1]).then_some(Same::Calendar);
    }
    // What was called off did not take place; what took place in its room or at its time is something else.
    if (known.state == MeetingState::Cancelled) != (seen.state == MeetingState::Cancelled) {
        return None;
    }
    if let (Some(one), Some(other)) = (&a.conference_id, &b.conference_id) {
        return (one == other && overlap(&known.when, &seen.when)).then_some(Same::Conference);
    }
    (starts_together(&known.when, &seen.when) && share_people(known, seen) && similar_titles(&known.title, &seen.title))
        .then_some(Same::TimeAndPeople)
}

/// A room's link serves many meetings: they are one only if they start together, or if most of the shorter lies within the longer.
fn overlap(one: &When, other: &When) -> bool {
    let (When::Timed { .. }, When::Timed { .. }) = (one, other) else { return false };
    let length = |when: &When| when.end().duration_since(when.start());
    let common = one.end().min(other.end()).duration_since(one.start().max(other.start()));
    one.start().duration_since(other.start()).abs() <= SLACK || common > length(one).min(length(other)) / 2
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
    people(meeting).filter_map(|person| person.email.as_deref()).chain(organizer).map(mailbox).collect()
}

fn similar_titles(one: &str, other: &str) -> bool {
    let words = |title: &str| -> BTreeSet<String> {
        title.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    one.is_empty() || other.is_empty() || one.is_subset(&other) || other.is_subset(&one)
}

/// Whether two entries of one meeting's list are one person: by address or name, or as somebody who was invited under one address
/// and came under a private one with the same full name.
pub fn same_participant(one: &Participant, other: &Participant) -> bool {
    let came_privately = |guest: &Participant, invited: &Participant| {
        let private = guest.person.email.as_deref().and_then(email_domain).is_some_and(|domain| is_free_mail(&domain));
        private && !guest.invited && invited.invited && same_full_name(&guest.person, &invited.person)
    };
    one.kind == other.kind && (one.person.is(&other.person) || came_privately(one, other) || came_privately(other, one))
}

fn same_full_name(one: &Person, other: &Person) -> bool {
    let words =
        |person: &Person| -> Vec<String> { person.name.iter().flat_map(|name| name.split_whitespace()).map(str::to_lowercase).collect() };
    let name = words(one);
    name.len() > 1 && name == words(other)
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
        let start: Timestamp = start.parse().unwrap();
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

    /// `name <address>`, with `!` before it for somebody who was not on the invitation.
    fn entry(text: &str) -> Participant {
        let (text, invited) = text.strip_prefix('!').map_or((text, true), |text| (text, false));
        let (name, email) = text.split_once('<').unwrap_or((text, ""));
        let given = |text: &str| Some(text.trim().trim_end_matches('>').to_owned()).filter(|text| !text.is_empty());
        Participant { person: Person { name: given(name), email: given(email), phone: None }, invited, ..Participant::default() }
    }

    #[test]
    fn one_person_has_many_addresses() {
        for (one, other) in [
            ("<manager@demo.example>", "< Manager@Demo.Example >"),
            ("<manager@demo.example>", "!<manager+video@demo.example>"),
            ("<the.manager@gmail.com>", "!<themanager@googlemail.com>"),
            ("<the.manager+x@googlemail.com>", "!<TheManager@gmail.com>"),
            ("Project Manager <manager@demo.example>", "!Project Manager"),
            ("Project Manager <manager@demo.example>", "!project  manager <manager.at.home@web.de>"),
            ("!Διευθυντής Έργου <d@gmail.com>", "διευθυντής έργου <manager@demo.example>"),
        ] {
            assert!(same_participant(&entry(one), &entry(other)), "{one}, {other}");
            assert!(same_participant(&entry(other), &entry(one)), "{other}, {one}");
        }
    }

    #[test]
    fn two_people_stay_two() {
        for (one, other) in [
            ("<manager@demo.example>", "<manager@client.example>"),
            ("<the.manager@demo.example>", "<themanager@demo.example>"),
            ("Project Manager <manager@demo.example>", "!Project Manager <manager@client.example>"),
            ("Project Manager <manager@demo.example>", "Project Manager <manager@gmail.com>"),
            ("!Project Manager <manager@web.de>", "!Project Manager <manager@gmail.com>"),
            ("Manager <manager@demo.example>", "!Manager <manager@gmail.com>"),
            ("Project Manager <manager@demo.example>", "!Product Manager <manager@gmail.com>"),
            ("Project Manager", "!Product Manager"),
            ("", "!"),
        ] {
            assert!(!same_participant(&entry(one), &entry(other)), "{one}, {other}");
            assert!(!same_participant(&entry(other), &entry(one)), "{other}, {one}");
        }
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
