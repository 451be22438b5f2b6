//! From `CommonMark` to blocks, before any limit of Notion's is kept. Pure. Plain text is itself: line breaks stay, and HTML is text.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A block of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub kind: Kind,
    pub text: Vec<Piece>,
    pub children: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Paragraph,
    /// 1 to 3.
    Heading(u8),
    Bullet,
    Number,
    ToDo {
        done: bool,
    },
    Quote,
    Code,
    Divider,
}

/// A stretch of text in the same styles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub styles: BTreeSet<Style>,
    pub link: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Style {
    Bold,
    Italic,
    Strikethrough,
    Code,
}

impl Style {
    /// Notion's name of it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Strikethrough => "strikethrough",
            Self::Code => "code",
        }
    }
}

impl Piece {
    /// Text in one style.
    pub(super) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), styles: BTreeSet::from([style]), link: None }
    }

    /// Whether both read alike, whatever they say.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        self.styles == other.styles && self.link == other.link
    }
}

impl Block {
    pub(super) const fn of(kind: Kind, text: Vec<Piece>) -> Self {
        Self { kind, text, children: Vec::new() }
    }

    /// A paragraph of one piece.
    pub(super) fn paragraph(piece: Piece) -> Self {
        Self::of(Kind::Paragraph, vec![piece])
    }
}

/// Something that is open while the text is read.
struct Frame {
    kind: FrameKind,
    text: Vec<Piece>,
    children: Vec<Block>,
}

enum FrameKind {
    Root,
    List {
        ordered: bool,
    },
    /// What has text of its own and blocks below: an item, a quote.
    Holder(Kind),
    Leaf(Kind),
}

struct Reader {
    open: Vec<Frame>,
    /// The styles around, from the outermost.
    styles: Vec<Style>,
    links: Vec<String>,
}

/// Reads a text.
pub(super) fn read(text: &str) -> Vec<Block> {
    let root = Frame { kind: FrameKind::Root, text: Vec::new(), children: Vec::new() };
    let mut reader = Reader { open: vec![root], styles: Vec::new(), links: Vec::new() };
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS) {
        reader.take(event);
    }
    while reader.open.len() > 1 {
        reader.close();
    }
    reader.open.pop().map(|root| root.children).unwrap_or_default()
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.say(&text),
            Event::Code(text) => {
                self.styles.push(Style::Code);
                self.say(&text);
                self.styles.pop();
            }
            Event::SoftBreak | Event::HardBreak => self.say("\n"),
            Event::Rule => self.add(Block::of(Kind::Divider, Vec::new())),
            Event::TaskListMarker(done) => {
                if let Some(Frame { kind: FrameKind::Holder(kind), .. }) = self.open.last_mut() {
                    *kind = Kind::ToDo { done };
                }
            }
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(first) => self.open(FrameKind::List { ordered: first.is_some() }),
            Tag::Item => {
                let ordered = matches!(self.open.last(), Some(Frame { kind: FrameKind::List { ordered: true }, .. }));
                self.open(FrameKind::Holder(if ordered { Kind::Number } else { Kind::Bullet }));
            }
            Tag::BlockQuote(_) => self.open(FrameKind::Holder(Kind::Quote)),
            Tag::Paragraph | Tag::HtmlBlock => self.open(FrameKind::Leaf(Kind::Paragraph)),
            Tag::Heading { level, .. } => self.open(FrameKind::Leaf(Kind::Heading((level as u8).min(3)))),
            Tag::CodeBlock(_) => self.open(FrameKind::Leaf(Kind::Code)),
            Tag::Strong => self.styles.push(Style::Bold),
            Tag::Emphasis => self.styles.push(Style::Italic),
            Tag::Strikethrough => self.styles.push(Style::Strikethrough),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.links.push(dest_url.into_string()),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => {
                self.links.pop();
            }
            TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::BlockQuote(_)
            | TagEnd::Paragraph
            | TagEnd::HtmlBlock
            | TagEnd::Heading(_)
            | TagEnd::CodeBlock => self.close(),
            _ => {}
        }
    }

    fn open(&mut self, kind: FrameKind) {
        self.open.push(Frame { kind, text: Vec::new(), children: Vec::new() });
    }

    fn add(&mut self, block: Block) {
        if let Some(top) = self.open.last_mut() {
            top.children.push(block);
        }
    }

    fn say(&mut self, text: &str) {
        let Some(top) = self.open.last_mut() else { return };
        let said = Piece { text: text.to_owned(), styles: self.styles.iter().copied().collect(), link: self.links.last().cloned() };
        match top.text.last_mut() {
            Some(last) if last.looks_like(&said) => last.text.push_str(text),
            _ => top.text.push(said),
        }
    }

    /// Ends the innermost frame: what it holds goes to the one around it.
    fn close(&mut self) {
        let Some(Frame { kind, mut text, children }) = self.open.pop() else { return };
        let Some(around) = self.open.last_mut() else { return };
        match kind {
            FrameKind::Root | FrameKind::List { .. } => around.children.extend(children),
            FrameKind::Holder(kind) => around.children.push(Block { kind, text, children }),
            FrameKind::Leaf(kind) => {
                let first_words = around.text.is_empty() && around.children.is_empty();
                if kind == Kind::Paragraph && first_words && matches!(around.kind, FrameKind::Holder(_)) {
                    around.text = text;
                    return;
                }
                if kind == Kind::Code {
                    trim_end(&mut text);
                }
                around.children.push(Block::of(kind, text));
            }
        }
    }
}

/// The line break before a closing fence is none of the code's.
fn trim_end(text: &mut [Piece]) {
    if let Some(last) = text.last_mut()
        && last.text.ends_with('\n')
    {
        last.text.pop();
    }
}
