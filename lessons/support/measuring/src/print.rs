//! How the measuring programs print: tables, bars, progress, and what a run says about a claim.

use std::fmt::Display;
use std::io::{IsTerminal, stdout};

use comfy_table::{CellAlignment, Table, TableStyle};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cores;

/// A table in plain text. Its columns are aligned to the right, as figures are; but the first one,
/// and those without a head, to the left.
pub fn table<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> impl Display {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(head);
    table.add_rows(rows);
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if place == 0 { 0 } else { 2 }, 0));
        if place > 0 && !head[place].is_empty() {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A bar that is `width` characters long if `value` is as large as `largest`.
pub fn bar(value: f64, largest: f64, width: usize) -> String {
    let eighths = (value / largest * width as f64 * 8.0).round() as usize;
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + rest
}

/// How far the work is, on a terminal; nothing where the output goes elsewhere.
pub fn progress(steps: usize) -> ProgressBar {
    if !stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {msg}");
    let progress = ProgressBar::new(steps as u64);
    progress.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Says so where `workers` can't all run at once.
pub fn say_if_cores_are_few(workers: usize) {
    let cores = cores();
    if cores < workers {
        println!("\nThe {workers} workers take turns on {cores} core(s).");
    }
}

/// Says whether a claim of the documents holds on this run.
pub fn verdict(claim: &str, holds: bool, because: impl Display) {
    let holds = if holds {
        "it holds"
    } else {
        "it does not hold"
    };
    println!("\nClaim: {claim}\nOn this run {holds}: {because}.");
}

/// Says why this run can't tell whether a claim of the documents holds.
pub fn cannot_tell(claim: &str, because: impl Display) {
    println!("\nClaim: {claim}\nThis run cannot tell: {because}.");
}
