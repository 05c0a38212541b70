//! Measured speedups, as points over the curve of Amdahl's law.

use serde::Serialize;

use crate::measured::Measured;
use crate::project::Project;

/// The benchmarks that the points come from, by Criterion's names.
const GROUP: &str = "Count 23 million Collatz steps";
const ALONE: &str = "in one process";
const TOGETHER: &str = "by processes";
const START: (&str, &str) = ("Start and join", "a process");

/// What was measured on one machine.
#[derive(Debug, Serialize, PartialEq)]
struct Run {
    whose: &'static str,
    machine: String,
    cores: usize,
    alone_ms: f64,
    /// The time to start and join a process.
    start_ms: Option<f64>,
    /// A number of processes, and how many times as fast as one they were.
    points: Vec<(u32, f64)>,
}

/// The recorded run and the reader's own, as far as they exist, as JSON.
pub(super) fn measured(project: &Project, own: Option<&Measured>) -> Result<String, String> {
    let recorded = Measured::recorded(&project.file(Measured::FILE));
    let recorded = recorded.map_err(|error| error.to_string())?;
    let runs = [
        ("the recorded machine", recorded.as_ref()),
        ("your machine", own),
    ];
    let runs: Vec<Run> = runs
        .into_iter()
        .filter_map(|(whose, measured)| run(whose, measured?))
        .collect();
    Ok(serde_json::to_string(&runs).expect("names and numbers become JSON"))
}

/// `None` if it was not measured.
fn run(whose: &'static str, measured: &Measured) -> Option<Run> {
    let ms = |group: &str, function: &str, parameter: &str| {
        Some(measured.time(group, function, parameter)?.median_ns / 1e6)
    };
    let alone_ms = ms(GROUP, ALONE, "1")?;
    let together = measured.times(GROUP, TOGETHER)?;
    let mut points: Vec<(u32, f64)> = together
        .iter()
        .filter_map(|(workers, time)| {
            Some((workers.parse().ok()?, alone_ms * 1e6 / time.median_ns))
        })
        .collect();
    points.sort_by_key(|(workers, _)| *workers);
    let machine = &measured.benchmarks.get(GROUP)?.machine;
    Some(Run {
        whose,
        machine: machine.to_string(),
        cores: machine.cores,
        alone_ms,
        start_ms: ms(START.0, START.1, ""),
        points,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(groups: &[(&str, String)]) -> Measured {
        let groups = groups.iter().map(|(name, functions)| {
            format!(
                r#""{name}": {{ "machine": {{ "cpu": "A", "cores": 2, "kernel": "Linux 6",
                    "compiler": "rustc 1", "date": "2026-11-22" }}, "functions": {{ {functions} }} }}"#
            )
        });
        let groups = groups.collect::<Vec<_>>().join(",");
        let text = format!(r#"{{ "benchmarks": {{ {groups} }}, "python": null }}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn points_say_how_many_times_as_fast() {
        let time =
            |ms: u32| format!(r#"{{ "median_ns": {ms}e6, "low_ns": {ms}e6, "high_ns": {ms}e6 }}"#);
        let steps = format!(
            r#""{ALONE}": {{ "1": {} }}, "{TOGETHER}": {{ "10": {}, "2": {} }}"#,
            time(80),
            time(32),
            time(50),
        );
        let start = format!(r#""{}": {{ "": {} }}"#, START.1, time(1));
        let run = run("mine", &left(&[(GROUP, steps), (START.0, start)])).unwrap();
        assert_eq!(run.points, [(2, 1.6), (10, 2.5)]);
        assert_eq!(
            (run.alone_ms, run.start_ms, run.cores),
            (80.0, Some(1.0), 2)
        );
    }

    #[test]
    fn what_was_not_measured_has_no_points() {
        assert_eq!(run("mine", &left(&[])), None);
    }

    /// Otherwise the figure would silently lose its points.
    #[test]
    fn the_benchmarks_have_these_names() {
        let read = |name| std::fs::read_to_string(Project::here().file(name)).unwrap();
        let (speedup, start) = (read("benches/speedup.rs"), read("benches/start.rs"));
        let names = [
            (&speedup, GROUP),
            (&speedup, ALONE),
            (&speedup, TOGETHER),
            (&start, START.0),
            (&start, START.1),
        ];
        for (source, name) in names {
            assert!(source.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}
