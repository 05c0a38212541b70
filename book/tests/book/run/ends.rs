//! Whatever happens, a run ends, and nothing of it is left.

use std::env;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use book::run::Rules;
use serde_json::Value;

use super::{Page, all, assert_all_end, events, served, the};
use crate::served::rules;

/// The endless program and its two descendants.
const FAMILY: usize = 3;

#[test]
fn an_endless_program_is_ended() {
    let (_fixture, page, alive) = served(Rules {
        time: Duration::from_millis(500),
        ..rules()
    });
    let answer = page.order("lesson1/endless", "rust");
    let family = alive.lines(FAMILY);
    let events: Vec<Value> = events(answer).collect();
    let ended = the(&events, "ended");
    assert_eq!(ended["well"], false);
    let text = ended["text"].as_str().unwrap();
    assert!(text.ends_with("it may run for at most 500 ms."), "{text}");
    assert_all_end(family);
}

#[test]
fn a_program_that_ignores_sigterm_is_killed() {
    let (_fixture, page, alive) = served(rules());
    let answer = page.order("lesson1/endless", "python");
    if !has_python() {
        assert!(all(answer).starts_with("HTTP/1.1 400"));
        return;
    }
    let both = alive.lines(2);
    drop(answer);
    assert_all_end(both);
}

fn has_python() -> bool {
    let version = Command::new("python3").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

#[test]
fn a_program_ends_when_its_page_stops_reading() {
    let (_fixture, page, alive) = served(rules());
    let answer = page.order("lesson1/endless", "rust");
    let family = alive.lines(FAMILY);
    drop(answer);
    assert_all_end(family);
}

/// As the server's own end: the process at the other end of the socket is killed.
#[test]
fn a_program_ends_with_the_process_that_asked_for_it() {
    let (fixture, page, alive) = served(rules());
    let answer = page.order("lesson1/endless", "rust");
    drop(alive.lines(FAMILY));
    drop(answer);

    let (line, supervisors) = UnixStream::pair().unwrap();
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into());
    let mut supervisor = Command::new(rules().supervisor)
        .args(["run-for-a-page", "--"])
        .arg(Path::new(&target).join("debug/endless"))
        .current_dir(fixture.path(""))
        .stdin(OwnedFd::from(supervisors))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Each in one expression: a `Command` that stays alive would keep its end of the socket open.
    let mut asking = Command::new("sleep")
        .arg("infinity")
        .stdin(OwnedFd::from(line))
        .spawn()
        .unwrap();
    let family = alive.lines(FAMILY);
    asking.kill().unwrap();
    asking.wait().unwrap();
    assert_all_end(family);
    assert!(supervisor.wait().unwrap().success());
}

#[test]
fn a_gigabyte_of_output_is_cut_and_its_program_ended() {
    let (_fixture, page, alive) = served(rules());
    let answer = page.order("lesson1/flood", "rust");
    let flood = alive.lines(1);
    let events: Vec<Value> = events(answer).collect();
    let text = the(&events, "ended")["text"].as_str().unwrap();
    assert!(text.ends_with("it may print at most 1000 kB."), "{text}");
    let printed = events.iter().filter_map(|event| match &event["event"] {
        kind if kind == "output" => event["text"].as_str(),
        _ => None,
    });
    let printed: usize = printed.map(str::len).sum();
    assert!((1_000_000..1_100_000).contains(&printed), "{printed}");
    assert_all_end(flood);
}

#[test]
fn what_a_program_leaves_behind_is_ended() {
    let (_fixture, page, alive) = served(rules());
    let answer = page.order("lesson1/leaves_one_behind", "rust");
    let left = alive.lines(1);
    let events: Vec<Value> = events(answer).collect();
    let text = the(&events, "ended")["text"].as_str().unwrap();
    assert!(text.starts_with("Exit status 0, after "), "{text}");
    assert_all_end(left);
}

#[test]
fn a_pages_next_run_ends_the_one_before() {
    let (_fixture, page, alive) = served(rules());
    let answer = page.order("lesson1/endless", "rust");
    let family = alive.lines(FAMILY);
    let other = Page::load(page.address);
    let others = other.order("lesson1/endless", "rust");
    let others_family = alive.lines(FAMILY);

    let again = page.order("lesson1/endless", "rust");
    let events: Vec<Value> = events(answer).collect();
    let text = the(&events, "ended")["text"].as_str().unwrap();
    assert!(text.ends_with("you stopped it."), "{text}");
    assert_all_end(family);
    let family = alive.lines(FAMILY);
    drop((again, others));
    assert_all_end(family);
    assert_all_end(others_family);
}

#[test]
fn a_page_that_never_reads_does_not_keep_its_slot() {
    let (_fixture, page, alive) = served(Rules {
        at_once: 1,
        output: 1 << 30,
        unread: Duration::from_millis(200),
        ..rules()
    });
    let unread = page.order("lesson1/flood", "rust");
    assert_all_end(alive.lines(1));
    // The slot is free while the connection is still open.
    let other = Page::load(page.address).order("lesson1/endless", "rust");
    let family = alive.lines(FAMILY);
    drop((other, unread));
    assert_all_end(family);
}

#[test]
fn the_number_of_runs_over_all_pages_is_limited() {
    let (_fixture, page, alive) = served(Rules {
        at_once: 1,
        ..rules()
    });
    let answer = page.order("lesson1/endless", "rust");
    let family = alive.lines(FAMILY);
    let second = all(Page::load(page.address).order("lesson1/endless", "rust"));
    assert!(second.starts_with("HTTP/1.1 429"), "{second}");
    drop(answer);
    assert_all_end(family);
}
