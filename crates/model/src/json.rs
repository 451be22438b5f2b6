//! JSON from outside, held to what can be kept exactly: no key twice in one object, no NUL in a text. What its fields mean is
//! read elsewhere.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

/// What cannot be kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// As `meeting.participants[0].name`; empty: the whole.
    pub path: String,
    pub why: &'static str,
}

const TWICE: &str = "this key is given twice";
const NUL: &str = "a text cannot hold the character NUL";

/// Looks for the first flaw. Text that is not JSON has none: whoever reads it says so.
///
/// # Errors
/// The first flaw.
pub fn check(text: &[u8]) -> Result<(), Flaw> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let mut found = None;
    let walk = Walk { path: &mut String::new(), found: &mut found };
    // Its own error only ends the walk.
    let _ = walk.deserialize(&mut reader);
    found.map_or(Ok(()), Err)
}

/// One value of the text, whatever it is.
struct Walk<'w> {
    path: &'w mut String,
    found: &'w mut Option<Flaw>,
}

impl Walk<'_> {
    fn flaw<E: Error>(self, why: &'static str) -> E {
        *self.found = Some(Flaw { path: std::mem::take(self.path), why });
        E::custom(why)
    }

    fn text<E: Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') { Err(self.flaw(NUL)) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let length = self.path.len();
        for at in 0_usize.. {
            self.path.extend(["[", &at.to_string(), "]"]);
            if items.next_element_seed(Walk { path: &mut *self.path, found: &mut *self.found })?.is_none() {
                break;
            }
            self.path.truncate(length);
        }
        self.path.truncate(length);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let length = self.path.len();
        let mut keys = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(&key.replace('\0', "\u{fffd}"));
            if key.contains('\0') {
                return Err(self.flaw(NUL));
            }
            if !keys.insert(key) {
                return Err(self.flaw(TWICE));
            }
            entries.next_value_seed(Walk { path: &mut *self.path, found: &mut *self.found })?;
            self.path.truncate(length);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<(String, &'static str)> {
        check(text.as_bytes()).err().map(|flaw| (flaw.path, flaw.why))
    }

    #[test]
    fn b02_a_key_given_twice_is_named() {
        assert_eq!(place(r#"{"a":1,"b":{"c":[{"d":1},{"d":1,"d":2}]}}"#), Some(("b.c[1].d".into(), TWICE)));
        assert_eq!(place(r#"{"a":1,"\u0061":2}"#), Some(("a".into(), TWICE)), "however it is spelled");
        assert_eq!(place(r#"{"a":{"a":1},"b":{"a":1}}"#), None);
    }

    #[test]
    fn b02_nul_is_named() {
        assert_eq!(place(r#"{"a":["x","\u0000"]}"#), Some(("a[1]".into(), NUL)));
        assert_eq!(place(r#"{"a":"\\u0000"}"#), None, "that is a backslash and letters");
        assert_eq!(place(r#""\u0000""#), Some((String::new(), NUL)));
        assert_eq!(place("{\"a\\u0000b\":1}"), Some(("a\u{fffd}b".into(), NUL)));
    }

    #[test]
    fn what_is_no_json_is_left_to_its_reader() {
        let deep = "[".repeat(100_000);
        for text in ["", "{", "{\"a\":1e400}", "\"\\ud800\"", deep.as_str(), "nul", "\u{feff}{}"] {
            assert_eq!(place(text), None, "{text:.20}");
        }
        assert_eq!(place(r#"{"a":[1,-1,1.5,true,null,"x",{}],"b":[]}"#), None);
    }
}
