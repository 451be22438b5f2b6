//! Tables in Markdown.

/// A table; a cell's own bars and line breaks do not break it.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let head = row(head.iter().map(|cell| (*cell).to_owned()));
    [head, rule].into_iter().chain(rows.into_iter().map(row)).collect()
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_in_a_cell_stays_in_its_cell() {
        let text = table(&["a", "b"], [vec!["1|2".to_owned(), "3\n4".to_owned()]]);
        assert_eq!(text, "| a | b |\n|---|---|\n| 1\\|2 | 3 4 |\n");
    }
}
