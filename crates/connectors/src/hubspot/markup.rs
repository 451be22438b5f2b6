//! Texts as HubSpot shows them: escaped HTML, in pieces that fit a property. Nothing is ever cut away.

use std::fmt::Write as _;

/// What HubSpot takes in the text of a meeting, note or task, in characters of HTML; a little is kept for what joins the pieces.
const MOST: usize = 65_536 - 536;

/// Plain text as HTML with line breaks.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for char in text.chars() {
        push(&mut out, char);
    }
    out
}

fn push(out: &mut String, char: char) {
    match char {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\n' => out.push_str("<br>"),
        '\r' => {}
        other => out.push(other),
    }
}

/// Plain text as HTML in pieces that fit; each but the first says what it continues, each but the last that there is more.
pub(super) fn pieces(text: &str, title: &str) -> Vec<String> {
    let texts = split(text, MOST);
    let count = texts.len();
    let title: String = title.chars().take(60).collect();
    let dressed = texts.into_iter().enumerate().map(|(place, piece)| {
        let mut out = String::new();
        if place > 0 {
            let _ = write!(out, "<strong>{} ({} of {count})</strong><br>", html(&title), place + 1);
        }
        out.push_str(&html(piece));
        if place + 1 < count {
            let _ = write!(out, "<br><em>Continued in a note on the same records ({} of {count}).</em>", place + 2);
        }
        out
    });
    dressed.collect()
}

/// Splits where a paragraph, line, sentence or word ends, so that each piece's HTML has at most `most` characters.
fn split(text: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(end) = overflow(rest, most) {
        let head = &rest[..end];
        let floor = head.len() / 2;
        let cut = ["\n\n", "\n", ". ", " "].iter().find_map(|mark| head.rfind(mark).map(|at| at + mark.len()).filter(|at| *at > floor));
        let (piece, tail) = rest.split_at(cut.unwrap_or(end));
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    pieces
}

/// Where the HTML of a text would pass `most` characters, in bytes of the text; `None`: it fits.
fn overflow(text: &str, most: usize) -> Option<usize> {
    let mut used = 0;
    let mut one = String::new();
    for (at, char) in text.char_indices() {
        one.clear();
        push(&mut one, char);
        used += one.chars().count();
        if used > most {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b26_markup_in_a_text_stays_text() {
        assert_eq!(html("<script>\r\n\"a\" & 'b'"), "&lt;script&gt;<br>&quot;a&quot; &amp; &#39;b&#39;");
    }

    #[test]
    fn a_long_text_is_split_and_nothing_is_lost() {
        let text = "A line that says <em> & ünïcode.\n".repeat(4_000);
        assert_eq!(split(&text, MOST).concat(), text);
        let pieces = pieces(&text, "Weekly");
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.chars().count() <= 65_536));
        assert!(pieces[0].contains("(2 of") && pieces[1].starts_with("<strong>Weekly (2 of"));
    }

    #[test]
    fn a_text_without_any_gap_is_split_too() {
        let text = "é".repeat(MOST + 10);
        let pieces = split(&text, MOST);
        assert_eq!((pieces.len(), pieces.concat()), (2, text.clone()));
        assert_eq!(split("", MOST), [""]);
    }
}
