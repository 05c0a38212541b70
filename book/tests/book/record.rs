//! What `cargo bench` left, as it is recorded. `tests/measured` is a part of what it left once.

use std::fs;
use std::path::{Path, PathBuf};

use book::record::{Measured, RecordError, Throughput};
use tempfile::TempDir;

use crate::fixture::copy;

const PROCESS: &str = "criterion/Start and join/a process/new/estimates.json";

fn left() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&measured(), folder.path());
    folder
}

fn measured() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/measured")
}

#[test]
fn every_benchmark_is_found_by_its_names() {
    let measured = Measured::in_target(&measured()).unwrap();
    let groups: Vec<_> = measured.benchmarks.keys().collect();
    let expected = ["Count to 240 000", "Send many messages", "Start and join"];
    assert_eq!(groups, expected);
    assert_eq!(measured.count(), (3, 2));

    let process = &measured.benchmarks["Start and join"]["a process"][""];
    assert!(process.low_ns <= process.median_ns && process.median_ns <= process.high_ns);
    assert_eq!(process.throughput, None);

    let counted = &measured.benchmarks["Count to 240 000"]["by threads with one atomic"]["2"];
    assert_eq!(counted.throughput, Some(Throughput::Elements(240_000)));
    let sent = &measured.benchmarks["Send many messages"]["through a pipe"]["8"];
    assert_eq!(sent.throughput, Some(Throughput::Bytes(800)));
}

#[test]
fn the_median_is_criterions() {
    let text = fs::read_to_string(measured().join(PROCESS)).unwrap();
    let estimates: serde_json::Value = serde_json::from_str(&text).unwrap();
    let median = estimates["median"]["point_estimate"].as_f64().unwrap();
    let recorded = Measured::in_target(&measured()).unwrap();
    let process = &recorded.benchmarks["Start and join"]["a process"][""];
    assert!((process.median_ns - median).abs() < 0.1, "{process:?}");
}

#[test]
fn python_stands_beside_in_nanoseconds_and_kibibytes() {
    let python = Measured::in_target(&measured()).unwrap().python.unwrap();
    assert_eq!(
        (python.version.as_str(), python.workers),
        ("Python 3.11.7", 2)
    );
    let map = &python.rows["map_one_by_one"];
    assert_eq!(
        (map.unit.as_str(), map.python.median, map.rust.median),
        ("ns", 45_000.0, 100.0)
    );
    assert_eq!((map.rust.low, map.rust.high), (90.0, 110.0));
    let memory = &python.rows["worker_memory"];
    assert_eq!((memory.unit.as_str(), memory.rust.median), ("KiB", 237.5));
    assert!((python.start_per_bare_fork.median - 1.229).abs() < 1e-9);
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/measured.json");
    let measured = Measured::in_target(&measured()).unwrap();
    measured.write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let again: Measured = serde_json::from_str(&text).unwrap();
    assert_eq!(again, measured);
    assert!(measured.machine.to_string().contains("Linux"));
}

#[test]
fn without_python_the_rest_is_recorded() {
    let left = left();
    fs::remove_file(left.path().join("versus_python.json")).unwrap();
    let measured = Measured::in_target(left.path()).unwrap();
    assert_eq!(
        (measured.python.is_none(), measured.count()),
        (true, (3, 0))
    );
}

#[test]
fn files_that_make_no_sense_are_named() {
    let left = left();
    fs::write(left.path().join(PROCESS), r#"{"mean": 1}"#).unwrap();
    let error = Measured::in_target(left.path()).unwrap_err();
    assert!(matches!(error, RecordError::NotUnderstood { .. }));
    let text = error.to_string();
    assert!(
        text.contains(PROCESS) && text.contains("`median`"),
        "{text}"
    );
}

#[test]
fn nothing_measured_is_an_error_that_tells_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = Measured::in_target(folder.path()).unwrap_err();
    assert!(
        error.to_string().contains("run `cargo bench` first"),
        "{error}"
    );
}
