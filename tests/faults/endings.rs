//! Workers that end, and tasks that end them.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::panic::catch_unwind;
use std::process::{Command, abort, exit};
use std::thread::{park, sleep};
use std::time::{Duration, Instant};

use multiprocessing::process::current;
use multiprocessing::{Cause, Error, Pool, Signal, StartMethod, TaskError};
use nix::sys::signal::{Signal as Known, kill, raise};
use nix::unistd::Pid;

use crate::support::circumstances::prepared_by;
use crate::support::methods::{by, pool_of};

/// The pids of all workers: each is at a task that takes a while.
pub(crate) fn pids(pool: &mut Pool) -> BTreeSet<u32> {
    let task = |_: usize| {
        sleep(Duration::from_millis(2));
        current().pid()
    };
    let mut pids = BTreeSet::new();
    while pids.len() < pool.workers() {
        let tasks = 0..10 * pool.workers();
        pids.extend(pool.map_chunked(task, tasks, 1).expect("results"));
    }
    pids
}

pub(crate) fn send(signal: Known, pid: u32) {
    kill(Pid::from_raw(pid as i32), signal).expect("a process");
}

/// What became of 20 tasks in `workers`, of which the one with the number 3 does `f`.
fn fate_of_3(f: fn(u32) -> u32) -> TaskError {
    let mut pool = pool_of(2);
    let before = pids(&mut pool);
    let mut results = pool.map_results(f, 0..20).expect("results");
    let fate = results.remove(3).expect_err("no result");
    let others: Result<Vec<u32>, TaskError> = results.into_iter().collect();
    let others = others.expect("the results of the others");
    assert!(others.into_iter().eq((0..20).filter(|x| *x != 3)));
    assert_eq!(fate.index, 3);
    assert!(before.contains(&fate.worker.pid), "{fate} of {before:?}");
    // The pool is usable, and has two workers again.
    let after = pids(&mut pool);
    assert!(!after.contains(&fate.worker.pid));
    assert_eq!(before.intersection(&after).count(), 1, "one was replaced");
    // And the call that asks for all or nothing says the same.
    match pool.map(f, 0..20) {
        Err(Error::Task(error)) => {
            assert_eq!((error.index, &error.worker.cause), (3, &fate.worker.cause));
        }
        other => panic!("{other:?}"),
    }
    fate
}

pub(crate) fn a_busy_worker_is_killed() {
    let fate = fate_of_3(|x| {
        if x == 3 {
            raise(Known::SIGKILL).expect("not reached");
        }
        x
    });
    assert_eq!(fate.worker.cause, Cause::Signal(Signal(9)));
    let text = fate.to_string();
    let expected = format!(
        "item 3: {} (pid {}) was killed by SIGKILL",
        fate.worker.name, fate.worker.pid
    );
    assert_eq!(text, expected);
}

/// The caller hears of it at once, and not when the other tasks are done.
pub(crate) fn a_death_is_heard_of_at_once() {
    let mut pool = pool_of(2);
    let task = |x: u32| {
        if x == 1 {
            raise(Known::SIGKILL).expect("not reached");
        }
        loop {
            park();
        }
    };
    let start = Instant::now();
    let error = pool.map_chunked(task, 0..2_u32, 1).map(|_: Vec<()>| ());
    assert!(
        matches!(&error, Err(Error::Task(task)) if task.index == 1),
        "{error:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

pub(crate) fn idle_workers_are_killed() {
    let mut pool = pool_of(2);
    for _ in 0..20 {
        let before = pids(&mut pool);
        before.iter().for_each(|pid| send(Known::SIGKILL, *pid));
        let squares = pool.map(|x: u64| x * x, 0..100).expect("results");
        assert!(squares.into_iter().eq((0..100).map(|x| x * x)));
        let after = pids(&mut pool);
        assert!(before.is_disjoint(&after));
    }
    pids(&mut pool)
        .iter()
        .for_each(|pid| send(Known::SIGKILL, *pid));
    pool.close().expect("closed");
}

pub(crate) fn the_task_calls_exit() {
    let fate = fate_of_3(|x| if x == 3 { exit(5) } else { x });
    assert_eq!(fate.worker.cause, Cause::Exit(5));
    let fate = fate_of_3(|x| if x == 3 { exit(0) } else { x });
    assert_eq!(fate.worker.cause, Cause::Exit(0));
    assert!(
        fate.to_string()
            .ends_with("exited with code 0 before it gave its answer")
    );
}

/// Without any code of the library or of Rust's that could tell.
pub(crate) fn the_task_leaves_or_aborts() {
    let fate = fate_of_3(|x| if x == 3 { abort() } else { x });
    assert_eq!(fate.worker.cause, Cause::Signal(Signal(6)));
    let fate = fate_of_3(|x| {
        if x == 3 {
            panic!("{}", Command::new("sh").args(["-c", "exit 5"]).exec());
        }
        x
    });
    assert_eq!(fate.worker.cause, Cause::Exit(5));
    let fate = fate_of_3(|x| if x == 3 { overflow(x) } else { x });
    // Where `main` has run, the standard library explains the fault, and aborts.
    let signal = if by() == StartMethod::Fork { 6 } else { 11 };
    assert_eq!(fate.worker.cause, Cause::Signal(Signal(signal)));
}

/// Uses up the stack.
#[allow(unconditional_recursion, reason = "that is the fault")]
fn overflow(x: u32) -> u32 {
    let room = std::hint::black_box([x; 1000]);
    overflow(room[7]) + room[8]
}

/// A panic that a task caught itself is not why a later one ends.
pub(crate) fn a_panic_that_was_caught_is_not_blamed() {
    let mut pool = pool_of(1);
    let task = |x: u32| {
        if x == 0 {
            assert!(catch_unwind(|| panic!("caught")).is_err());
        } else {
            abort();
        }
    };
    let results = pool.map_results(task, 0..2).expect("results");
    let error = results[1].as_ref().unwrap_err();
    assert_eq!(error.worker.cause, Cause::Signal(Signal(6)));
}

pub(crate) fn sigchld_is_ignored() {
    if !prepared_by("env", "--ignore-signal=CHLD") {
        return;
    }
    let mut pool = pool_of(2);
    let task = |x: u32| if x == 3 { exit(5) } else { x };
    let results = pool.map_results(task, 0..20).expect("results");
    let error = results[3].as_ref().unwrap_err();
    assert_eq!(error.worker.cause, Cause::Unknown);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 19);
    pids(&mut pool)
        .iter()
        .for_each(|pid| send(Known::SIGKILL, *pid));
    assert_eq!(pool.apply(task, 4).expect("a result"), 4);
    pool.close().expect("closed");
}
