//! Blocks within Notion's limits (developers.notion.com/reference/request-limits): 2,000 characters a text, 100 texts a block, 100
//! children, one level of nesting inside the own box, 1,000 blocks and 500 kB a request. Nothing is cut away. Pure.

use super::markdown::{Block, Kind, Piece, Style};
use super::wire::{Icon, Link, NewBlock, NewContent, NewText, NewTextContent};

/// Characters of a text, as JavaScript counts them: UTF-16 code units.
const LONGEST_TEXT: usize = 2_000;
/// Texts of a block: half of what Notion takes, so that one block never passes the bytes of a request.
const MOST_TEXTS: usize = 50;
/// Children of a block, and blocks of the first level of a request.
const MOST_CHILDREN: usize = 100;
/// Blocks of a request with all below them; a little is kept for the box around them.
const MOST_BLOCKS: usize = 990;
/// Bytes of a request's blocks; the rest of 500 kB is kept for the properties.
const MOST_BYTES: usize = 400_000;

/// A text's length, as Notion counts it.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Rich text of a plain text.
pub(super) fn plain(text: &str) -> Vec<NewText> {
    texts(&[Piece { text: text.to_owned(), ..Piece::default() }])
}

/// Rich text in pieces that fit.
pub(super) fn texts(pieces: &[Piece]) -> Vec<NewText> {
    pieces.iter().flat_map(|piece| chunks(&piece.text).into_iter().map(|chunk| written(piece, chunk))).collect()
}

fn written(piece: &Piece, chunk: &str) -> NewText {
    NewText {
        kind: "text",
        text: NewTextContent { content: chunk.to_owned(), link: piece.link.as_deref().and_then(link) },
        annotations: piece.styles.iter().map(|style| (style.as_str(), true)).collect(),
    }
}

/// An address that Notion takes as a link; the text of another one stays without.
fn link(address: &str) -> Option<Link> {
    let url: url::Url = address.parse().ok()?;
    let fits = matches!(url.scheme(), "http" | "https" | "mailto") && length(url.as_str()) <= LONGEST_TEXT;
    fits.then(|| Link { url: url.into() })
}

/// Stretches of at most 2,000 characters, without gaps. None of them is empty.
fn chunks(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(overflow(rest));
        all.push(head);
        rest = tail;
    }
    all
}

/// Where a text passes the limit, in bytes.
fn overflow(text: &str) -> usize {
    let mut units = 0;
    for (at, char) in text.char_indices() {
        units += char.len_utf16();
        if units > LONGEST_TEXT {
            return at;
        }
    }
    text.len()
}

/// Blocks to write, within the limits of one block each; below them is one level at most.
pub(super) fn fitted(blocks: Vec<Block>) -> Vec<NewBlock> {
    blocks.into_iter().flat_map(|block| fit(block, false)).collect()
}

/// What one block becomes. `below`: it stands below another already, so that its own children come beside it, marked by a dash.
fn fit(block: Block, below: bool) -> Vec<NewBlock> {
    let Block { kind, text, children } = block;
    let paragraphs = if kind == Kind::Paragraph { by_lines(text) } else { vec![text] };
    let mut out: Vec<NewBlock> = paragraphs.into_iter().flat_map(|text| pieces_of(&kind, &text)).collect();
    if below {
        let deeper = children.into_iter().flat_map(|child| fit(dashed(child), true));
        out.extend(deeper);
        return out;
    }
    let mut inner: Vec<NewBlock> = children.into_iter().flat_map(|child| fit(child, true)).collect();
    // What the block has no room for comes after it.
    let room = room_for(&inner, out.first().map_or(0, bytes));
    let beside = inner.split_off(room);
    if let Some(content) = out.first_mut().and_then(|holder| holder.content.values_mut().next()) {
        content.children = inner;
    }
    out.extend(beside);
    out
}

/// How many children fit into a block that has so many bytes already.
fn room_for(children: &[NewBlock], mut used: usize) -> usize {
    let fits = |child: &&NewBlock| {
        used += bytes(child);
        used <= MOST_BYTES
    };
    children.iter().take(MOST_CHILDREN).take_while(fits).count()
}

fn bytes(block: &NewBlock) -> usize {
    serde_json::to_vec(block).map_or(0, |text| text.len())
}

fn dashed(mut block: Block) -> Block {
    block.text.insert(0, Piece { text: "– ".to_owned(), ..Piece::default() });
    block
}

/// One block, and paragraphs for the texts that it has no room for.
fn pieces_of(kind: &Kind, text: &[Piece]) -> Vec<NewBlock> {
    let texts = texts(text);
    if texts.is_empty() {
        return vec![block(kind, Vec::new())];
    }
    let each = texts.chunks(MOST_TEXTS).enumerate();
    let kind_at = |at: usize| if at == 0 || *kind == Kind::Code { kind.clone() } else { Kind::Paragraph };
    each.map(|(at, texts)| block(&kind_at(at), texts.to_vec())).collect()
}

fn block(kind: &Kind, texts: Vec<NewText>) -> NewBlock {
    let mut content = NewContent { rich_text: Some(texts), ..NewContent::default() };
    let name = match kind {
        Kind::Paragraph => "paragraph",
        Kind::Heading(1) => "heading_1",
        Kind::Heading(2) => "heading_2",
        Kind::Heading(_) => "heading_3",
        Kind::Bullet => "bulleted_list_item",
        Kind::Number => "numbered_list_item",
        Kind::ToDo { done } => {
            content.checked = Some(*done);
            "to_do"
        }
        Kind::Quote => "quote",
        Kind::Code => {
            content.language = Some("plain text");
            "code"
        }
        Kind::Divider => {
            content.rich_text = None;
            "divider"
        }
    };
    NewBlock { kind: name, content: [(name, content)].into() }
}

/// A long paragraph as several, parted where its lines end: a transcript is easier to read and to comment on so.
fn by_lines(text: Vec<Piece>) -> Vec<Vec<Piece>> {
    if text.iter().map(|piece| length(&piece.text)).sum::<usize>() <= LONGEST_TEXT {
        return vec![text];
    }
    let (mut paragraphs, mut current, mut used) = (Vec::new(), Vec::<Piece>::new(), 0);
    for piece in text {
        for line in piece.text.split_inclusive('\n') {
            let ended = current.last().is_some_and(|last| last.text.ends_with('\n'));
            if ended && used + length(line) > LONGEST_TEXT {
                paragraphs.push(without_last_break(std::mem::take(&mut current)));
                used = 0;
            }
            used += length(line);
            match current.last_mut() {
                Some(last) if last.looks_like(&piece) => last.text.push_str(line),
                _ => current.push(Piece { text: line.to_owned(), ..piece.clone() }),
            }
        }
    }
    paragraphs.push(current);
    paragraphs
}

/// Where a paragraph ends, the line does.
fn without_last_break(mut text: Vec<Piece>) -> Vec<Piece> {
    if let Some(last) = text.last_mut() {
        last.text.pop();
    }
    text
}

/// How many blocks these are with all below them.
fn count(block: &NewBlock) -> usize {
    1 + block.content.values().flat_map(|content| &content.children).map(count).sum::<usize>()
}

/// Blocks in groups that one request takes; there is always one.
pub(super) fn batches(blocks: Vec<NewBlock>) -> Vec<Vec<NewBlock>> {
    let mut all = vec![Vec::new()];
    let (mut blocks_used, mut bytes_used) = (0, 0);
    for block in blocks {
        let bytes = bytes(&block);
        let full = |batch: &Vec<NewBlock>| {
            batch.len() == MOST_CHILDREN || blocks_used + count(&block) > MOST_BLOCKS || bytes_used + bytes > MOST_BYTES
        };
        if all.last().is_some_and(|batch| !batch.is_empty() && full(batch)) {
            all.push(Vec::new());
            (blocks_used, bytes_used) = (0, 0);
        }
        blocks_used += count(&block);
        bytes_used += bytes;
        if let Some(batch) = all.last_mut() {
            batch.push(block);
        }
    }
    all
}

/// The own box: what stands in it is ours. The key in its text tells it from others.
pub(super) fn own_box(key: &str, children: Vec<NewBlock>) -> NewBlock {
    let words = Piece::styled("Harmony keeps what is in this box up to date; write around it. ", Style::Italic);
    let mark = Piece::styled(key, Style::Code);
    let content = NewContent {
        rich_text: Some(texts(&[words, mark])),
        icon: Some(Icon { kind: "emoji", emoji: "📝" }),
        children,
        ..NewContent::default()
    };
    NewBlock { kind: "callout", content: [("callout", content)].into() }
}
