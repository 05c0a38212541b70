//! The rows that `cargo bench --bench versus_python` left, a file each, and the Python on the
//! path.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::criterion::written;
use super::{Machine, MeasuredError, Spread, read_json, rounded};

/// The Python that was measured.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Python {
    /// As `Python 3.15.2`.
    pub version: String,
    /// How it starts processes by default: `fork`, `spawn` or `forkserver`.
    pub start_method: String,
}

impl Python {
    /// The first `python3` on the path, if there is one.
    pub fn on_path() -> Option<Self> {
        let ask = "import multiprocessing, platform
print('Python', platform.python_version())
print(multiprocessing.get_start_method())";
        let output = Command::new("python3").args(["-c", ask]).output().ok()?;
        let answer = String::from_utf8(output.stdout).ok()?;
        let (version, start_method) = answer.trim_end().split_once('\n')?;
        Some(Self {
            version: version.to_owned(),
            start_method: start_method.to_owned(),
        })
    }
}

/// As sources name it.
impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (start method {})", self.version, self.start_method)
    }
}

/// The comparison with Python.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Comparison {
    pub machine: Machine,
    #[serde(flatten)]
    pub python: Python,
    pub workers: u64,
    /// Part of it comes from a short run, which is never recorded.
    #[serde(skip)]
    pub short: bool,
    /// By the names that the benchmark gives them.
    pub rows: BTreeMap<String, Row>,
    /// How many times as long as a bare fork it takes to start and join a process.
    pub start_per_bare_fork: Option<Spread>,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Row {
    pub what: String,
    /// `ns`, or `KiB` of memory.
    pub unit: String,
    /// By Python's default start method.
    pub python: Spread,
    /// By `fork`, where that is not the default and makes a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_by_fork: Option<Spread>,
    pub rust: Spread,
}

/// A row's file.
#[derive(Deserialize)]
struct Left {
    python_version: String,
    start_method: String,
    workers: u64,
    short: bool,
    #[serde(flatten)]
    runs: Runs,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Runs {
    Row {
        what: String,
        unit: Unit,
        python: Vec<f64>,
        python_by_fork: Option<Vec<f64>>,
        rust: Vec<f64>,
    },
    StartPerBareFork {
        ratios: Vec<f64>,
    },
}

#[derive(Deserialize)]
enum Unit {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "KiB")]
    Kibibytes,
}

pub(crate) struct Found {
    pub(crate) name: String,
    python: Python,
    workers: u64,
    pub(crate) short: bool,
    pub(crate) written: SystemTime,
    measured: Figures,
}

enum Figures {
    Row(Row),
    StartPerBareFork(Spread),
}

/// Each row in `folder`, or what is wrong with its file.
pub(crate) fn read(folder: &Path) -> impl Iterator<Item = Result<Found, MeasuredError>> + use<> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    files.filter_map(|path| row(path).transpose())
}

fn row(path: PathBuf) -> Result<Option<Found>, MeasuredError> {
    let Some(left) = read_json::<Left>(&path)? else {
        return Ok(None);
    };
    let measured = figures(left.runs).ok_or_else(|| MeasuredError::NotUnderstood {
        path: path.clone(),
        reason: "it has no runs".to_owned(),
    })?;
    let name = path.file_stem().unwrap_or_default();
    Ok(Some(Found {
        name: name.to_string_lossy().into_owned(),
        python: Python {
            version: left.python_version,
            start_method: left.start_method,
        },
        workers: left.workers,
        short: left.short,
        written: written(path)?,
        measured,
    }))
}

/// One table has one Python, so only rows of the Python that was measured last.
pub(crate) fn comparison(found: impl Iterator<Item = Found>) -> Option<Comparison> {
    let found: Vec<Found> = found.collect();
    let last = found.iter().max_by_key(|found| found.written)?;
    let mut comparison = Comparison {
        machine: Machine::this(last.written),
        python: last.python.clone(),
        workers: last.workers,
        short: false,
        rows: BTreeMap::new(),
        start_per_bare_fork: None,
    };
    for one in found {
        if (&one.python, one.workers) != (&comparison.python, comparison.workers) {
            continue;
        }
        comparison.short |= one.short;
        match one.measured {
            Figures::Row(row) => {
                comparison.rows.insert(one.name, row);
            }
            Figures::StartPerBareFork(ratio) => comparison.start_per_bare_fork = Some(ratio),
        }
    }
    Some(comparison)
}

fn figures(runs: Runs) -> Option<Figures> {
    match runs {
        Runs::Row {
            what,
            unit,
            python,
            python_by_fork,
            rust,
        } => {
            let (unit, factor) = match unit {
                Unit::Seconds => ("ns", 1e9),
                Unit::Kibibytes => ("KiB", 1.0),
            };
            let shown = |value: f64| rounded(value * factor);
            Some(Figures::Row(Row {
                what,
                unit: unit.to_owned(),
                python: spread(python, shown)?,
                python_by_fork: match python_by_fork {
                    Some(runs) => Some(spread(runs, shown)?),
                    None => None,
                },
                rust: spread(rust, shown)?,
            }))
        }
        Runs::StartPerBareFork { ratios } => {
            let shown = |ratio: f64| (ratio * 1000.0).round() / 1000.0;
            spread(ratios, shown).map(Figures::StartPerBareFork)
        }
    }
}

fn spread(mut runs: Vec<f64>, shown: impl Fn(f64) -> f64) -> Option<Spread> {
    runs.sort_by(f64::total_cmp);
    let run = |at: usize| runs.get(at).copied().map(&shown);
    let last = runs.len().checked_sub(1)?;
    Spread::of(run(runs.len() / 2)?, run(0)?, run(last)?)
}
