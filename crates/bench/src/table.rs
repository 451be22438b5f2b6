//! The one table that a run prints.

use comfy_table::{Table, presets};

/// One figure.
#[derive(Debug, Clone)]
pub struct Line {
    pub figure: String,
    pub harmony: String,
    /// The yardstick's own figure; empty where there is none.
    pub beside: String,
    pub ratio: String,
    pub aim: &'static str,
    /// `None`: told beside another figure, with no aim of its own.
    pub reached: Option<bool>,
}

impl Line {
    /// A figure that is measured against a fixed aim.
    pub fn alone(figure: impl Into<String>, harmony: impl Into<String>, aim: &'static str, reached: bool) -> Self {
        Self { figure: figure.into(), harmony: harmony.into(), beside: String::new(), ratio: String::new(), aim, reached: Some(reached) }
    }
}

/// As text.
pub fn draw(lines: &[Line]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["Figure", "Harmony", "Beside it", "Ratio", "Aim", "Reached"]);
    for line in lines {
        let reached = line.reached.map_or("", |reached| if reached { "yes" } else { "NO" });
        table.add_row([line.figure.as_str(), &line.harmony, &line.beside, &line.ratio, line.aim, reached]);
    }
    table.to_string()
}

/// Bytes as megabytes of a million each.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", float(bytes) / 1e6)
}

/// For ratios.
#[expect(clippy::cast_precision_loss, reason = "no process and no file here has 2^53 bytes")]
pub const fn float(count: u64) -> f64 {
    count as f64
}
