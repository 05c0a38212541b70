//! The rows of the table, and how they are printed.

pub(crate) struct Row {
    /// What the functions in `rows.py` and `rows.rs` are called.
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) unit: Unit,
    /// How many tasks are run.
    pub(crate) count: u64,
    /// Whether it depends on how Python starts its processes.
    pub(crate) is_start: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Measured for all tasks, shown for one.
    Seconds,
    Kibibytes,
}

use Unit::{Kibibytes, Seconds};

pub(crate) const ROWS: [Row; 9] = [
    row(
        "map_one_by_one",
        "map, one task a chunk: a task",
        Seconds,
        300_000,
    ),
    row(
        "map_squares",
        "map of a million squares: an item",
        Seconds,
        3_000_000,
    ),
    row("apply", "apply, there and back", Seconds, 2000),
    row(
        "apply_async",
        "apply_async of 20 000, then get: a task",
        Seconds,
        20_000,
    ),
    row(
        "imap_unordered",
        "imap_unordered of 20 000: a task",
        Seconds,
        20_000,
    ),
    start(
        "create_map_close",
        "make a pool, map once, close it",
        Seconds,
        20,
    ),
    row("apply_64_mib", "apply, 64 MiB there and back", Seconds, 6),
    start("start_and_join", "start and join a process", Seconds, 200),
    start("worker_memory", "memory of a worker", Kibibytes, 1000),
];

const fn row(name: &'static str, what: &'static str, unit: Unit, count: u64) -> Row {
    Row {
        name,
        what,
        unit,
        count,
        is_start: false,
    }
}

const fn start(name: &'static str, what: &'static str, unit: Unit, count: u64) -> Row {
    Row {
        is_start: true,
        ..row(name, what, unit, count)
    }
}

impl Unit {
    pub(crate) fn for_one(self, measured: f64, count: u64) -> f64 {
        match self {
            Seconds => measured / count as f64,
            Kibibytes => measured,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Seconds => "s",
            Kibibytes => "KiB",
        }
    }

    fn show(self, value: f64) -> String {
        match self {
            Seconds if value < 1e-6 => format!("{:.1} ns", value * 1e9),
            Seconds if value < 1e-3 => format!("{:.2} µs", value * 1e6),
            Seconds => format!("{:.2} ms", value * 1e3),
            Kibibytes => format!("{value:.0} KiB"),
        }
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

pub(crate) fn print_head() {
    println!(
        "{:42}{:>12}{:>12}{:>16}",
        "", "Python", "here", "times cheaper"
    );
}

pub(crate) fn print(row: &Row, what: &str, python: f64, ours: f64) {
    let (there, here) = (row.unit.show(python), row.unit.show(ours));
    println!("{what:42}{there:>12}{here:>12}{:>16.1}", python / ours);
}
