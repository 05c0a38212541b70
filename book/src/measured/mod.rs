//! What the benchmarks measured: the reader's own measurements, and those recorded for the book.
//!
//! | file | what it is for |
//! |---|---|
//! | `folder` | where `cargo bench` leaves its results |
//! | `criterion`, `python` | the benchmarks and the comparison with Python in that folder |
//! | `machine` | what they were measured on |
//! | `own` | whatever can be read of the reader's own |
//!
//! The recorded ones are in `book/data/measured.json`, an object of two:
//!
//! - `benchmarks`: group → the machine, and function → parameter (`""` where there is none) → a
//!   [`Time`].
//! - `python`: the machine and the rows of the comparison with Python, or `null`.

pub(crate) mod criterion;
mod folder;
mod machine;
mod own;
pub(crate) mod python;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::project::Project;
pub use folder::Folder;
pub use machine::Machine;
pub(crate) use own::groups;
pub use python::{Comparison, Python, Row};

/// What was measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
pub struct Measured {
    pub benchmarks: BTreeMap<String, Group>,
    pub python: Option<Comparison>,
}

/// A group of benchmarks, measured together.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Group {
    pub machine: Machine,
    /// Part of it comes from a short run, which is never recorded.
    #[serde(skip)]
    pub short: bool,
    /// By name, and their times by parameter.
    pub functions: BTreeMap<String, BTreeMap<String, Time>>,
}

/// How long one run takes, in nanoseconds: the median, and the bounds between which it lies with
/// 95 % confidence.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Time {
    pub median_ns: f64,
    pub low_ns: f64,
    pub high_ns: f64,
    /// How much work one run does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Throughput>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Throughput {
    Elements(u64),
    Bytes(u64),
}

/// A median, and the bounds between which it lies with about 95 % confidence.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum MeasuredError {
    #[error("cannot tell where cargo builds: {0}")]
    NoFolder(String),
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` is not as expected: {reason}", path.display())]
    NotUnderstood { path: PathBuf, reason: String },
    #[error("cannot write `{}`: {source}", path.display())]
    NotWritten { path: PathBuf, source: io::Error },
}

impl Measured {
    /// Where the recorded figures are, from the root of the workspace.
    pub const FILE: &str = "book/data/measured.json";

    /// What was recorded for the book of `project`.
    pub(crate) fn of(project: &Project) -> Result<Self, String> {
        let recorded = Self::recorded(&project.file(Self::FILE));
        let recorded = recorded.map_err(|error| error.to_string())?;
        recorded.ok_or_else(|| {
            let file = Self::FILE;
            format!("no data `{file}`: `cargo run -p book -- record` writes it")
        })
    }

    /// Reads what was recorded; `None` if nothing was.
    pub fn recorded(path: &Path) -> Result<Option<Self>, MeasuredError> {
        read_json(path)
    }

    pub fn times(&self, group: &str, function: &str) -> Option<&BTreeMap<String, Time>> {
        self.benchmarks.get(group)?.functions.get(function)
    }

    pub fn time(&self, group: &str, function: &str, parameter: &str) -> Option<&Time> {
        self.times(group, function)?.get(parameter)
    }

    /// The number of benchmarks, and of rows beside Python.
    pub fn count(&self) -> (usize, usize) {
        let groups = self.benchmarks.values();
        let functions = groups.flat_map(|group| group.functions.values());
        let rows = self.python.as_ref().map_or(0, |python| python.rows.len());
        (functions.map(BTreeMap::len).sum(), rows)
    }

    pub fn write(&self, path: &Path) -> Result<(), MeasuredError> {
        let text = serde_json::to_string_pretty(self).expect("names and numbers become JSON");
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, text + "\n"))
            .map_err(|source| MeasuredError::NotWritten {
                path: path.to_owned(),
                source,
            })
    }
}

impl Spread {
    /// `None` if these numbers are no measurement.
    pub(crate) fn of(median: f64, low: f64, high: f64) -> Option<Self> {
        let is_order = 0.0 < low && low <= median && median <= high && high.is_finite();
        is_order.then_some(Self { median, low, high })
    }

    /// The bounds are more than a fifth of the median apart.
    pub fn is_noisy(&self) -> bool {
        self.high - self.low > self.median / 5.0
    }

    /// What a chart draws: the bounds of a noisy one, otherwise the median.
    pub(crate) fn reach(&self) -> [f64; 2] {
        if self.is_noisy() {
            [self.low, self.high]
        } else {
            [self.median; 2]
        }
    }
}

/// Reads a JSON file; `None` if it does not exist.
fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<T>, MeasuredError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(MeasuredError::Unreadable {
                path: path.to_owned(),
                source,
            });
        }
    };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(MeasuredError::NotUnderstood {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// Further digits carry no information.
fn rounded(nanoseconds: f64) -> f64 {
    (nanoseconds * 10.0).round() / 10.0
}
