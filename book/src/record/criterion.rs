//! What Criterion left in `target/criterion`.
//!
//! Its files are its own affair, and may look otherwise in its next version. So they are read here
//! alone, and only what is needed of them: of each folder `new`, the names of the benchmark in
//! `benchmark.json`, and the median in `estimates.json`. A folder that lacks either is passed over;
//! one that has both and makes no sense is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;
use walkdir::WalkDir;

use super::{Group, RecordError, Throughput, Time, read_json, rounded};

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

type Benchmarks = BTreeMap<String, Group>;

/// The benchmarks, and when the last one was measured.
pub(super) fn read(folder: &Path) -> Result<(Benchmarks, SystemTime), RecordError> {
    let mut benchmarks = Benchmarks::new();
    let mut latest = None;
    for entry in WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        if entry.file_name() != "new" || !entry.file_type().is_dir() {
            continue;
        }
        let file = entry.path().join("estimates.json");
        let names = read_json::<Benchmark>(&entry.path().join("benchmark.json"))?;
        let estimates = read_json::<Estimates>(&file)?;
        if let (Some(names), Some(estimates)) = (names, estimates) {
            let written = fs::metadata(&file).and_then(|file| file.modified());
            let written =
                written.map_err(|source| RecordError::Unreadable { path: file, source })?;
            latest = latest.max(Some(written));
            add(&mut benchmarks, names, &estimates.median);
        }
    }
    match latest {
        Some(latest) => Ok((benchmarks, latest)),
        None => Err(RecordError::NothingMeasured(folder.to_owned())),
    }
}

fn add(benchmarks: &mut Benchmarks, names: Benchmark, median: &Estimate) {
    let time = Time {
        median_ns: rounded(median.point_estimate),
        low_ns: rounded(median.confidence_interval.lower_bound),
        high_ns: rounded(median.confidence_interval.upper_bound),
        throughput: names.throughput.map(|amount| match amount {
            Amount::Elements(count) => Throughput::Elements(count),
            Amount::Bytes(count) => Throughput::Bytes(count),
        }),
    };
    let group = benchmarks.entry(names.group_id).or_default();
    let function = group
        .entry(names.function_id.unwrap_or_default())
        .or_default();
    function.insert(names.value_str.unwrap_or_default(), time);
}
