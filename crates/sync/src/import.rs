//! Files of meetings: WebVTT, SubRip, JSON and plain text become a `MeetingInput`. Nothing is saved here; bad input gets an
//! error that names the place.

use jiff::{SignedDuration, Timestamp};
use model::{Meeting, Participant, Person, Transcript, Turn, When};
use serde::Deserialize;

use crate::commitments::commitments;
use crate::error::{Error, Result};
use crate::meetings::{MeetingInput, check};

/// A file of this many bytes is refused.
pub const LARGEST: usize = 64 << 20;
/// A longer name would not fit into a meeting's key.
const LONGEST_NAME: usize = 190;
/// A line of this many bytes is refused: no one speaks that long.
const LONGEST_LINE: usize = 1 << 20;

/// What a file does not say.
#[derive(Debug, Clone)]
pub struct Unsaid {
    /// When the meeting began.
    pub start: Timestamp,
    /// For people who are named without an address; `None`: they have none.
    pub domain: Option<String>,
}

/// The key under which a file's meeting is kept: the same file again is the same meeting.
pub fn key_of(file_name: &str) -> String {
    format!("import:{file_name}")
}

/// Reads a file by its name's ending. What is given back can be saved as it is.
pub fn read(file_name: &str, bytes: &[u8], unsaid: &Unsaid) -> Result<MeetingInput> {
    if file_name.len() > LONGEST_NAME || file_name.chars().any(char::is_control) {
        return Err(Error::invalid("file", format!("its name has more than {LONGEST_NAME} bytes, or control characters")));
    }
    let (stem, ending) = file_name.rsplit_once('.').unwrap_or((file_name, ""));
    let text = text_of(bytes)?;
    let input = match ending.to_ascii_lowercase().as_str() {
        "vtt" => spoken(stem, model::captions::vtt(text).map_err(|error| Error::invalid("file", error))?, unsaid),
        "srt" => spoken(stem, model::captions::srt(text).map_err(|error| Error::invalid("file", error))?, unsaid),
        "txt" => spoken(stem, plain(text), unsaid),
        "json" => json(stem, text, unsaid),
        _ => Err(Error::invalid("file", format!("`{ending}` is not a kind that can be read; vtt, srt, json and txt can"))),
    }?;
    check(&key_of(file_name), &input).map_err(|error| match error {
        Error::Invalid { field, why } => Error::invalid("file", format!("`{field}`: {why}")),
        other => other,
    })?;
    Ok(input)
}

fn text_of(bytes: &[u8]) -> Result<&str> {
    if bytes.len() > LARGEST {
        return Err(Error::invalid("file", format!("it is longer than {} MB", LARGEST >> 20)));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Error::invalid("file", "it is written in UTF-16; save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::invalid("file", format!("it is not UTF-8: byte {} does not fit", error.valid_up_to())))?;
    if text.trim().is_empty() {
        return Err(Error::invalid("file", "it is empty"));
    }
    if let Some(at) = text.find('\0') {
        return Err(Error::invalid("file", format!("it is not text: byte {at} is NUL")));
    }
    if let Some(at) = text.lines().position(|line| line.len() > LONGEST_LINE) {
        // JSON of machines is often one line; its own limits are checked by the reader.
        let is_json = text.trim_start().starts_with(['{', '[']);
        if !is_json {
            return Err(Error::invalid("file", format!("line {} is longer than 1 MB", at + 1)));
        }
    }
    Ok(text)
}

/// Plain text: "Speaker: words" lines; a line without a speaker goes on with the one before.
fn plain(text: &str) -> Transcript {
    let mut turns: Vec<Turn> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let named = line.split_once(": ").filter(|(name, _)| name.len() <= 60 && name.chars().next().is_some_and(char::is_alphabetic));
        match (named, turns.last_mut()) {
            (Some((name, words)), _) => turns.push(Turn { speaker: Some(name.to_owned()), text: words.to_owned(), ..Turn::default() }),
            (None, Some(turn)) => {
                turn.text.push(' ');
                turn.text.push_str(line);
            }
            (None, None) => turns.push(Turn { text: line.to_owned(), ..Turn::default() }),
        }
    }
    Transcript { turns, ..Transcript::default() }
}

/// The meeting of a transcript that came alone.
fn spoken(stem: &str, transcript: Transcript, unsaid: &Unsaid) -> Result<MeetingInput> {
    if transcript.turns.is_empty() {
        return Err(Error::invalid("file", "nobody says anything in it"));
    }
    Ok(MeetingInput {
        meeting: meeting(stem, &transcript, unsaid),
        action_items: Some(commitments(&transcript)),
        transcript: Some(transcript),
        notes: None,
    })
}

fn meeting(stem: &str, transcript: &Transcript, unsaid: &Unsaid) -> Meeting {
    let last = transcript.turns.iter().filter_map(|turn| turn.end_ms).max();
    // Without times, 150 words a minute are spoken.
    let words: usize = transcript.turns.iter().map(|turn| turn.text.split_whitespace().count()).sum();
    let spoken = SignedDuration::from_mins(i64::try_from(words / 150 + 1).unwrap_or(60));
    let length = last.and_then(|last| i64::try_from(last).ok()).map_or(spoken, SignedDuration::from_millis);
    let mut meeting = Meeting::new(title(stem), When::Timed { start: unsaid.start, end: unsaid.start + length, zone: None });
    let mut names: Vec<&str> = Vec::new();
    for name in transcript.turns.iter().filter_map(|turn| turn.speaker.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    meeting.participants = names
        .into_iter()
        .map(|name| Participant {
            person: Person {
                name: Some(name.to_owned()),
                email: unsaid.domain.as_ref().and_then(|domain| address(name, domain)),
                phone: None,
            },
            attended: true,
            ..Participant::default()
        })
        .collect();
    meeting
}

/// `product-ES2002a` → `Product ES2002a`.
fn title(stem: &str) -> String {
    let words = stem.replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    letters.next().map_or_else(|| "Meeting".to_owned(), |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// "Project Manager" at "demo.example" → "project.manager@demo.example".
fn address(name: &str, domain: &str) -> Option<String> {
    let words: Vec<String> = name
        .to_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    (!words.is_empty()).then(|| format!("{}@{domain}", words.join(".")))
}

/// The two JSON forms, told apart by their fields.
#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Own { meeting: serde_json::Value },
    Turns { meeting_transcripts: serde_json::Value },
}

/// A file with a list of turns and written summaries (the form of the `QMSum` collection).
#[derive(Deserialize)]
struct Turns {
    meeting_transcripts: Vec<Said>,
    #[serde(default)]
    general_query_list: Vec<Question>,
}

#[derive(Deserialize)]
struct Said {
    speaker: String,
    content: String,
}

#[derive(Deserialize)]
struct Question {
    answer: String,
}

fn json(stem: &str, text: &str, unsaid: &Unsaid) -> Result<MeetingInput> {
    let bad = |error: serde_json::Error| Error::invalid("file", format!("it is not readable JSON: {error}"));
    model::json::check(text.as_bytes()).map_err(|flaw| Error::invalid("file", format!("`{}`: {}", flaw.path, flaw.why)))?;
    let form: Form = serde_json::from_str(text).map_err(|error| {
        if error.is_data() { Error::invalid("file", "it has neither `meeting` nor `meeting_transcripts`") } else { bad(error) }
    })?;
    match form {
        Form::Own { meeting } => {
            drop(meeting);
            serde_json::from_str(text).map_err(bad)
        }
        Form::Turns { meeting_transcripts } => {
            drop(meeting_transcripts);
            let file: Turns = serde_json::from_str(text).map_err(bad)?;
            let turns = file.meeting_transcripts.into_iter().map(|said| Turn {
                speaker: Some(said.speaker),
                text: said.content,
                ..Turn::default()
            });
            let mut input = spoken(stem, Transcript { turns: turns.collect(), ..Transcript::default() }, unsaid)?;
            input.meeting.summary = file.general_query_list.into_iter().next().map(|question| question.answer);
            Ok(input)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsaid() -> Unsaid {
        Unsaid { start: "2026-03-02T09:00:00Z".parse().unwrap(), domain: Some("demo.example".into()) }
    }

    fn refusal(name: &str, bytes: &[u8]) -> String {
        read(name, bytes, &unsaid()).unwrap_err().to_string()
    }

    #[test]
    fn a_list_of_turns_with_a_summary_becomes_a_meeting() {
        let file = br#"{"topic_list":[],"general_query_list":[{"query":"q","answer":"They met."}],
            "meeting_transcripts":[{"speaker":"Project Manager","content":"I will send the minutes of today to all of you ."}]}"#;
        let input = read("product-X1.json", file, &unsaid()).unwrap();
        assert_eq!((input.meeting.title.as_str(), input.meeting.summary.as_deref()), ("Product X1", Some("They met.")));
        assert_eq!(input.meeting.participants[0].person.email.as_deref(), Some("project.manager@demo.example"));
        assert_eq!(input.action_items.unwrap().len(), 1);
    }

    #[test]
    fn b08_bad_files_are_refused_with_the_place() {
        assert!(refusal("a.txt", b"").contains("empty"));
        assert!(refusal("a.txt", b"  \n ").contains("empty"));
        assert!(refusal("a.txt", &[0x41, 0xFF]).contains("byte 1"));
        assert!(refusal("a.vtt", &[0xFF, 0xFE, 0x41, 0]).contains("UTF-16"));
        assert!(refusal("a.pdf", b"x").contains("vtt, srt, json and txt"));
        assert!(refusal("a.txt", &vec![b'a'; (1 << 20) + 1]).contains("line 1"));
        assert!(refusal("a.json", b"{\"meeting_transcripts\":[{\"speaker\":\"A\"").contains("line 1"));
        assert!(refusal("a.json", b"{}").contains("neither"));
        assert!(refusal("a.json", br#"{"meeting":{"title":"x","when":{"kind":"timed"}},"surprise":1}"#).contains("file"));
        let deep = "[".repeat(100_000);
        assert!(refusal("a.json", deep.as_bytes()).contains("JSON"));
    }

    #[test]
    fn plain_text_is_read_by_speaker() {
        let input = read("talk.txt", b"Marketing: Hello.\nstill me\nProject Manager: Yes.", &unsaid()).unwrap();
        let turns = input.transcript.unwrap().turns;
        assert_eq!(turns[0].text, "Hello. still me");
        assert_eq!(turns[1].speaker.as_deref(), Some("Project Manager"));
    }
}
