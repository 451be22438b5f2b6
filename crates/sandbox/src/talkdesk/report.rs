//! The calls report as a file: one row for each call that ended in the timespan. docs.talkdesk.com/docs/calls-report
//!
//! The rows are those in force since 2026-05-11; the older ones (`interaction_id`, `start_time`, `record`) are gone.

use serde_json::{Value, json};

use super::Talkdesk;
use super::recordings::seconds;
use super::world::{Call, Direction, Job, OUR_NUMBER, World};

pub(super) fn json(talkdesk: &Talkdesk, world: &World, job: &Job) -> Value {
    let entries = entries(talkdesk, world, job);
    let total = entries.len();
    json!({ "type": "calls", "version": "v1", "entries": entries, "total": total })
}

/// The same rows with a header line. Fields with commas, quotes or line ends are quoted (RFC 4180).
pub(super) fn csv(talkdesk: &Talkdesk, world: &World, job: &Job) -> String {
    let mut lines = vec![COLUMNS.join(",")];
    for entry in entries(talkdesk, world, job) {
        let cells: Vec<String> = COLUMNS.iter().map(|column| cell(&entry[*column])).collect();
        lines.push(cells.join(","));
    }
    lines.push(String::new());
    lines.join("\r\n")
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// In the order of the documentation's sample.
const COLUMNS: &[&str] = &[
    "call_id",
    "callsid",
    "type",
    "start_at",
    "end_at",
    "talkdesk_phone_number",
    "talkdesk_phone_display_name",
    "contact_phone_number",
    "user_id",
    "user_name",
    "user_email",
    "total_time",
    "talk_time",
    "wait_time",
    "hold_time",
    "abandon_time",
    "total_ringing_time",
    "disposition_code",
    "notes",
    "user_voice_rating",
    "ring_groups",
    "ivr_options",
    "is_in_business_hours",
    "is_callback_from_queue",
    "is_transfer",
    "handling_user_id",
    "handling_user_name",
    "handling_user_email",
    "recording_url",
    "is_external_transfer",
    "is_if_no_answer",
    "is_call_forwarding",
    "csat_score",
    "csat_survey_time",
    "team_id",
    "team_name",
    "rating_reason",
    "agent_disconnected",
    "data_status",
    "disposition_set",
    "nested_disposition",
];

fn entries(talkdesk: &Talkdesk, world: &World, job: &Job) -> Vec<Value> {
    let wanted = world.calls.iter().filter(|call| job.from <= call.end && call.end <= job.to);
    wanted.map(|call| entry(talkdesk, world, call)).collect()
}

fn entry(talkdesk: &Talkdesk, world: &World, call: &Call) -> Value {
    let agent = world.user(&call.agent);
    let (name, email) = (agent.map(|agent| &agent.name), agent.map(|agent| &agent.email));
    let duration = call.end.as_second() - call.start.as_second();
    let recording_url =
        if call.recordings.is_empty() { Value::from("") } else { Value::from(talkdesk.link(&format!("/calls/{}/recordings", call.id))) };
    json!({
        "call_id": call.id,
        "callsid": format!("CA{}", call.id),
        "type": match call.direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        },
        "start_at": seconds(call.start),
        "end_at": seconds(call.end),
        "talkdesk_phone_number": OUR_NUMBER,
        "talkdesk_phone_display_name": "support",
        "contact_phone_number": call.contact_phone,
        "user_id": call.agent,
        "user_name": name,
        "user_email": email,
        "total_time": duration,
        "talk_time": duration,
        "wait_time": 0,
        "hold_time": 0,
        "abandon_time": 0,
        "total_ringing_time": 0,
        "disposition_code": "",
        "notes": call.notes,
        "user_voice_rating": 0,
        "ring_groups": "agents",
        "ivr_options": "",
        "is_in_business_hours": true,
        "is_callback_from_queue": false,
        "is_transfer": false,
        "handling_user_id": call.agent,
        "handling_user_name": name,
        "handling_user_email": email,
        "recording_url": recording_url,
        "is_external_transfer": false,
        "is_if_no_answer": false,
        "is_call_forwarding": false,
        "csat_score": null,
        "csat_survey_time": "",
        "team_id": "",
        "team_name": "",
        "rating_reason": "",
        "agent_disconnected": "No",
        "data_status": "Valid",
        "disposition_set": "",
        "nested_disposition": "",
    })
}
