//! Captions: `WebVTT` and `SubRip` files as the turns of a transcript. Strict about what it is given, bounded in what it takes,
//! and never panics. Where the files come from is others' business; the words of one cue are read next door.
//!
//! `WebVTT`: <https://www.w3.org/TR/webvtt1/>, section 4 (what may stand in a file) and section 6.4 (cue text). `SubRip`
//! has no standard; what is taken is a counter, `hours:minutes:seconds,milliseconds --> …`, text, a blank line.

#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use self::text::Spoken;
use crate::transcript::{Transcript, Turn};

/// A longer line (in bytes) is refused.
pub const LONGEST_LINE: usize = 64 << 10;
/// A file with more cues is refused. A whole day of speech, a cue a second, has fewer.
pub const MOST_CUES: usize = 100_000;
/// A turn of so many bytes is long enough: the speaker's next cue begins another.
const LONG_TURN: usize = 4_000;

/// Why a caption file is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct CaptionError {
    /// Counted from 1.
    pub line: usize,
    pub reason: Reason,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The first line is not `WEBVTT`.
    NoHeader,
    /// There is no cue in it.
    NoCue,
    /// After the header's lines comes a cue, and no blank line.
    NoBlankLine,
    /// A block that is neither a cue nor a comment.
    NoTime,
    /// A time that is none.
    BadTime,
    /// The cue ends before it starts.
    EndBeforeStart,
    LineTooLong,
    TooManyCues,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader => f.write_str("a WebVTT file begins with `WEBVTT`"),
            Self::NoCue => f.write_str("there is no cue in it"),
            Self::NoBlankLine => f.write_str("a blank line is missing between the header and the first cue"),
            Self::NoTime => f.write_str("a line with `-->` is missing in this block"),
            Self::BadTime => f.write_str("the time is not `hours:minutes:seconds.milliseconds`"),
            Self::EndBeforeStart => f.write_str("the cue ends before it starts"),
            Self::LineTooLong => write!(f, "the line is longer than {LONGEST_LINE} bytes"),
            Self::TooManyCues => write!(f, "there are more than {MOST_CUES} cues"),
        }
    }
}

type Result<T> = std::result::Result<T, CaptionError>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    WebVtt,
    SubRip,
}

/// Reads `WebVTT`. Each cue becomes a turn, one with several voices as many; the same speaker's next cue goes on with it.
/// Speakers are taken from voice tags (`<v Name>`), else from `Name: text` where at least half of the cues begin so.
/// Cues without words are passed over.
///
/// # Errors
/// The first line that does not fit, and why.
pub fn vtt(text: &str) -> Result<Transcript> {
    let mut lines = Lines::of(text);
    let first = lines.next()?.unwrap_or_default();
    if !first.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return Err(lines.wrong(Reason::NoHeader));
    }
    let language = lines.header()?;
    Ok(Transcript { meeting: None, language, turns: turns(&lines.cues(Format::WebVtt)?) })
}

/// Reads `SubRip`, likewise.
///
/// # Errors
/// The first line that does not fit, and why.
pub fn srt(text: &str) -> Result<Transcript> {
    let mut lines = Lines::of(text);
    let cues = lines.cues(Format::SubRip)?;
    if cues.is_empty() {
        return Err(lines.wrong(Reason::NoCue));
    }
    Ok(Transcript { meeting: None, language: None, turns: turns(&cues) })
}

/// A cue: its times, and what is said in it.
struct Cue {
    start_ms: u64,
    end_ms: u64,
    spoken: Vec<Spoken>,
}

fn turns(cues: &[Cue]) -> Vec<Turn> {
    let mut named = 0;
    let mut unnamed = 0;
    for spoken in cues.iter().flat_map(|cue| &cue.spoken).filter(|spoken| spoken.speaker.is_none()) {
        if text::named(&spoken.text).is_some() {
            named += 1;
        } else {
            unnamed += 1;
        }
    }
    let by_prefix = named >= unnamed;
    let mut turns = Vec::with_capacity(cues.len());
    for cue in cues {
        for spoken in &cue.spoken {
            let prefixed = if by_prefix && spoken.speaker.is_none() { text::named(&spoken.text) } else { None };
            let (speaker, text) = match prefixed {
                Some((name, text)) => (Some(name.to_owned()), text),
                None => (spoken.speaker.clone(), spoken.text.as_str()),
            };
            add(&mut turns, Turn { speaker, start_ms: Some(cue.start_ms), end_ms: Some(cue.end_ms), text: text.to_owned() });
        }
    }
    turns
}

/// A turn is one speaker's uninterrupted words: what the same one says next goes on with it.
fn add(turns: &mut Vec<Turn>, turn: Turn) {
    match turns.last_mut() {
        _ if turn.text.is_empty() => {}
        Some(last) if turn.speaker.is_some() && last.speaker == turn.speaker && last.text.len() < LONG_TURN => {
            last.text.push(' ');
            last.text.push_str(&turn.text);
            last.end_ms = last.end_ms.max(turn.end_ms);
        }
        _ => turns.push(turn),
    }
}

/// The lines of a file, however they end: CR LF, LF or CR.
struct Lines<'t> {
    rest: &'t str,
    /// Of the line read last.
    number: usize,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), number: 0 }
    }

    fn wrong(&self, reason: Reason) -> CaptionError {
        CaptionError { line: self.number.max(1), reason }
    }

    /// The next line without its end; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<&'t str>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        // Looks no further than a line may be long, however much comes behind.
        let near = &self.rest.as_bytes()[..self.rest.len().min(LONGEST_LINE + 1)];
        let Some(end) = near.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            if near.len() > LONGEST_LINE {
                return Err(self.wrong(Reason::LineTooLong));
            }
            return Ok(Some(std::mem::take(&mut self.rest)));
        };
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
        Ok(Some(line))
    }

    /// The next line that is not blank.
    fn next_block(&mut self) -> Result<Option<&'t str>> {
        loop {
            match self.next()? {
                Some(line) if is_blank(line) => {}
                other => return Ok(other),
            }
        }
    }

    fn cues(&mut self, format: Format) -> Result<Vec<Cue>> {
        let mut cues = Vec::new();
        while let Some(cue) = self.cue(format)? {
            if cues.len() == MOST_CUES {
                return Err(self.wrong(Reason::TooManyCues));
            }
            cues.push(cue);
        }
        Ok(cues)
    }

    /// The header's further lines, up to the blank one. Some writers put `Language: en` there.
    fn header(&mut self) -> Result<Option<String>> {
        let mut language = None;
        while let Some(line) = self.next()?.filter(|line| !is_blank(line)) {
            if line.contains("-->") {
                return Err(self.wrong(Reason::NoBlankLine));
            }
            if let Some(tag) = line.strip_prefix("Language:").map(str::trim) {
                let plain = !tag.is_empty() && tag.len() <= 35 && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                language = plain.then(|| tag.to_owned());
            }
        }
        Ok(language)
    }

    /// The next cue; comments, styles and regions are passed over.
    fn cue(&mut self, format: Format) -> Result<Option<Cue>> {
        while let Some(first) = self.next_block()? {
            if format == Format::WebVtt && !first.contains("-->") && is_no_cue(first) {
                while self.next()?.is_some_and(|line| !is_blank(line)) {}
                continue;
            }
            let timing = if first.contains("-->") { first } else { self.timing()? };
            let (start_ms, end_ms) = times(timing).ok_or_else(|| self.wrong(Reason::BadTime))?;
            if end_ms < start_ms {
                return Err(self.wrong(Reason::EndBeforeStart));
            }
            let mut text = String::new();
            while let Some(line) = self.next()?.filter(|line| !is_blank(line)) {
                if line.contains("-->") {
                    return Err(self.wrong(Reason::NoBlankLine));
                }
                text.push_str(line);
                text.push('\n');
            }
            let spoken = if format == Format::WebVtt { text::webvtt(&text) } else { text::subrip(&text) };
            return Ok(Some(Cue { start_ms, end_ms, spoken }));
        }
        Ok(None)
    }

    /// The line behind a cue's identifier.
    fn timing(&mut self) -> Result<&'t str> {
        match self.next()? {
            Some(line) if line.contains("-->") => Ok(line),
            _ => Err(self.wrong(Reason::NoTime)),
        }
    }
}

fn is_blank(line: &str) -> bool {
    line.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// `NOTE`, `STYLE` and `REGION` begin blocks that are no cues.
fn is_no_cue(line: &str) -> bool {
    let name = |name: &str| line.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    name("NOTE") || name("STYLE") || name("REGION")
}

/// `start --> end`, with settings behind.
fn times(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_ascii_whitespace().next()?;
    Some((time(start.trim_matches([' ', '\t']))?, time(end)?))
}

/// `[hours:]minutes:seconds.milliseconds`; a comma where `SubRip` has one.
fn time(text: &str) -> Option<u64> {
    let (whole, millis) = text.split_once(['.', ','])?;
    let number = |text: &str, longest: usize| -> Option<u64> {
        let plain = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let below_sixty = |text: &str| number(text, 2).filter(|value| text.len() == 2 && *value < 60);
    let mut parts = whole.rsplit(':');
    let (seconds, minutes) = (below_sixty(parts.next()?)?, below_sixty(parts.next()?)?);
    let hours = parts.next().map_or(Some(0), |text| number(text, 6))?;
    let millis = number(millis, 3).filter(|_| millis.len() == 3)?;
    if parts.next().is_some() {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis)
}
