//! Join links: recognising a video meeting's address in a calendar's texts, and the meeting number in it.
//! Shared by every calendar, so that all name the same conference alike. Knows no tool's API.

use url::Url;

/// A link by which a person joins a video meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinLink {
    pub url: String,
    /// The video tool's own number or code: `abc-mnop-xyz` (Meet), digits (Zoom, newer Teams links) or
    /// `19:meeting_…@thread.v2` (Teams). `None` for personal links, whose number they do not tell.
    pub conference_id: Option<String>,
}

/// What the path of a join link tells of its conference.
#[derive(Debug, PartialEq, Eq)]
enum Code {
    Told(String),
    /// A personal link, or one by a nickname.
    Untold,
}

/// The first join link in a text.
pub fn find(text: &str) -> Option<JoinLink> {
    let starts = text.match_indices("http").map(|(at, _)| at);
    starts.filter_map(|at| text.get(at..)).filter(|rest| rest.starts_with("https://") || rest.starts_with("http://")).find_map(|rest| {
        let stop = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`|\\^{}".contains(c);
        let link = rest.split(stop).next().unwrap_or_default();
        read(link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '*', '_']))
    })
}

/// Reads one address; `None` if it is not a join link of a known video tool.
pub fn read(link: &str) -> Option<JoinLink> {
    let url = unwrapped(Url::parse(link).ok()?);
    let host = url.host_str()?;
    let path: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let code = if host == "meet.google.com" {
        meet_code(&path)?
    } else if ["zoom.us", "zoom.com", "zoomgov.com"].iter().any(|own| is_under(host, own)) {
        zoom_number(&path)?
    } else if ["teams.microsoft.com", "teams.live.com", "gov.teams.microsoft.us"].contains(&host) {
        teams_thread(&path)?
    } else {
        return None;
    };
    let conference_id = match code {
        Code::Told(code) => Some(code),
        Code::Untold => None,
    };
    Some(JoinLink { url: url.into(), conference_id })
}

fn is_under(host: &str, own: &str) -> bool {
    host == own || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.'))
}

/// Google's calendar page wraps links in descriptions as `https://www.google.com/url?q=…`.
fn unwrapped(url: Url) -> Url {
    if url.host_str() != Some("www.google.com") || url.path() != "/url" {
        return url;
    }
    let target = url.query_pairs().find(|(name, _)| name == "q").and_then(|(_, target)| Url::parse(&target).ok());
    target.unwrap_or(url)
}

/// `None`: no join link. So for the other two.
fn meet_code(path: &[&str]) -> Option<Code> {
    match path {
        ["lookup", _] => Some(Code::Untold),
        [code] if code.split('-').map(str::len).eq([3, 4, 3]) => Some(Code::Told(code.to_ascii_lowercase())),
        _ => None,
    }
}

fn zoom_number(path: &[&str]) -> Option<Code> {
    match path {
        ["j" | "w" | "s" | "wc", number, ..] | ["wc", "join", number, ..] if is_number(number) => Some(Code::Told((*number).to_owned())),
        ["my", _] => Some(Code::Untold),
        _ => None,
    }
}

fn teams_thread(path: &[&str]) -> Option<Code> {
    match path {
        ["l", "meetup-join", thread, ..] => Some(Code::Told(decoded(thread))),
        ["meet", number, ..] if is_number(number) => Some(Code::Told((*number).to_owned())),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Percent-decoding (RFC 3986 section 2.1).
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = if first == b'%' { tail.get(..2) } else { None };
        let value = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(value.unwrap_or(first));
        rest = if value.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(link: &str) -> Option<String> {
        read(link).unwrap().conference_id
    }

    #[test]
    fn each_tools_links_are_known_by_their_number() {
        assert_eq!(id("https://meet.google.com/abc-mnop-xyz?authuser=0"), Some("abc-mnop-xyz".to_owned()));
        assert_eq!(id("https://demo.zoom.us/j/93512345678?pwd=QmFzZTY0.1"), Some("93512345678".to_owned()));
        assert_eq!(id("https://zoom.us/wc/join/93512345678"), Some("93512345678".to_owned()));
        assert_eq!(id("https://zoom.us/my/project.manager"), None);
        let teams = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_Nzk5%40thread.v2/0?context=%7b%7d";
        assert_eq!(id(teams), Some("19:meeting_Nzk5@thread.v2".to_owned()));
        assert_eq!(id("https://teams.live.com/meet/9366612345678?p=x"), Some("9366612345678".to_owned()));
    }

    #[test]
    fn other_links_are_not_taken_for_join_links() {
        for other in [
            "https://zoom.us/u/abc",
            "https://zoom.us.evil.example/j/1",
            "https://notzoom.us/j/1",
            "https://zoom.us/rec/share/x",
            "https://meet.google.com/",
            "https://teams.microsoft.com/l/channel/19%3aabc",
            "no address",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn a_link_is_found_in_a_text_and_out_of_its_wrapping() {
        let text = "Agenda: see https://wiki.example/x. Join (https://zoom.us/j/5551234567?pwd=a.b), please.";
        assert_eq!(find(text).unwrap().url, "https://zoom.us/j/5551234567?pwd=a.b");
        let wrapped = "https://www.google.com/url?q=https%3A%2F%2Fzoom.us%2Fj%2F1%3Fpwd%3Dx&sa=D";
        assert_eq!(find(wrapped).unwrap().url, "https://zoom.us/j/1?pwd=x");
        assert_eq!(find("http http:// https://"), None);
    }
}
