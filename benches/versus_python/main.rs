//! `cargo bench --bench versus_python`: the same work by this library and by CPython's
//! `multiprocessing`, in turn, each with two workers.
//!
//! Each row is run several times, now here and now there, so that whatever else the machine does
//! meets both. What is compared is the median. The answers of both must agree. The results are also
//! written to `target/versus_python.json`, for the book.

mod rows;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use rows::{Outcome, WORKERS};
use serde_json::{Value, json};

type Work = fn(u64) -> Outcome;

struct Row {
    /// What the functions in `rows.py` and `rows.rs` are called.
    name: &'static str,
    what: &'static str,
    count: u64,
    ours: Work,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    /// Seconds for the whole row, which are shown for one of its `count` tasks.
    Seconds,
    Kibibytes,
}

#[rustfmt::skip]
const ROWS: [Row; 9] = [
    Row { name: "map_one_by_one", what: "map, one task a chunk, a task", count: 100_000, ours: rows::map_one_by_one, unit: Unit::Seconds },
    Row { name: "map_squares", what: "map of a million squares, an item", count: 1_000_000, ours: rows::map_squares, unit: Unit::Seconds },
    Row { name: "apply", what: "apply, there and back", count: 2000, ours: rows::apply, unit: Unit::Seconds },
    Row { name: "apply_async", what: "apply_async of 20 000, then get, a task", count: 20_000, ours: rows::apply_async, unit: Unit::Seconds },
    Row { name: "imap_unordered", what: "imap_unordered of 20 000, a task", count: 20_000, ours: rows::imap_unordered, unit: Unit::Seconds },
    Row { name: "create_map_close", what: "make a pool, map once, close", count: 20, ours: rows::create_map_close, unit: Unit::Seconds },
    Row { name: "apply_64_mib", what: "apply, 64 MiB there and back", count: 2, ours: rows::apply_64_mib, unit: Unit::Seconds },
    Row { name: "start_and_join", what: "start and join a process", count: 100, ours: rows::start_and_join, unit: Unit::Seconds },
    Row { name: "worker_memory", what: "memory of a worker", count: 1000, ours: rows::worker_memory, unit: Unit::Kibibytes },
];

/// How often each row is run, and by what its count is divided.
struct Effort {
    rounds: usize,
    divisor: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_measured = arguments.iter().any(|argument| argument == "--bench");
    let is_short = env::var_os("BENCH").is_some_and(|length| length == "short");
    let effort = match (is_measured, is_short) {
        (true, false) => Effort {
            rounds: 3,
            divisor: 1,
        },
        (true, true) => Effort {
            rounds: 1,
            divisor: 4,
        },
        (false, _) => Effort {
            rounds: 1,
            divisor: 100,
        },
    };
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    match compare(&effort, wanted.map(String::as_str)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(effort: &Effort, wanted: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let Some(version) = python_version()? else {
        println!("There is no python3 here, so there is nothing to compare with.");
        return Ok(());
    };
    println!(
        "{version} and this library, {WORKERS} workers each, medians of {} runs\n",
        effort.rounds
    );
    println!(
        "{:42}{:>12}{:>12}{:>16}",
        "", "Python", "here", "times cheaper"
    );
    let mut results = Vec::new();
    for row in ROWS
        .iter()
        .filter(|row| wanted.is_none_or(|name| row.name.contains(name)))
    {
        let count = (row.count / effort.divisor).max(1);
        let (mut python, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..effort.rounds {
            let there = by_python(row.name, count)?;
            let here = (row.ours)(count);
            if there.answer != here.answer {
                let (here, there) = (here.answer, there.answer);
                return Err(format!("{}: here it is {here}, in Python {there}", row.name).into());
            }
            python.push(row.unit.for_one(there.measured, count));
            ours.push(row.unit.for_one(here.measured, count));
        }
        let (there, here) = (median(&mut python), median(&mut ours));
        println!(
            "{:42}{:>12}{:>12}{:>16.1}",
            row.what,
            row.unit.show(there),
            row.unit.show(here),
            there / here
        );
        results.push(json!({
            "name": row.name, "what": row.what, "unit": row.unit.name(), "count": count,
            "python": python, "rust": ours,
        }));
    }
    if wanted.is_none() {
        let floor = beside_bare_fork(effort);
        write(&json!({
            "python": version, "workers": WORKERS, "rows": results, "start_and_join_per_bare_fork": floor,
        }))?;
    }
    Ok(())
}

/// How often as long as a bare fork it takes to start and join a process, run by run.
fn beside_bare_fork(effort: &Effort) -> Vec<f64> {
    let count = (200 / effort.divisor).max(1);
    let ratio = |_| rows::start_and_join(count).measured / rows::bare_fork(count).measured;
    let mut ratios: Vec<f64> = (0..5 * effort.rounds).map(ratio).collect();
    let median = median(&mut ratios);
    println!(
        "\nTo start and join a process takes {median:.2} times as long as a bare fork, _exit and waitpid."
    );
    ratios
}

/// `None`: Python is not installed.
fn python_version() -> io::Result<Option<String>> {
    match Command::new("python3").arg("--version").output() {
        Ok(output) => Ok(Some(
            String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn by_python(row: &str, count: u64) -> Result<Outcome, Box<dyn std::error::Error>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/versus_python/rows.py");
    let output = Command::new("python3")
        .arg(script)
        .args([row, &count.to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("rows.py {row} failed: {}", output.status).into());
    }
    let outcome: Value = serde_json::from_slice(&output.stdout)?;
    match (outcome["measured"].as_f64(), outcome["answer"].as_u64()) {
        (Some(measured), Some(answer)) => Ok(Outcome { measured, answer }),
        _ => Err(format!("rows.py {row} printed {outcome}").into()),
    }
}

impl Unit {
    fn for_one(self, measured: f64, count: u64) -> f64 {
        match self {
            Self::Seconds => measured / count as f64,
            Self::Kibibytes => measured,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Kibibytes => "KiB",
        }
    }

    fn show(self, value: f64) -> String {
        match self {
            Self::Seconds if value < 1e-6 => format!("{:.1} ns", value * 1e9),
            Self::Seconds if value < 1e-3 => format!("{:.2} µs", value * 1e6),
            Self::Seconds => format!("{:.2} ms", value * 1e3),
            Self::Kibibytes => format!("{value:.0} KiB"),
        }
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn write(results: &Value) -> io::Result<()> {
    let mut path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    path.set_file_name("versus_python.json");
    fs::write(&path, format!("{results:#}\n"))?;
    println!("\nWritten to {}", path.display());
    Ok(())
}
