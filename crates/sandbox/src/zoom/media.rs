//! The bytes of recording files: VTT with speakers as Zoom writes it, and small but well-formed MP4 and M4A containers.

use super::world::Turn;

/// Zoom numbers the cues and puts the speaker before the text.
pub(super) fn vtt(turns: &[Turn]) -> String {
    let mut text = String::from("WEBVTT\r\n\r\n");
    for (index, turn) in turns.iter().enumerate() {
        let (from, to) = (clock(turn.start_ms), clock(turn.end_ms));
        let said = turn.text.replace(['\r', '\n'], " ");
        text += &[&(index + 1).to_string(), "\r\n", &from, " --> ", &to, "\r\n", &turn.speaker, ": ", &said, "\r\n\r\n"].concat();
    }
    text
}

fn clock(ms: i64) -> String {
    let (seconds, rest) = (ms / 1000, ms % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{rest:03}")
}

/// An ISO base media file of this brand with `seconds` × 1 kB of payload (at most 64 kB).
pub(super) fn container(brand: [u8; 4], seconds: i64) -> Vec<u8> {
    let payload = usize::try_from(seconds.clamp(1, 64)).unwrap_or(1) * 1024;
    let mut bytes = Vec::with_capacity(payload + 32);
    let head = [brand, [0, 0, 2, 0], brand, *b"isom"].concat();
    for (kind, body) in [(b"ftyp", head), (b"mdat", pattern(payload))] {
        let length = u32::try_from(body.len() + 8).unwrap_or(u32::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(kind);
        bytes.extend(body);
    }
    bytes
}

/// Bytes that differ from place to place, so that a wrong range shows.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251).to_le_bytes()[0]).collect()
}
