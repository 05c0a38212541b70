//! The results that Criterion left in its folder.
//!
//! Their format is private to Criterion and may change with its next version, so only this file
//! reads them, and only what it needs: from each folder `new` the names in `benchmark.json`, the
//! median in `estimates.json` and the number of samples in `sample.json`. `benchmark.json` is
//! written last, so a benchmark without it is still being measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use walkdir::WalkDir;

use super::{MeasuredError, Spread, Throughput, Time, read_json, rounded};

/// `cargo bench` takes 20 samples of each benchmark, unless asked to be quick.
const SAMPLES: usize = 20;

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Amount>,
}

#[derive(Deserialize)]
enum Amount {
    Elements(u64),
    Bytes(u64),
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct Sample {
    times: Vec<f64>,
}

/// A benchmark with one parameter.
pub(crate) struct Found {
    pub(crate) group: String,
    pub(crate) function: String,
    pub(crate) parameter: String,
    pub(crate) time: Time,
    pub(crate) short: bool,
    pub(crate) written: SystemTime,
}

/// Each benchmark in `folder`, or what is wrong with its files.
pub(crate) fn read(folder: &Path) -> impl Iterator<Item = Result<Found, MeasuredError>> {
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let new = entries.filter(|entry| entry.file_name() == "new" && entry.file_type().is_dir());
    new.filter_map(|entry| benchmark(entry.path()).transpose())
}

fn benchmark(new: &Path) -> Result<Option<Found>, MeasuredError> {
    let file = new.join("estimates.json");
    let names = read_json::<Benchmark>(&new.join("benchmark.json"))?;
    let estimates = read_json::<Estimates>(&file)?;
    let sample = read_json::<Sample>(&new.join("sample.json"))?;
    let (Some(names), Some(estimates), Some(sample)) = (names, estimates, sample) else {
        return Ok(None);
    };
    Ok(Some(Found {
        group: names.group_id,
        function: names.function_id.unwrap_or_default(),
        parameter: names.value_str.unwrap_or_default(),
        time: time(&estimates.median, names.throughput, &file)?,
        short: sample.times.len() < SAMPLES,
        written: written(file)?,
    }))
}

fn time(median: &Estimate, throughput: Option<Amount>, file: &Path) -> Result<Time, MeasuredError> {
    let (point, interval) = (median.point_estimate, &median.confidence_interval);
    let [point, low, high] = [point, interval.lower_bound, interval.upper_bound].map(rounded);
    let spread = Spread::of(point, low, high).ok_or_else(|| MeasuredError::NotUnderstood {
        path: file.to_owned(),
        reason: format!("{point} ns, between {low} and {high}, is not a time"),
    })?;
    Ok(Time {
        median_ns: spread.median,
        low_ns: spread.low,
        high_ns: spread.high,
        throughput: throughput.map(|amount| match amount {
            Amount::Elements(count) => Throughput::Elements(count),
            Amount::Bytes(count) => Throughput::Bytes(count),
        }),
    })
}

pub(super) fn written(path: PathBuf) -> Result<SystemTime, MeasuredError> {
    let modified = fs::metadata(&path).and_then(|file| file.modified());
    modified.map_err(|source| MeasuredError::Unreadable { path, source })
}
