//! Tests of `multiprocessing::trace`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::thread;
use std::time::{Duration, Instant};

use multiprocessing::process::{Builder, Process};
use multiprocessing::trace::ENV_VAR;
use multiprocessing::{Error, channel, process};
use nix::sys::signal::{Signal, raise};
use serde_json::Value;

/// Where a test's programs write their trace. It is removed at the end.
struct Trace(PathBuf);

impl Trace {
    fn new() -> Self {
        let name = format!("trace-of-{}.json", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn events(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.0).unwrap();
        assert_eq!(text.len() % 256, 0);
        let text = text.trim_end().trim_end_matches(',');
        serde_json::from_str(&format!("{text}]")).unwrap()
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// In the test: runs it once more, as a program that is traced, and returns how that ended. In that
/// program: runs `f`, and ends.
fn traced(file: &Path, f: impl FnOnce()) -> std::process::ExitStatus {
    if std::env::var_os(ENV_VAR).is_some() {
        f();
        exit(0);
    }
    let mut program = Command::new(std::env::current_exe().unwrap());
    let program = program.args(std::env::args().skip(1)).env(ENV_VAR, file);
    program.status().unwrap()
}

/// The name of each process, and whether all that it began has ended.
fn lanes(events: &[Value]) -> BTreeMap<String, bool> {
    let mut names = BTreeMap::new();
    let mut open = BTreeMap::<u64, i32>::new();
    for event in events {
        let pid = event["pid"].as_u64().unwrap();
        assert_eq!(event["tid"], pid);
        assert!(event["ts"].as_f64().unwrap() > 0.0);
        match event["ph"].as_str().unwrap() {
            "M" => {
                assert_eq!(event["name"], "process_name");
                let name = event["args"]["name"].as_str().unwrap().to_owned();
                names.insert(pid, name);
            }
            "B" => *open.entry(pid).or_default() += 1,
            "E" => *open.entry(pid).or_default() -= 1,
            other => panic!("{other}"),
        }
    }
    // A process may be killed when it has written its name and nothing else.
    let lane = |(pid, name)| (name, open.get(&pid).is_none_or(|&open| open == 0));
    names.into_iter().map(lane).collect()
}

fn parked() {
    loop {
        thread::park();
    }
}

fn each_process_has_a_name_and_a_life() {
    let trace = Trace::new();
    let status = traced(&trace.0, || {
        let child = process::spawn(|| process::spawn(|| ()).unwrap().join().unwrap()).unwrap();
        let named = Builder::new()
            .name("\"quoted\" \u{1}")
            .spawn(|| ())
            .unwrap();
        let long = Builder::new().name("é".repeat(500)).spawn(|| ()).unwrap();
        child.join().unwrap();
        named.join().unwrap();
        long.join().unwrap();
    });
    assert!(status.success());
    let events = trace.events();
    let lanes = lanes(&events);
    assert_eq!(lanes.len(), 5);
    assert!(lanes.values().all(|&ended| ended), "{lanes:?}");
    for name in [
        "MainProcess",
        "Process-1",
        "Process-1:1",
        "\"quoted\" \u{1}",
    ] {
        assert!(lanes.contains_key(name), "{lanes:?}");
    }
    assert!(lanes.keys().any(|name| name.starts_with("éééé")));

    let begins: Vec<_> = events.iter().filter(|event| event["ph"] == "B").collect();
    let main = begins[0];
    assert_eq!(main["name"], "MainProcess");
    for begin in &begins {
        assert_eq!(begin["cat"], "process");
        assert!(begin["args"]["cpu"].is_u64());
    }
    let child = begins
        .iter()
        .find(|begin| begin["name"] == "Process-1")
        .unwrap();
    assert_eq!(child["args"]["parent"], main["pid"]);
    let last = events.last().unwrap();
    assert_eq!((&last["ph"], &last["pid"]), (&"E".into(), &main["pid"]));
    assert!(last["ts"].as_f64() > main["ts"].as_f64());
}

fn every_way_to_end_is_an_end() {
    let trace = Trace::new();
    let status = traced(&trace.0, || {
        let endings: [fn(); 4] = [
            || exit(0),
            || exit(3),
            || panic!("on purpose"),
            || std::process::abort(),
        ];
        for ending in endings {
            assert!(process::spawn(ending).unwrap().join().is_err());
        }
        let (sender, receiver) = channel().unwrap();
        let dropped = process::spawn(move || {
            sender.send(()).unwrap();
            parked();
        });
        receiver.recv().unwrap();
        drop(dropped.unwrap());
    });
    assert!(status.success());
    let lanes = lanes(&trace.events());
    assert_eq!(lanes.len(), 6);
    assert!(lanes.values().all(|&ended| ended), "{lanes:?}");
}

fn those_who_die_with_a_killed_process_end_too() {
    let trace = Trace::new();
    let status = traced(&trace.0, || {
        let (sender, receiver) = channel().unwrap();
        let child = process::spawn(move || {
            let _grandchild = process::spawn(move || {
                sender.send(()).unwrap();
                parked();
            });
            parked();
        });
        let mut child: Process<()> = child.unwrap();
        receiver.recv().unwrap();
        child.kill().unwrap();
        assert!(child.join().is_err());
    });
    assert!(status.success());
    let lanes = lanes(&trace.events());
    assert_eq!(lanes.len(), 3);
    assert!(lanes.values().all(|&ended| ended), "{lanes:?}");
}

fn the_file_is_valid_when_all_are_killed() {
    let trace = Trace::new();
    let status = traced(&trace.0, || {
        let _child = process::spawn(parked).unwrap();
        process::spawn(|| ()).unwrap().join().unwrap();
        raise(Signal::SIGKILL).unwrap();
    });
    assert_eq!(status.signal(), Some(Signal::SIGKILL as i32));
    let lanes = lanes(&trace.events());
    assert!(!lanes["MainProcess"]);
    assert!(lanes["Process-2"]);
}

fn no_event_is_torn_by_kills() {
    let trace = Trace::new();
    let status = traced(&trace.0, || {
        for round in 0..100 {
            let child = process::spawn(|| {
                loop {
                    process::spawn(|| ()).unwrap().join().unwrap();
                }
            });
            let mut child: Process<()> = child.unwrap();
            let start = Instant::now();
            while start.elapsed() < Duration::from_micros(200 + 29 * round) {
                thread::yield_now();
            }
            child.kill().unwrap();
            assert!(child.join().is_err());
        }
    });
    assert!(status.success());
    lanes(&trace.events());
}

fn a_program_run_by_a_traced_one_goes_into_the_same_file() {
    let trace = Trace::new();
    let status = traced(&trace.0, || {
        process::spawn(|| ()).unwrap().join().unwrap();
        if std::env::var_os("NESTED").is_none() {
            let mut nested = Command::new(std::env::current_exe().unwrap());
            let nested = nested.args(std::env::args().skip(1)).env("NESTED", "");
            assert!(nested.status().unwrap().success());
        }
    });
    assert!(status.success());
    let begins = |events: &[Value]| events.iter().filter(|e| e["ph"] == "B").count();
    assert_eq!(begins(&trace.events()), 4);
    // The next program starts anew.
    let again = Command::new(std::env::current_exe().unwrap())
        .args(std::env::args().skip(1))
        .env(ENV_VAR, &trace.0)
        .env("NESTED", "")
        .status();
    assert!(again.unwrap().success());
    assert_eq!(begins(&trace.events()), 2);
}

fn a_file_that_cannot_be_written_is_an_error() {
    let status = traced(Path::new("/proc/no/such/file"), || {
        let error = process::spawn(|| ()).map(drop).unwrap_err();
        assert!(matches!(error, Error::System { .. }), "{error}");
        assert!(error.to_string().contains("/proc/no/such/file"), "{error}");
    });
    assert!(status.success());
}

crate::support::tests!(
    each_process_has_a_name_and_a_life,
    every_way_to_end_is_an_end,
    those_who_die_with_a_killed_process_end_too,
    the_file_is_valid_when_all_are_killed,
    no_event_is_torn_by_kills,
    a_program_run_by_a_traced_one_goes_into_the_same_file,
    a_file_that_cannot_be_written_is_an_error,
);
