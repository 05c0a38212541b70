//! What the book says of Python's start methods, with the `python3` of this machine.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use lesson_testing::python;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What it prints, and its errors.
fn run(method: &str, program: &str) -> Option<(String, String)> {
    let program = format!("tests/pythons_start_methods/{program}.py");
    let output = python(180, Some(method), &program)?.output();
    let output = output.expect("timeout starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((text(&output.stdout), text(&output.stderr)))
}

/// How the notes' program ends that uses its results outside of the guard.
#[derive(Debug, PartialEq)]
enum Ending {
    Prints(String),
    Fails,
    /// Workers fail, and are replaced by others that fail.
    NeverEnds,
}

/// Far more than its four workers.
const FAILURES: usize = 12;

fn ending(method: &str) -> Option<Ending> {
    let mut program = python(
        180,
        Some(method),
        "tests/pythons_start_methods/results_outside.py",
    )?
    .process_group(0)
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .expect("timeout starts");
    let errors = BufReader::new(program.stderr.take().expect("stderr is piped")).lines();
    let failures = errors
        .map_while(Result::ok)
        .filter(|line| line.contains("NameError: name 'results' is not defined"))
        .take(FAILURES)
        .count();
    if failures == FAILURES {
        let timeout = Pid::from_raw(program.id().try_into().expect("a pid"));
        kill(timeout, Signal::SIGTERM).expect("timeout is not yet reaped");
    }
    let output = program.wait_with_output().expect("timeout ends");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(match (output.status.success(), failures) {
        (true, 0) => Ending::Prints(printed),
        (false, FAILURES) => Ending::NeverEnds,
        (false, 1..) => Ending::Fails,
        _ => panic!("{failures} failures, {}: {printed}", output.status),
    })
}

#[test]
fn results_outside_of_the_guard_are_there_if_children_are_forked() {
    let results = "Results: [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]\n";
    if let Some(ending) = ending("fork") {
        assert_eq!(ending, Ending::Prints(results.to_owned()));
    }
}

#[test]
fn results_outside_of_the_guard_end_every_spawned_worker() {
    if let Some(ending) = ending("spawn") {
        assert_eq!(ending, Ending::NeverEnds);
    }
}

#[test]
fn results_outside_of_the_guard_end_the_server_of_python_3_14_and_elsewhere_every_worker() {
    let Some(ending) = ending("forkserver") else {
        return;
    };
    let expected = match version() == "3.14" {
        true => Ending::Fails,
        false => Ending::NeverEnds,
    };
    assert_eq!(ending, expected);
}

/// Of the machine's Python, as `3.14`.
fn version() -> String {
    let code = "import sys; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new("python3").args(["-c", code]).output();
    let printed = output.expect("python3 is there").stdout;
    String::from_utf8_lossy(&printed).trim().to_owned()
}

#[test]
fn without_a_guard_the_import_may_start_no_child() {
    let Some((printed, _)) = run("fork", "no_guard") else {
        return;
    };
    assert_eq!(printed, "hello\n");

    for method in ["spawn", "forkserver"] {
        let (printed, errors) = run(method, "no_guard").expect("python3 is there");
        assert_eq!(printed, "", "{method}");
        assert!(errors.contains("RuntimeError"), "{method}: {errors}");
    }
}

#[test]
fn the_server_imports_the_file_once_today_and_a_spawned_child_itself() {
    let Some((forked, _)) = run("fork", "imported") else {
        return;
    };
    assert!(
        forked.starts_with("imported by this process, 1 number\n"),
        "{forked}"
    );
    let (spawned, _) = run("spawn", "imported").expect("python3 is there");
    assert!(
        spawned.starts_with("imported by each child, 3 numbers\n"),
        "{spawned}"
    );
    let (served, _) = run("forkserver", "imported").expect("python3 is there");
    let expected = match served.ends_with("today\n") {
        true => "imported by the server, 1 number\n",
        false => "imported by each child, 3 numbers\n",
    };
    assert!(served.starts_with(expected), "{served}");
}

#[test]
fn a_global_list_stays_empty_in_the_parent() {
    for method in ["fork", "spawn", "forkserver"] {
        let Some((printed, errors)) = run(method, "global_list") else {
            return;
        };
        assert_eq!(printed, "[]\n", "{method}: {errors}");
    }
}

#[test]
fn a_served_child_has_the_environment_that_the_server_was_started_with() {
    for (method, expected) in [
        ("fork", "red blue\n"),
        ("forkserver", "red red\n"),
        ("spawn", "red blue\n"),
    ] {
        let Some((printed, errors)) = run(method, "environment") else {
            return;
        };
        assert_eq!(printed, expected, "{method}: {errors}");
    }
}
