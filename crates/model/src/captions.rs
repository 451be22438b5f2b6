//! Reading captions: WebVTT (W3C Candidate Recommendation, 2019) and SubRip, as transcripts with speakers and times. Strict where
//! a mistake would lose words, lenient where tools differ in dress.

use crate::transcript::{Transcript, Turn};

/// Cues of one file; more is no meeting.
const MOST_CUES: usize = 200_000;
/// Bytes of one line.
const LONGEST_LINE: usize = 1 << 20;

/// Why a file of captions cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadCaptions {
    /// From 1.
    pub line: usize,
    pub why: &'static str,
}

/// Reads WebVTT. Speakers are taken from voice tags (`<v Name>`) or from "Name: words".
pub fn vtt(text: &str) -> Result<Transcript, BadCaptions> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    if first != "WEBVTT" && !first.starts_with("WEBVTT ") && !first.starts_with("WEBVTT\t") {
        return Err(BadCaptions { line: 1, why: "a WebVTT file begins with `WEBVTT`" });
    }
    // The header ends at the first blank line; what stands before it is none of the cues.
    let header = text.lines().position(|line| line.trim().is_empty()).unwrap_or(usize::MAX);
    cues(text, header, '.')
}

/// Reads SubRip: a number, a line of times with commas, the words.
pub fn srt(text: &str) -> Result<Transcript, BadCaptions> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(BadCaptions { line: 1, why: "the file is empty" });
    }
    let transcript = cues(text, 0, ',')?;
    if transcript.turns.is_empty() { Err(BadCaptions { line: 1, why: "there is no cue in it" }) } else { Ok(transcript) }
}

fn cues(text: &str, skip: usize, decimal: char) -> Result<Transcript, BadCaptions> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut open: Option<Turn> = None;
    let mut aside = false;
    for (at, line) in text.lines().enumerate().skip(skip) {
        let bad = |why| BadCaptions { line: at + 1, why };
        if line.len() > LONGEST_LINE {
            return Err(bad("the line is longer than 1 MB"));
        }
        let line = line.trim();
        if line.is_empty() {
            close(&mut turns, open.take());
            aside = false;
        } else if let Some(turn) = &mut open {
            add(turn, line);
        } else if aside || line == "NOTE" || line.starts_with("NOTE ") || matches!(line, "STYLE" | "REGION") {
            aside = true;
        } else if line.contains("-->") {
            let (start, end) = times(line, decimal).ok_or_else(|| bad("the times cannot be read"))?;
            if end < start {
                return Err(bad("the cue ends before it starts"));
            }
            if turns.len() >= MOST_CUES {
                return Err(bad("there are more than 200,000 cues"));
            }
            open = Some(Turn { speaker: None, start_ms: Some(start), end_ms: Some(end), text: String::new() });
        }
    }
    close(&mut turns, open);
    Ok(Transcript { turns, ..Transcript::default() })
}

fn times(line: &str, decimal: char) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next()?;
    Some((time(start.trim(), decimal)?, time(end, decimal)?))
}

/// `[hh:]mm:ss.ttt`, in milliseconds.
fn time(text: &str, decimal: char) -> Option<u64> {
    let (whole, thousandths) = text.split_once(decimal)?;
    let digits = |text: &str, most: usize| -> Option<u64> {
        (!text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    let milliseconds = digits(thousandths, 3).filter(|_| thousandths.len() == 3)?;
    let parts: Vec<&str> = whole.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes, seconds] => (digits(hours, 4)?, minutes, seconds),
        [minutes, seconds] => (0, minutes, seconds),
        _ => return None,
    };
    let (minutes, seconds) = (digits(minutes, 2).filter(|value| *value < 60)?, digits(seconds, 2).filter(|value| *value < 60)?);
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds)
}

fn add(turn: &mut Turn, line: &str) {
    let mut line = line;
    if let Some((name, rest)) = line.strip_prefix("<v").and_then(|tag| tag.split_once('>')) {
        let name = name.trim_start_matches(|letter: char| letter == '.' || letter.is_alphanumeric() && !name.starts_with(' ')).trim();
        turn.speaker = turn.speaker.take().or_else(|| (!name.is_empty()).then(|| plain(name)));
        line = rest;
    }
    let words = plain(line);
    let named = words.split_once(": ").filter(|(name, _)| turn.text.is_empty() && is_name(name));
    let words = match named {
        Some((name, rest)) if turn.speaker.is_none() => {
            turn.speaker = Some(name.trim().to_owned());
            rest.to_owned()
        }
        _ => words,
    };
    if !turn.text.is_empty() && !words.is_empty() {
        turn.text.push(' ');
    }
    turn.text.push_str(words.trim());
}

/// What stands before a colon is a speaker if it looks like a name rather than the first words of a sentence.
fn is_name(text: &str) -> bool {
    let words = text.split_whitespace().count();
    (1..=6).contains(&words)
        && text.len() <= 80
        && text.chars().next().is_some_and(|letter| letter.is_uppercase() || !letter.is_ascii() && letter.is_alphabetic())
}

/// Without tags, and with the references that WebVTT knows (section 4.2.2) read.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut tag = false;
    for letter in text.chars() {
        match letter {
            '<' => tag = true,
            '>' if tag => tag = false,
            _ if !tag => out.push(letter),
            _ => {}
        }
    }
    if out.contains('&') {
        out = out
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&nbsp;", " ")
            .replace("&lrm;", "")
            .replace("&rlm;", "")
            .replace("&amp;", "&");
    }
    out.trim().to_owned()
}

/// A cue of the same speaker that follows at once goes on with the turn.
fn close(turns: &mut Vec<Turn>, turn: Option<Turn>) {
    let Some(turn) = turn.filter(|turn| !turn.text.is_empty()) else { return };
    match turns.last_mut() {
        Some(last) if turn.speaker.is_some() && last.speaker == turn.speaker && last.text.len() < 4_000 => {
            last.text.push(' ');
            last.text.push_str(&turn.text);
            last.end_ms = turn.end_ms;
        }
        _ => turns.push(turn),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn speakers_come_from_voice_tags_or_names() {
        let file = "WEBVTT - made by hand\nKind: captions\n\nNOTE of the\nmaker\n\n1\n00:00:01.000 --> 00:00:02.500 align:start\nProject Manager: Good morning &amp; welcome.\n\n\
                    00:03.000 --> 00:04.000\n<v Marketing>Hello <i>all</i>.</v>\n\n00:04.000 --> 00:05.000\n<v Marketing>Shall we?";
        let turns = vtt(file).unwrap().turns;
        assert_eq!(turns.len(), 2, "{turns:?}");
        assert_eq!((turns[0].speaker.as_deref(), turns[0].text.as_str()), (Some("Project Manager"), "Good morning & welcome."));
        assert_eq!((turns[1].speaker.as_deref(), turns[1].text.as_str()), (Some("Marketing"), "Hello all. Shall we?"));
        assert_eq!((turns[1].start_ms, turns[1].end_ms), (Some(3_000), Some(5_000)));
    }

    #[test]
    fn subrip_is_read() {
        let turns = srt("1\r\n00:00:01,000 --> 00:00:02,000\r\nHello.\r\n\r\n2\r\n00:01:00,250 --> 00:01:01,000\r\nMarketing: Yes.\r\n")
            .unwrap()
            .turns;
        assert_eq!((turns[0].text.as_str(), turns[1].start_ms, turns[1].speaker.as_deref()), ("Hello.", Some(60_250), Some("Marketing")));
    }

    #[test]
    fn b08_bad_captions_name_the_line() {
        let error = |text: &str| vtt(text).unwrap_err();
        assert_eq!(error("").line, 1);
        assert_eq!(error("WEBVTTX\n\n").line, 1);
        assert_eq!(error("WEBVTT\n\n00:02.000 --> 00:01.000\nx").why, "the cue ends before it starts");
        assert_eq!(error("WEBVTT\n\n00:99.000 --> 01:00.000\nx").line, 3);
        assert_eq!(error("WEBVTT\n\n0:01 --> 0:02\nx").why, "the times cannot be read");
        assert!(srt("  ").is_err() && srt("no cue here").is_err());
        let long = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{}", "x".repeat(LONGEST_LINE + 1));
        assert_eq!(error(&long).line, 4);
    }

    proptest! {
        #[test]
        fn b08_nothing_breaks_the_reader(text in "\\PC{0,200}", cue in "[0-9:., >-]{0,40}") {
            let _ = vtt(&format!("WEBVTT\n\n{cue}\n{text}"));
            let _ = srt(&format!("{cue}\n{text}"));
        }

        #[test]
        fn words_survive(words in proptest::collection::vec("[a-z]{1,9}", 1..20)) {
            let said = words.join(" ");
            let turns = vtt(&format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{said}")).unwrap().turns;
            prop_assert_eq!(&turns[0].text, &said);
        }
    }
}
