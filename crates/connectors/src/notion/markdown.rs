//! From `CommonMark` to blocks, before any limit of Notion's is kept. Pure. Plain text is itself: line breaks stay, and HTML is text.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

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

/// A stretch of text in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub bold: bool,
    pub italic: bool,
    pub strikethrough: bool,
    pub code: bool,
    pub link: Option<String>,
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
    style: Piece,
    /// How deep in each style.
    depths: [u32; 3],
    links: Vec<String>,
}

/// Reads a text.
pub(super) fn read(text: &str) -> Vec<Block> {
    let root = Frame { kind: FrameKind::Root, text: Vec::new(), children: Vec::new() };
    let mut reader = Reader { open: vec![root], style: Piece::default(), depths: [0; 3], links: Vec::new() };
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
                self.style.code = true;
                self.say(&text);
                self.style.code = false;
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
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => self.open(FrameKind::Leaf(Kind::Code)),
            Tag::Strong => self.styled(0, 1),
            Tag::Emphasis => self.styled(1, 1),
            Tag::Strikethrough => self.styled(2, 1),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push(dest_url.into_string());
                self.style.link = self.links.last().cloned();
            }
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Strong => self.styled(0, -1),
            TagEnd::Emphasis => self.styled(1, -1),
            TagEnd::Strikethrough => self.styled(2, -1),
            TagEnd::Link | TagEnd::Image => {
                self.links.pop();
                self.style.link = self.links.last().cloned();
            }
            TagEnd::List(_) | TagEnd::Item | TagEnd::BlockQuote(_) | TagEnd::Paragraph | TagEnd::HtmlBlock => self.close(),
            TagEnd::Heading(_) | TagEnd::CodeBlock => self.close(),
            _ => {}
        }
    }

    fn styled(&mut self, which: usize, by: i32) {
        self.depths[which] = self.depths[which].saturating_add_signed(by);
        self.style.bold = self.depths[0] > 0;
        self.style.italic = self.depths[1] > 0;
        self.style.strikethrough = self.depths[2] > 0;
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
        match top.text.last_mut() {
            Some(last) if (Piece { text: String::new(), ..last.clone() }) == self.style => last.text.push_str(text),
            _ => top.text.push(Piece { text: text.to_owned(), ..self.style.clone() }),
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
