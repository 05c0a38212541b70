//! Recording the results of `cargo bench`. `tests/measured` is a part of real ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use book::figure::chart::ChartError;
use book::measured::{Folder, Measured, MeasuredError, Throughput};
use book::record::{RecordError, fit_to_record, replace_groups};
use tempfile::TempDir;

use crate::fixture::{Fixture, copy};
use crate::results::{Left, age, folder, leave_row};

const PROCESS: &str = "Start and join/a process/new/estimates.json";

fn left() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&measured(), folder.path());
    folder
}

fn measured() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/measured/criterion")
}

fn whole(folder: &Path) -> Result<Measured, RecordError> {
    fit_to_record(&Folder::at(folder))
}

/// A checkout writes files in any order, at any time.
fn own() -> Measured {
    Measured::own(&Folder::at(measured())).unwrap()
}

#[test]
fn every_benchmark_is_found_by_its_names() {
    let measured = own();
    let groups: Vec<_> = measured.benchmarks.keys().collect();
    let expected = ["Count to 240 000", "Send many messages", "Start and join"];
    assert_eq!(groups, expected);
    assert_eq!(measured.count(), (3, 2));

    let process = measured.time("Start and join", "a process", "").unwrap();
    assert!(process.low_ns <= process.median_ns && process.median_ns <= process.high_ns);
    assert_eq!(process.throughput, None);

    let counted = measured.time("Count to 240 000", "by threads with one atomic", "2");
    assert_eq!(
        counted.unwrap().throughput,
        Some(Throughput::Elements(240_000))
    );
    let sent = measured.time("Send many messages", "through a pipe", "8");
    assert_eq!(sent.unwrap().throughput, Some(Throughput::Bytes(800)));
}

#[test]
fn the_median_is_criterions() {
    let text = fs::read_to_string(measured().join(PROCESS)).unwrap();
    let estimates: serde_json::Value = serde_json::from_str(&text).unwrap();
    let median = estimates["median"]["point_estimate"].as_f64().unwrap();
    let recorded = own();
    let process = recorded.time("Start and join", "a process", "").unwrap();
    assert!((process.median_ns - median).abs() < 0.1, "{process:?}");
}

#[test]
fn python_stands_beside_in_nanoseconds_and_kibibytes() {
    let python = own().python.unwrap();
    assert_eq!(
        (python.python.to_string().as_str(), python.workers),
        ("Python 3.15.2 (start method forkserver)", 2)
    );
    let map = &python.rows["map_one_by_one"];
    assert_eq!(
        (map.unit.as_str(), map.python.median, map.rust.median),
        ("ns", 45_000.0, 100.0)
    );
    assert_eq!(map.python_by_fork, None);
    assert_eq!((map.rust.low, map.rust.high), (90.0, 110.0));
    let memory = &python.rows["worker_memory"];
    assert_eq!((memory.unit.as_str(), memory.rust.median), ("KiB", 237.5));
    let by_fork = memory.python_by_fork.map(|spread| spread.median);
    assert_eq!(by_fork, Some(3100.0));
    let start = python.start_per_bare_fork.unwrap();
    assert!((start.median - 1.229).abs() < 1e-9);
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/measured.json");
    let measured = own();
    measured.write(&path).unwrap();
    assert_eq!(Measured::recorded(&path).unwrap(), Some(measured));
}

#[test]
fn without_python_the_rest_is_recorded() {
    let left = left();
    fs::remove_dir_all(left.path().join("versus_python")).unwrap();
    let measured = whole(left.path()).unwrap();
    assert_eq!(
        (measured.python.is_none(), measured.count()),
        (true, (3, 0))
    );
}

#[test]
fn files_that_make_no_sense_are_named() {
    let row = "versus_python/map_one_by_one.json";
    for (file, text) in [
        (PROCESS, r#"{"mean": 1}"#),
        (PROCESS, r#"{"median": {"#),
        (row, "{}"),
        (row, ""),
    ] {
        let left = left();
        fs::write(left.path().join(file), text).unwrap();
        let error = whole(left.path()).unwrap_err();
        assert!(
            matches!(
                error,
                RecordError::Measured(MeasuredError::NotUnderstood { .. })
            ),
            "{error}"
        );
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[test]
fn nothing_measured_is_an_error_that_tells_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = whole(folder.path()).unwrap_err();
    assert!(
        error.to_string().contains("run `cargo bench` first"),
        "{error}"
    );
}

#[test]
fn a_short_run_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let short = Left {
        samples: 10,
        ..Left::of(["A task", "by Python", ""], 1e6)
    };
    short.leave(folder.path());
    let error = whole(folder.path()).unwrap_err();
    assert!(
        matches!(&error, RecordError::Short(name) if name == "A task/by Python"),
        "{error}"
    );
}

#[test]
fn runs_of_different_days_are_not_recorded_together() {
    let folder_of_all = tempfile::tempdir().unwrap();
    let name = ["A task", "by Python", ""];
    Left::of(name, 1e6).leave(folder_of_all.path());
    leave_row(folder_of_all.path(), "apply", "Python 3", [1e-6, 1e-6]);
    whole(folder_of_all.path()).unwrap();

    let day = Duration::from_secs(24 * 60 * 60);
    age(
        &folder(folder_of_all.path(), name).join("estimates.json"),
        day,
    );
    let error = whole(folder_of_all.path()).unwrap_err();
    let RecordError::Mixed { older, newer, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        (older.as_str(), newer.as_str()),
        ("A task/by Python", "versus_python/apply")
    );
}

/// The fixture's recorded figures with those in its `target/criterion` merged in.
fn merged(fixture: &Fixture) -> Result<Measured, RecordError> {
    let recorded = Measured::recorded(&fixture.path(Measured::FILE))?.unwrap();
    let new = whole(&fixture.path("target/criterion"))?;
    replace_groups(new, recorded, &fixture.project())
}

#[test]
fn a_group_is_recorded_and_the_others_stay() {
    let fixture = Fixture::new();
    Left::of(["A new task", "by Python", ""], 7e6).leave(&fixture.path("target/criterion"));
    let recorded = Measured::recorded(&fixture.path(Measured::FILE))
        .unwrap()
        .unwrap();
    let merged = merged(&fixture).unwrap();
    assert_eq!(merged.benchmarks["A task"], recorded.benchmarks["A task"]);
    assert_eq!(
        merged
            .time("A new task", "by Python", "")
            .unwrap()
            .median_ns,
        7e6
    );
    assert_eq!(merged.python, recorded.python);
}

#[test]
fn a_part_of_a_group_is_refused_with_the_chart_that_would_lack_the_rest() {
    let fixture = Fixture::new();
    Left::of(["A task", "by Python", ""], 7e6).leave(&fixture.path("target/criterion"));
    let error = merged(&fixture).unwrap_err();
    let RecordError::Chart(ChartError::NoData {
        chart, benchmark, ..
    }) = &error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (chart.as_str(), benchmark.as_str()),
        ("pools", "A task/by processes/1")
    );
    assert!(
        error.to_string().contains("cargo bench --bench pool"),
        "{error}"
    );
}

#[test]
fn a_part_of_the_comparison_is_refused() {
    let fixture = Fixture::new();
    leave_row(
        &fixture.path("target/criterion"),
        "map",
        "Python 3",
        [1e-6, 1e-6],
    );
    let error = merged(&fixture).unwrap_err().to_string();
    assert!(
        error.contains("`comparison`") && error.contains("`apply`"),
        "{error}"
    );
}

#[test]
fn a_chart_of_two_machines_is_refused() {
    let fixture = Fixture::new();
    let chart = fs::read_to_string(fixture.path("book/charts/pools.toml")).unwrap();
    let other = "\n[[bar]]\nname = 'Another'\nfunction = 'by Python'\ngroup = 'A new task'\n";
    fixture.write("book/charts/pools.toml", &(chart + other));
    Left::of(["A new task", "by Python", ""], 7e6).leave(&fixture.path("target/criterion"));
    let error = merged(&fixture).unwrap_err().to_string();
    assert!(
        error.contains("pools.toml: its groups were measured on different"),
        "{error}"
    );
}

#[test]
fn the_folder_is_where_criterion_and_cargo_say() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    for (variable, inside) in [
        ("CRITERION_HOME", ""),
        ("CARGO_TARGET_DIR", "/criterion"),
        // What `build.target-dir` in a configuration file is called as a variable.
        ("CARGO_BUILD_TARGET_DIR", "/criterion"),
    ] {
        let mut record = Command::new(env!("CARGO_BIN_EXE_book"));
        for other in [
            "CRITERION_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET_DIR",
        ] {
            record.env_remove(other);
        }
        let output = record.arg("record").env(variable, place).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{variable}");
        let told = String::from_utf8(output.stderr).unwrap();
        let expected = format!("nothing is measured in `{place}{inside}`: run `cargo bench` first");
        assert!(told.contains(&expected), "{variable}: {told}");
    }
}
