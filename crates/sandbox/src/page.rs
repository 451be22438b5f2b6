//! The forms of an HTML page, as a browser would send them. Reads plain forms alone: no script, no files, no select.

/// One form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub action: String,
    pub posts: bool,
    pub controls: Vec<Control>,
}

/// One control with a name, or a button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Field { name: String, kind: String, value: String },
    Box { name: String, value: String, ticked: bool },
    Button { name: String, value: String },
}

/// A tag and its attributes.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }
}

/// All forms of a page, in order.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut inside = false;
    for tag in tags(html) {
        match (tag.name.as_str(), inside) {
            ("form", _) => {
                inside = true;
                let posts = tag.get("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                forms.push(Form { action: tag.text("action"), posts, controls: Vec::new() });
            }
            ("/form", _) => inside = false,
            ("input" | "button", true) => {
                if let Some(form) = forms.last_mut() {
                    form.controls.extend(control(&tag));
                }
            }
            _ => {}
        }
    }
    forms
}

fn control(tag: &Tag) -> Option<Control> {
    let (name, kind) = (tag.text("name"), tag.get("type").unwrap_or("text").to_lowercase());
    if tag.name == "button" || kind == "submit" {
        return Some(Control::Button { name, value: tag.text("value") });
    }
    if name.is_empty() {
        return None;
    }
    Some(match kind.as_str() {
        "checkbox" | "radio" => {
            let value = tag.get("value").unwrap_or("on").to_owned();
            Control::Box { name, value, ticked: tag.get("checked").is_some() }
        }
        _ => Control::Field { name, kind, value: tag.text("value") },
    })
}

fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if rest.starts_with('!') {
            continue;
        }
        let Some((tag, behind)) = tag(rest) else {
            break;
        };
        found.push(tag);
        rest = behind;
    }
    found
}

/// Reads from behind `<` to behind `>`.
fn tag(text: &str) -> Option<(Tag, &str)> {
    let end = text.find(|c: char| c.is_whitespace() || c == '>')?;
    let name = text[..end].to_lowercase();
    let mut rest = &text[end..];
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(behind) = rest.strip_prefix('>') {
            return Some((Tag { name, attributes }, behind));
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>')?;
        let attribute = rest[..end].to_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(behind) = rest.strip_prefix('=') {
            let behind = behind.trim_start();
            (value, rest) = match behind.chars().next()? {
                quote @ ('"' | '\'') => behind[1..].split_once(quote)?,
                _ => behind.split_at(behind.find(|c: char| c.is_whitespace() || c == '>')?),
            };
        }
        attributes.push((attribute, unescape(value)));
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_a_browser_would_send_them() {
        let page = "<!doctype html><p>1 < 2</p><form method='POST' action=\"/a?x=1&amp;y=2\"><input type=hidden name=request value=r1>\
            <input name=\"email\" type=\"email\" value=\"a@b\" required><input type=\"checkbox\" name=\"scope\" value=\"read\" checked />\
            <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button></form><input name=\"outside\">";
        let form = Form {
            action: "/a?x=1&y=2".into(),
            posts: true,
            controls: vec![
                Control::Field { name: "request".into(), kind: "hidden".into(), value: "r1".into() },
                Control::Field { name: "email".into(), kind: "email".into(), value: "a@b".into() },
                Control::Box { name: "scope".into(), value: "read".into(), ticked: true },
                Control::Button { name: "decision".into(), value: "deny".into() },
            ],
        };
        assert_eq!(forms(page), [form]);
    }

    #[test]
    fn a_page_that_breaks_off_has_the_forms_that_were_whole() {
        assert_eq!(forms("<form action=\"/x\"><input name=\"a").len(), 1);
        assert!(forms("<").is_empty() && forms("no form").is_empty());
    }
}
