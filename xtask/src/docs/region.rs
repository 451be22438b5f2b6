//! A generated region of a document: `<!-- generated:NAME -->` … `<!-- /generated -->`, each mark on a line of its own.

use anyhow::{Context, Result, bail};

const OPEN: &str = "<!-- generated:";
const CLOSE: &str = "<!-- /generated -->";

/// The text with every region's words replaced by `words(name)`.
pub fn fill(text: &str, mut words: impl FnMut(&str) -> Result<String>) -> Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        filled.push_str(line);
        let Some(name) = line.trim().strip_prefix(OPEN) else { continue };
        let name = name.strip_suffix("-->").with_context(|| format!("the mark `{}` is not closed by `-->`", line.trim()))?.trim();
        filled.push_str(words(name)?.trim());
        filled.push('\n');
        filled.push_str(closing(name, &mut lines)?);
    }
    Ok(filled)
}

/// Leaves the old words behind and returns the closing mark's line.
fn closing<'a>(name: &str, lines: &mut impl Iterator<Item = &'a str>) -> Result<&'a str> {
    for line in lines {
        if line.trim() == CLOSE {
            return Ok(line);
        }
        if line.trim().starts_with(OPEN) {
            break;
        }
    }
    bail!("the region `{name}` is not closed by `{CLOSE}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String> {
        fill(text, |name| Ok(format!("words of {name}\n")))
    }

    #[test]
    fn a_region_is_replaced_and_the_rest_stays_as_it_is() {
        let text =
            "# Head\n<!-- generated:one -->\nold\nold\n<!-- /generated -->\nbetween\n<!-- generated:two -->\n<!-- /generated -->\nend";
        let fresh = "# Head\n<!-- generated:one -->\nwords of one\n<!-- /generated -->\nbetween\n<!-- generated:two -->\nwords of two\n<!-- /generated -->\nend";
        assert_eq!(filled(text).unwrap(), fresh);
        assert_eq!(filled(fresh).unwrap(), fresh, "filling again changes nothing");
        assert_eq!(filled("no region\n").unwrap(), "no region\n");
    }

    #[test]
    fn an_open_region_is_refused() {
        for text in [
            "<!-- generated:one -->\nold\n",
            "<!-- generated:one -->\n<!-- generated:two -->\n<!-- /generated -->\n",
            "<!-- generated:one\n",
        ] {
            assert!(filled(text).is_err(), "{text:?}");
        }
    }
}
