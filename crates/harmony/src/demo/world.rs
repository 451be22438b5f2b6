//! The emulated world of the demo: the given meetings as calendar events, Zoom recordings and calls, and a CRM that knows the guests.

use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use sandbox::steering::Steering;
use serde_json::{Value, json};
use sync::import::{self, Unsaid};
use sync::meetings::MeetingInput;
use url::Url;

use crate::demo::state::ADMIN;

/// So many of the meetings have a Zoom recording too.
const RECORDED: usize = 6;

/// Meetings of the repository for machines that have no collection of real ones.
const SAMPLES: [(&str, &str); 3] = [
    ("product-kickoff.txt", include_str!("samples/product-kickoff.txt")),
    ("committee-budget.vtt", include_str!("samples/committee-budget.vtt")),
    ("academic-review.json", include_str!("samples/academic-review.json")),
];

/// Writes the samples into a folder of their own.
pub fn write_samples() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join("harmony-sample-meetings");
    std::fs::create_dir_all(&folder)?;
    for (name, text) in SAMPLES {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(folder)
}

/// Reads the meetings, each under its key, on the weekdays before the first start. Files say neither times nor addresses, so
/// both are derived from the file's place and name, the same at every start.
pub fn read(files: &[PathBuf], anchor: Timestamp) -> Result<Vec<(String, MeetingInput)>> {
    let mut meetings = Vec::with_capacity(files.len());
    for (at, file) in files.iter().enumerate() {
        let name = file.file_name().and_then(|name| name.to_str()).context("a file without a name")?.to_owned();
        let days = i64::try_from(files.len() - at).unwrap_or(1);
        let midnight = anchor.as_second() - anchor.as_second().rem_euclid(86_400);
        let start = Timestamp::from_second(midnight - days * 86_400 + 8 * 3_600 + i64::try_from(at % 4).unwrap_or(0) * 5_400)?;
        let unsaid = Unsaid { start, domain: Some(domain(&name).to_owned()) };
        let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let mut input = import::read(&name, &bytes, &unsaid).with_context(|| name.clone())?;
        input.meeting.tags = vec![name.split('-').next().unwrap_or("meeting").to_owned()];
        meetings.push((import::key_of(&name), input));
    }
    Ok(meetings)
}

/// Product meetings are the organisation's own; the others have guests.
fn domain(name: &str) -> &'static str {
    match name.split('-').next() {
        Some("academic") => "university.example",
        Some("committee") => "committee.example",
        _ => "demo.example",
    }
}

/// Fills the emulated tools, once.
pub async fn make(sandbox: &Url, meetings: &[(String, MeetingInput)], anchor: Timestamp) -> Result<()> {
    let steering = Steering::of(sandbox);
    for (name, domain) in [("University", "university.example"), ("Committee", "committee.example")] {
        steering.post("/hubspot/objects/companies", &json!({ "properties": { "name": name, "domain": domain } })).await?;
    }
    let recorded: Vec<usize> =
        meetings.iter().enumerate().filter(|(_, (key, _))| key.contains("product")).map(|(at, _)| at).take(RECORDED).collect();
    for (at, (_, input)) in meetings.iter().enumerate() {
        let join = if recorded.contains(&at) { Some(record(&steering, input).await?) } else { None };
        steering.post(&format!("/google-calendar/calendars/{ADMIN}/events"), &event(input, join)).await?;
    }
    for day in 1..=3 {
        let start = anchor + SignedDuration::from_hours(24 * day);
        let body = json!({
            "summary": format!("Weekly review {day}"), "meet": true,
            "start": { "dateTime": start.to_string() }, "end": { "dateTime": (start + SignedDuration::from_mins(45)).to_string() },
            "attendees": [{ "email": ADMIN }, { "email": "marketing@demo.example" }, { "email": "chair@committee.example" }],
        });
        steering.post(&format!("/google-calendar/calendars/{ADMIN}/events"), &body).await?;
    }
    let weekly = json!({
        "subject": "Committee briefing", "start": (anchor + SignedDuration::from_hours(30)).to_string(),
        "recurrence": { "daily": { "interval": 7 }, "count": 6 }, "location": "Room 1",
        "required": [{ "email": ADMIN }, { "email": "chair@committee.example", "name": "Committee Chair" }],
    });
    steering.post(&format!("/exchange/mailboxes/{ADMIN}/items"), &weekly).await?;
    for (hours, number) in [(30, "+14155550123"), (54, "+4930901820")] {
        let body = json!({
            "agent": ADMIN, "customer_number": number, "direction": "inbound",
            "start": (anchor - SignedDuration::from_hours(hours)).to_string(), "duration_seconds": 185,
        });
        steering.post("/talkdesk/calls", &body).await?;
    }
    Ok(())
}

/// A Zoom recording of the meeting; answers the meeting's number.
async fn record(steering: &Steering, input: &MeetingInput) -> Result<u64> {
    let turns = input.transcript.iter().flat_map(|transcript| &transcript.turns).take(400);
    let mut clock = 0_u64;
    let turns: Vec<Value> = turns
        .map(|turn| {
            let start = clock;
            clock += 400 + u64::try_from(turn.text.split_whitespace().count()).unwrap_or(1) * 400;
            json!({ "speaker": turn.speaker, "text": turn.text, "start_ms": start, "end_ms": clock })
        })
        .collect();
    let participants: Vec<Value> = input
        .meeting
        .participants
        .iter()
        .map(|one| json!({ "name": one.person.name, "email": one.person.email.clone().unwrap_or_default() }))
        .collect();
    let length = input.meeting.when.end().duration_since(input.meeting.when.start());
    let body = json!({
        "topic": input.meeting.title, "start": input.meeting.when.start().to_string(), "duration_s": length.as_secs(),
        "participants": participants, "turns": turns, "fire": false,
    });
    let made = steering.post("/zoom/meetings", &body).await?;
    made["id"].as_u64().context("the emulated Zoom did not say the meeting's number")
}

fn event(input: &MeetingInput, zoom: Option<u64>) -> Value {
    let meeting = &input.meeting;
    let attendees: Vec<Value> = meeting
        .participants
        .iter()
        .filter_map(|one| one.person.email.as_ref().map(|email| json!({ "email": email, "displayName": one.person.name })))
        .collect();
    let mut event = json!({
        "summary": meeting.title,
        "start": { "dateTime": meeting.when.start().to_string() }, "end": { "dateTime": meeting.when.end().to_string() },
        "attendees": attendees,
    });
    if let Some(number) = zoom {
        event["location"] = json!(format!("https://zoom.us/j/{number}"));
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_can_be_read_and_have_action_items() {
        let folder = write_samples().unwrap();
        let mut files: Vec<PathBuf> = SAMPLES.iter().map(|(name, _)| folder.join(name)).collect();
        files.sort();
        let meetings = read(&files, "2026-03-02T12:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(meetings.len(), SAMPLES.len());
        for (key, input) in &meetings {
            assert!(input.action_items.as_ref().is_some_and(|items| !items.is_empty()), "{key}");
            assert!(input.meeting.when.start() < "2026-03-02T12:00:00Z".parse().unwrap());
        }
    }
}
