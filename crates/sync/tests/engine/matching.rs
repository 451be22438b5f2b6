//! The labelled set of meetings (`matching/cases.txt`): seen by the hub one after the other, as calendars, recordings and callers tell
//! them, on both engines. Nothing may be joined that is not the same; how much of what is the same was found is printed.

use std::collections::{BTreeMap, BTreeSet};

use connector_kit::EffectClass;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::recording::RecordedMeeting;
use model::{Capability, Meeting, MeetingState, Origin, Participant, Person, RecordId, When};
use sync::meetings::{MeetingInput, upsert};

use crate::common::{World, syncing};

const SET: &str = include_str!("matching/cases.txt");
/// Every case has a year and a bit of its own, so that none meets another's meetings.
const APART: i64 = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Calendar,
    Recording,
    Caller,
}

struct Case {
    about: &'static str,
    told: Vec<(Source, Meeting)>,
    /// The known meeting that the last one is.
    is: Option<usize>,
}

/// When things of a case are, and what tells its identities from other cases'.
struct Frame {
    number: usize,
    day: Date,
}

impl Frame {
    fn at(&self, text: &str) -> Timestamp {
        let (days, time) = match text.strip_prefix('+') {
            Some(rest) => rest.split_once(['d']).map(|(days, time)| (days.parse().unwrap(), time.trim_start_matches([' ', '_']))).unwrap(),
            None => (0, text),
        };
        let time = jiff::civil::Time::strptime("%H:%M", time).unwrap();
        (self.day + days.days()).to_datetime(time).to_zoned(TimeZone::UTC).unwrap().timestamp()
    }

    fn when(&self, text: &str) -> When {
        let (start, length) = text.rsplit_once(' ').unwrap_or(("", text));
        if length == "day" {
            let days: i64 = start.trim_matches(['+', 'd']).parse().unwrap_or(0);
            let day = self.day + days.days();
            return When::AllDay { first: day, last: day };
        }
        let start = self.at(start);
        When::Timed { start, end: start + SignedDuration::from_mins(length.parse().unwrap()), zone: None }
    }

    fn recurrence(&self, text: &str) -> String {
        if let Some(text) = text.strip_prefix("zone:") {
            return self.at(text).display_with_offset(Offset::constant(5)).to_string();
        }
        match text.strip_prefix("basic:") {
            Some(text) => self.at(text).strftime("%Y%m%dT%H%M%SZ").to_string(),
            None if text.contains(':') => self.at(text).to_string(),
            None => text.to_owned(),
        }
    }

    fn meeting(&self, line: &'static str) -> Meeting {
        let [title, when, identity, people] = line.split('|').map(str::trim).collect::<Vec<_>>().try_into().expect(line);
        let mut meeting = Meeting::new(if title == "-" { "" } else { title }, self.when(when));
        for part in identity.split_whitespace() {
            let own = |value: &str| Some(format!("{value}-{}", self.number));
            match part.split_once('=') {
                Some(("uid", uid)) => meeting.identity.ical_uid = own(uid),
                Some(("room", room)) => meeting.identity.conference_id = own(room),
                Some(("key", key)) => meeting.identity.key = own(key),
                Some(("rid", start)) => meeting.identity.recurrence_id = Some(self.recurrence(start)),
                _ => {
                    assert_eq!(part, "cancelled", "{line}");
                    meeting.state = MeetingState::Cancelled;
                }
            }
        }
        meeting.participants = people.split(',').map(str::trim).filter(|one| !one.is_empty()).map(participant).collect();
        meeting
    }
}

fn participant(text: &str) -> Participant {
    let person = match text.strip_prefix('(') {
        Some(name) => Person { name: Some(name.trim_end_matches(')').to_owned()), ..Person::default() },
        None if text.contains('@') => Person { email: Some(text.to_owned()), ..Person::default() },
        None => Person { email: Some(format!("{text}@demo.example")), ..Person::default() },
    };
    Participant { person, invited: true, ..Participant::default() }
}

fn cases() -> Vec<Case> {
    SET.split("\n== ").skip(1).enumerate().map(|(number, text)| case(number, text)).collect()
}

fn case(number: usize, text: &'static str) -> Case {
    let first = Date::constant(1990, 1, 5);
    let frame = Frame { number, day: first + (i64::try_from(number).unwrap() * APART).days() };
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let mut case = Case { about: lines.next().unwrap(), told: Vec::new(), is: None };
    for line in lines {
        let (word, rest) = line.split_once(':').expect(line);
        let source = match word {
            "calendar" => Source::Calendar,
            "recording" => Source::Recording,
            "caller" => Source::Caller,
            _ => {
                assert_eq!(word, "is", "{line}");
                case.is = rest.trim().parse().ok();
                assert!(case.is.is_some() || rest.trim() == "none", "{line}");
                continue;
            }
        };
        case.told.push((source, frame.meeting(rest)));
    }
    assert!(case.told.len() >= 2 && case.is.is_none_or(|at| at < case.told.len()), "{}", case.about);
    case
}

/// Tells the hub of a meeting, as the source would.
async fn tell(world: &World, id: &str, source: Source, meeting: &Meeting) -> Option<RecordId> {
    match source {
        Source::Calendar => world.tool.make(Capability::Calendar, id, serde_json::to_value(meeting).unwrap()),
        Source::Recording => {
            let recorded = RecordedMeeting { meeting: meeting.clone(), transcript: None, recordings: Vec::new() };
            world.tool.make(Capability::Recordings, id, serde_json::to_value(recorded).unwrap());
        }
        Source::Caller => {
            let input = MeetingInput { meeting: meeting.clone(), transcript: None, action_items: None, notes: None };
            let key = meeting.identity.key.clone().expect("a caller gives a key");
            return Some(upsert(&world.workspace, &key, &input, &Origin::Harmony).await.unwrap().id);
        }
    }
    None
}

async fn record_of(world: &World, id: &str) -> RecordId {
    let mut step = world.workspace.begin().await.unwrap();
    for capability in [Capability::Calendar, Capability::Recordings] {
        if let Some(link) = step.links_by_remote(&world.connection.id, capability, &[id]).await.unwrap().pop() {
            return link.record;
        }
    }
    panic!("{id} came to nothing")
}

#[tokio::test]
async fn the_labelled_meetings_are_joined_as_they_should_be() {
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    assert_eq!(cases.iter().map(|case| case.about).collect::<BTreeSet<_>>().len(), cases.len(), "each tells something of its own");
    for world in syncing(EffectClass::Upsert, &[Capability::Calendar, Capability::Recordings]).await {
        let mut records: BTreeMap<(usize, usize), RecordId> = BTreeMap::new();
        for turn in 0..cases.iter().map(|case| case.told.len()).max().unwrap_or(0) {
            let now: Vec<_> = cases.iter().enumerate().filter_map(|(number, case)| Some((number, case.told.get(turn)?))).collect();
            let mut by_key = BTreeMap::new();
            for (number, (source, meeting)) in &now {
                by_key.insert(*number, tell(&world, &format!("{number}/{turn}"), *source, meeting).await);
            }
            world.run_cycles(1).await;
            for (number, record) in by_key {
                let record = match record {
                    Some(record) => record,
                    None => record_of(&world, &format!("{number}/{turn}")).await,
                };
                records.insert((number, turn), record);
            }
        }
        judge(&cases, &records, world.engine);
    }
}

/// Of all pairs in all cases that were joined, all should have been; of those that should have been, most were.
fn judge(cases: &[Case], records: &BTreeMap<(usize, usize), RecordId>, engine: &str) {
    let (mut joined, mut should, mut wrong, mut missed) = (0, 0, Vec::new(), Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let last = case.told.len() - 1;
        let of = |turn: usize| &records[&(number, turn)];
        let expected = case.is.map(|at| of(at - 1));
        let found = (0..last).map(of).find(|known| *known == of(last));
        joined += usize::from(found.is_some());
        should += usize::from(expected.is_some());
        if found.is_some() && found != expected {
            wrong.push(case.about);
        } else if found != expected {
            missed.push(case.about);
        }
    }
    let right = joined - wrong.len();
    println!(
        "matching on {engine}: {} cases, {joined} joined, precision {:.3}, recall {:.3} ({right} of {should})",
        cases.len(),
        ratio(right, joined),
        ratio(right, should)
    );
    println!("not found to be the same: {missed:?}");
    assert!(wrong.is_empty(), "{engine}: joined, though not the same: {wrong:?}");
    assert!(ratio(right, should) >= 0.95, "{engine}: {missed:?}");
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
