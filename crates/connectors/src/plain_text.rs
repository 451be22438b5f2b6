//! Descriptions of calendar events as plain text: what is HTML becomes lines, bullets and addresses in brackets.
//! Shared by every calendar. The result is text, not safe HTML: whoever shows it escapes it.

/// Elements that begin and end on a line of their own.
const BLOCKS: [&str; 17] =
    ["blockquote", "body", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "table"];
/// Further elements that are dropped; anything else in angle brackets is what a person wrote.
const DROPPED: [&str; 32] = [
    "a",
    "abbr",
    "b",
    "br",
    "code",
    "em",
    "font",
    "head",
    "html",
    "html-blob",
    "i",
    "img",
    "li",
    "link",
    "meta",
    "ol",
    "s",
    "script",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

/// Reads HTML, or text that is none, as plain text.
pub fn of_html(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        writer.text(before);
        rest = if let Some((tag, tail)) = Tag::read(after) {
            writer.tag(&tag, tail)
        } else {
            writer.text("<");
            after
        };
    }
    writer.text(rest);
    tidied(&writer.out)
}

struct Tag {
    name: String,
    closing: bool,
    href: Option<String>,
}

impl Tag {
    /// What follows a `<`: the tag and the rest behind its `>`. `None`: this was no tag.
    fn read(after: &str) -> Option<(Self, &str)> {
        if let Some(comment) = after.strip_prefix("!--") {
            let tail = comment.split_once("-->").map_or("", |(_, tail)| tail);
            return Some((Self { name: "!--".to_owned(), closing: false, href: None }, tail));
        }
        let (inside, tail) = after.split_once('>')?;
        if inside.contains('<') {
            return None;
        }
        let closing = inside.starts_with('/');
        let body = inside.trim_start_matches('/');
        let name = body.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().to_ascii_lowercase();
        let known = BLOCKS.contains(&name.as_str()) || DROPPED.contains(&name.as_str());
        known.then(|| (Self { href: href(body), name, closing }, tail))
    }
}

fn href(body: &str) -> Option<String> {
    let (_, value) = body.split_once("href=")?;
    let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'');
    let link = match quote {
        Some(quote) => value.get(1..)?.split(quote).next()?,
        None => value.split_whitespace().next()?,
    };
    let link = unescaped(link);
    ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| link.starts_with(scheme)).then_some(link)
}

#[derive(Default)]
struct Writer {
    out: String,
    /// An open link: its address, and where its words begin.
    link: Option<(String, usize)>,
}

impl Writer {
    fn text(&mut self, escaped: &str) {
        self.out.push_str(&unescaped(escaped));
    }

    /// Takes a tag's effect and says where to read on.
    fn tag<'a>(&mut self, tag: &Tag, tail: &'a str) -> &'a str {
        match tag.name.as_str() {
            "br" => self.out.push('\n'),
            "li" if !tag.closing => {
                self.new_line();
                self.out.push_str("• ");
            }
            "li" | "ul" | "ol" | "tr" => self.new_line(),
            "td" | "th" if tag.closing => self.out.push(' '),
            "a" if tag.closing => self.end_link(),
            "a" => self.link = tag.href.clone().map(|href| (href, self.out.len())),
            "script" | "style" | "head" if !tag.closing => {
                let end = format!("</{}", tag.name);
                let at = tail.to_ascii_lowercase().find(&end);
                return at.and_then(|at| tail.get(at..)).unwrap_or_default();
            }
            name if BLOCKS.contains(&name) => self.new_line(),
            _ => {}
        }
        tail
    }

    fn new_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn end_link(&mut self) {
        let Some((href, from)) = self.link.take() else { return };
        let words = self.out.get(from..).unwrap_or_default().trim();
        if words.is_empty() {
            self.out.push_str(&href);
        } else if !href.trim_end_matches('/').ends_with(words.trim_end_matches('/')) {
            self.out.push_str(" (");
            self.out.push_str(&href);
            self.out.push(')');
        }
    }
}

/// The character references that a rich-text editor writes (HTML section 13.5), and every numeric one.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        rest = if let Some((character, tail)) = reference.and_then(|(name, tail)| Some((character(name)?, tail))) {
            out.push(character);
            tail
        } else {
            out.push('&');
            after
        };
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')?
        }
    })
}

/// No spaces at line ends, at most one empty line in a row, none at the edges.
fn tidied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::of_html;

    #[test]
    fn rich_text_becomes_lines_bullets_and_addresses() {
        let html = "<html-blob><p>Hello&nbsp;<b>team</b>,</p><ul><li>one &amp; two</li><li><a href=\"https://x.example/?a=1&amp;b=2\">notes</a></li></ul>\
                    <a href='https://y.example/'>https://y.example</a><br><br><br>bye<script>alert(1)</script></html-blob>";
        assert_eq!(of_html(html), "Hello team,\n• one & two\n• notes (https://x.example/?a=1&b=2)\nhttps://y.example\n\nbye");
    }

    #[test]
    fn what_is_no_html_stays_as_it_was_written() {
        for text in ["a < b and c > d", "Project Manager <project.manager@demo.example>", "AT&T; R&D", "1 << 2", "<", "&#0;", "x\n\ny"] {
            assert_eq!(of_html(text), text);
        }
    }

    #[test]
    fn an_open_comment_or_script_swallows_the_rest_and_no_more() {
        assert_eq!(of_html("a<!-- b"), "a");
        assert_eq!(of_html("a<style>b"), "a");
        assert_eq!(of_html("a<!-- b -->c"), "ac");
        assert_eq!(of_html("a<SCRIPT>é</SCRIPT>b"), "ab");
    }
}
