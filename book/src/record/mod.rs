//! Keeps what `cargo bench` measured: `book/data/measured.json`, for the book to draw.
//!
//! The file is an object of three:
//!
//! - `machine`: what it was measured on, and when.
//! - `benchmarks`: group → function → parameter (`""` where there is none) → a [`Time`].
//! - `python`: the rows of the comparison with Python, or `null` where it was not made.
//!
//! Figures are never edited by hand. To have others, measure and record again; what is not
//! measured any more is then gone.

mod criterion;
mod machine;
mod python;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::project::Project;
pub use machine::Machine;
pub use python::{Comparison, Row};

/// What was measured on one machine.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
pub struct Measured {
    pub machine: Machine,
    pub benchmarks: BTreeMap<String, Group>,
    pub python: Option<Comparison>,
}

/// The functions of a group by name, and their times by parameter.
pub type Group = BTreeMap<String, BTreeMap<String, Time>>;

/// How long one run takes, in nanoseconds: the median, and the bounds between which it lies with
/// 95 % confidence.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
pub struct Time {
    pub median_ns: f64,
    pub low_ns: f64,
    pub high_ns: f64,
    /// How much is done in one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Throughput>,
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Throughput {
    Elements(u64),
    Bytes(u64),
}

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("nothing is measured in `{}`: run `cargo bench` first", .0.display())]
    NothingMeasured(PathBuf),
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` is not as expected: {reason}", path.display())]
    NotUnderstood { path: PathBuf, reason: String },
    #[error("cannot tell what machine this is: {0}")]
    Machine(String),
    #[error("cannot write `{}`: {source}", path.display())]
    NotWritten { path: PathBuf, source: io::Error },
}

impl Measured {
    /// Reads what was measured, from the folder that cargo builds into.
    pub fn in_target(target: &Path) -> Result<Self, RecordError> {
        let (benchmarks, latest) = criterion::read(&target.join("criterion"))?;
        Ok(Self {
            machine: Machine::this(latest)?,
            benchmarks,
            python: python::read(&target.join("versus_python.json"))?,
        })
    }

    /// What was recorded for the book of `project`.
    pub(crate) fn of(project: &Project) -> Result<Self, String> {
        const FILE: &str = "book/data/measured.json";
        let recorded = Self::recorded(&project.file(FILE)).map_err(|error| error.to_string())?;
        recorded.ok_or_else(|| format!("no data `{FILE}`: `cargo run -p book -- record` writes it"))
    }

    /// Reads what was recorded. `None`: nothing was.
    pub fn recorded(path: &Path) -> Result<Option<Self>, RecordError> {
        read_json(path)
    }

    /// The number of benchmarks, and of rows beside Python.
    pub fn count(&self) -> (usize, usize) {
        let functions = self.benchmarks.values().flat_map(BTreeMap::values);
        let rows = self.python.as_ref().map_or(0, |python| python.rows.len());
        (functions.map(BTreeMap::len).sum(), rows)
    }

    pub fn write(&self, path: &Path) -> Result<(), RecordError> {
        let text = serde_json::to_string_pretty(self).expect("names and numbers become JSON");
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, text + "\n"))
            .map_err(|source| RecordError::NotWritten {
                path: path.to_owned(),
                source,
            })
    }
}

/// Reads a JSON file. `None`: there is none.
fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<T>, RecordError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(RecordError::Unreadable {
                path: path.to_owned(),
                source,
            });
        }
    };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(RecordError::NotUnderstood {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// More digits than this say nothing.
fn rounded(nanoseconds: f64) -> f64 {
    (nanoseconds * 10.0).round() / 10.0
}
