//! What `cargo bench --bench versus_python` left in `target/versus_python.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{RecordError, read_json, rounded};

/// The comparison with Python.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
pub struct Comparison {
    pub version: String,
    pub workers: u64,
    /// By the names that the program gives them.
    pub rows: BTreeMap<String, Row>,
    /// How many times as long as a bare fork it takes to start and join a process.
    pub start_per_bare_fork: Spread,
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
pub struct Row {
    pub what: String,
    /// `ns`, or `KiB` of memory.
    pub unit: String,
    pub python: Spread,
    pub rust: Spread,
}

/// The median of some runs, the least and the most.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Deserialize)]
struct Left {
    python: String,
    workers: u64,
    rows: Vec<LeftRow>,
    start_per_bare_fork: Vec<f64>,
}

#[derive(Deserialize)]
struct LeftRow {
    name: String,
    what: String,
    unit: LeftUnit,
    python: Vec<f64>,
    rust: Vec<f64>,
}

#[derive(Deserialize)]
enum LeftUnit {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "KiB")]
    Kibibytes,
}

/// `None`: the comparison was not made.
pub(super) fn read(path: &Path) -> Result<Option<Comparison>, RecordError> {
    let Some(left) = read_json::<Left>(path)? else {
        return Ok(None);
    };
    let comparison = comparison(left).ok_or_else(|| RecordError::NotUnderstood {
        path: path.to_owned(),
        reason: "a row has no runs".to_owned(),
    })?;
    Ok(Some(comparison))
}

fn comparison(left: Left) -> Option<Comparison> {
    let rows: Option<_> = left.rows.into_iter().map(row).collect();
    Some(Comparison {
        version: left.python,
        workers: left.workers,
        rows: rows?,
        start_per_bare_fork: spread(left.start_per_bare_fork, |ratio| {
            (ratio * 1000.0).round() / 1000.0
        })?,
    })
}

fn row(left: LeftRow) -> Option<(String, Row)> {
    let (unit, factor) = match left.unit {
        LeftUnit::Seconds => ("ns", 1e9),
        LeftUnit::Kibibytes => ("KiB", 1.0),
    };
    let row = Row {
        what: left.what,
        unit: unit.to_owned(),
        python: spread(left.python, |value| rounded(value * factor))?,
        rust: spread(left.rust, |value| rounded(value * factor))?,
    };
    Some((left.name, row))
}

fn spread(mut runs: Vec<f64>, shown: impl Fn(f64) -> f64) -> Option<Spread> {
    runs.sort_by(f64::total_cmp);
    Some(Spread {
        median: shown(*runs.get(runs.len() / 2)?),
        low: shown(*runs.first()?),
        high: shown(*runs.last()?),
    })
}
