//! A message of ours as Slack messages: Block Kit blocks within Slack's limits, the rest as parts for the thread.
//! Pure; nothing is ever cut off, only carried over.

use connector_kit::{Secret, signature};
use model::message::{Block, Message};
use url::Url;

use super::wire::{self, Marker, Metadata, Text};

/// Characters of a header block.
const HEADER: usize = 150;
/// Characters of a section's text.
const SECTION: usize = 3_000;
/// Characters of a message's own text, which notifications show.
const FALLBACK: usize = 3_000;
/// Blocks of one message.
const BLOCKS: usize = 50;
/// Bytes of one message's blocks as JSON. Slack publishes no number and refuses at about 13,200
/// (github.com/slackapi/bolt-js/issues/2509).
const BLOCK_BYTES: usize = 12_000;

/// One Slack message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// Shown by notifications, and by clients that show no blocks.
    pub text: String,
    pub blocks: Vec<wire::Block>,
}

/// What a Slack message of ours is; the marker's `event_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The item itself: the first message, and what did not fit into it below.
    Item,
    /// A later form of the item, below it.
    Edit,
}

impl Role {
    /// As Slack keeps it.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Item => "harmony_message",
            Self::Edit => "harmony_edit",
        }
    }

    /// The role of that name; `None`: the message is some other app's.
    pub fn of(event_type: &str) -> Option<Self> {
        [Self::Item, Self::Edit].into_iter().find(|role| role.event_type() == event_type)
    }
}

/// The marker of one part.
pub fn marker(role: Role, key: &str, content: &str, part: usize) -> Metadata {
    Metadata { event_type: role.event_type(), event_payload: Marker { key: key.to_owned(), part, content: content.to_owned() } }
}

/// A digest of what an item says, to know a message of ours from an earlier form of it.
pub fn content(key: &str, parts: &[Part]) -> String {
    let text = serde_json::to_string(parts).unwrap_or_default();
    let digest = signature::hmac_hex(&Secret::from(key), &[text.as_bytes()]);
    digest.chars().take(32).collect()
}

/// The messages that one item takes; never none.
pub fn parts(message: &Message) -> Vec<Part> {
    let fallback = escaped(&message.fallback);
    let mut blocks: Vec<wire::Block> = Vec::new();
    let whole = fallback.chars().count() <= FALLBACK;
    if message.blocks.is_empty() || !whole {
        blocks.extend(section(&message.fallback));
    }
    blocks.extend(message.blocks.iter().flat_map(block));
    let text =
        if whole { fallback } else { format!("{}…", pieces(&message.fallback, FALLBACK - 1).first().cloned().unwrap_or_default()) };
    let mut parts: Vec<Part> = Vec::new();
    let mut bytes = 0;
    for block in blocks {
        let size = serde_json::to_string(&block).map_or(0, |json| json.len() + 1);
        if let Some(part) = parts.last_mut().filter(|part| part.blocks.len() < BLOCKS && bytes + size <= BLOCK_BYTES) {
            part.blocks.push(block);
        } else {
            parts.push(Part { text: text.clone(), blocks: vec![block] });
            bytes = 0;
        }
        bytes += size;
    }
    if parts.is_empty() {
        parts.push(Part { text, blocks: Vec::new() });
    }
    parts
}

fn block(block: &Block) -> Vec<wire::Block> {
    match block {
        Block::Heading { text } => {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            pieces(&line, HEADER).into_iter().map(|text| wire::Block::Header { text: Text::PlainText { text } }).collect()
        }
        Block::Text { text } => section(text),
        Block::List { items } => section(&items.iter().map(|item| format!("• {item}")).collect::<Vec<_>>().join("\n")),
        Block::Link { label, url } => link(label, url),
    }
}

/// Plain text is shown as it is: no `*bold*`, no mentions, no link previews out of a person's words.
fn section(text: &str) -> Vec<wire::Block> {
    pieces(text, SECTION).into_iter().map(|text| wire::Block::Section { text: Text::PlainText { text } }).collect()
}

/// `<address|label>`. An address that is none, or that does not fit, is shown as text.
fn link(label: &str, address: &str) -> Vec<wire::Block> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
    let linked = url.map(|url| {
        let target = url.as_str().replace('|', "%7C").replace('&', "&amp;").replace('<', "%3C").replace('>', "%3E");
        let label = escaped(&label.split_whitespace().collect::<Vec<_>>().join(" "));
        if label.is_empty() { format!("<{target}>") } else { format!("<{target}|{label}>") }
    });
    match linked.filter(|text| text.chars().count() <= SECTION) {
        Some(text) => vec![wire::Block::Section { text: Text::Mrkdwn { text, verbatim: true } }],
        None => section(&format!("{label}\n{address}")),
    }
}

/// Slack's three control characters (docs.slack.dev/messaging/formatting-message-text), and the three words that call
/// everybody: a word joiner keeps them words.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' if ["here", "channel", "everyone"].iter().any(|word| starts_with(rest, word)) => out.push_str("@\u{2060}"),
            c => out.push(c),
        }
    }
    out
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Escapes a text and splits it into pieces of at most `most` characters, at line ends or spaces where there are any.
/// Empty texts give no piece: Slack refuses them.
fn pieces(text: &str, most: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(fitting(rest, most));
        pieces.push(escaped(piece.trim_end()));
        rest = tail.trim_start();
    }
    pieces
}

/// How many bytes of the text fit, escaped, into `most` characters. At least one character always does.
fn fitting(text: &str, most: usize) -> usize {
    let mut used = 0;
    let (mut line_end, mut space) = (None, None);
    for (at, c) in text.char_indices() {
        used += match c {
            '&' => 5,
            '<' | '>' => 4,
            '@' => 2,
            _ => 1,
        };
        if used > most && at > 0 {
            // A break that would waste more than half of the piece is not worth it.
            return line_end.or(space).filter(|end| *end > at / 2).or(space.filter(|end| *end > at / 2)).unwrap_or(at);
        }
        match c {
            '\n' => line_end = Some(at),
            c if c.is_whitespace() => space = Some(at),
            _ => {}
        }
    }
    text.len()
}
