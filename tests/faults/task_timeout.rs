//! Tasks that run for too long.

use std::sync::mpsc;
use std::thread::{park, spawn};
use std::time::{Duration, Instant};

use multiprocessing::process::{self, current};
use multiprocessing::{Cause, Error, Pool, TaskError};
use nix::sys::signal::Signal;

use super::endings::{pids, send};
use crate::support::methods::builder;

const LIMIT: Duration = Duration::from_millis(200);

fn pool(workers: usize) -> Pool {
    let pool = builder().workers(workers).task_timeout(LIMIT);
    pool.build().expect("a pool")
}

fn hang_at_3(x: u32) -> u32 {
    if x == 3 {
        loop {
            park();
        }
    }
    x
}

fn is_over_time<T>(result: &Result<T, TaskError>) -> bool {
    matches!(result, Err(error) if error.worker.cause == Cause::Timeout(LIMIT))
}

/// The one at the runaway task, and no other worker, is killed and replaced.
pub(crate) fn a_runaway_task_costs_its_worker_alone() {
    let mut pool = pool(2);
    let results = pool.map_results(hang_at_3, 0..20).expect("results");
    for (x, result) in results.iter().enumerate() {
        match result {
            Ok(y) => assert_eq!(*y as usize, x),
            Err(error) => assert!(x == 3 && is_over_time(&results[x]), "{error}"),
        }
    }
    assert!(results[3].is_err());
    assert_eq!(pool.map(hang_at_3, [1, 2]).expect("results"), [1, 2]);
}

/// When the parent begins to wait, the task may not have begun: it must not wait for ever then.
pub(crate) fn a_runaway_task_that_is_alone() {
    let mut pool = pool(1);
    for _ in 0..3 {
        let error = pool.apply(hang_at_3, 3).unwrap_err();
        assert!(
            matches!(&error, Error::Child(child) if child.cause == Cause::Timeout(LIMIT)),
            "{error}"
        );
    }
    assert_eq!(pool.apply(hang_at_3, 4).expect("a result"), 4);
}

/// Tasks end just when their time is over, and the next ones in their chunks begin.
pub(crate) fn an_innocent_task_is_not_killed() {
    let mut pool = pool(2);
    let task = |x: u64| {
        if x.is_multiple_of(2) {
            let end = Instant::now() + LIMIT + Duration::from_micros(10 * x);
            while Instant::now() < end {}
        }
        current().pid()
    };
    let results = pool.map_results(task, 0..60).expect("results");
    for (x, result) in results.iter().enumerate() {
        let is_long = x.is_multiple_of(2);
        assert!(
            result.is_ok() || is_long && is_over_time(result),
            "{x}: {result:?}"
        );
    }
}

/// What the worker would print after the item, nobody could wait for.
pub(crate) fn a_thread_that_keeps_stdout() {
    let mut pool = pool(2);
    let task = |x: u32| {
        if x == 3 {
            let (kept, is_kept) = mpsc::channel();
            spawn(move || {
                let _stdout = std::io::stdout().lock();
                kept.send(()).expect("somebody waits for it");
                loop {
                    park();
                }
            });
            is_kept.recv().expect("the thread has it");
        }
        x
    };
    let results = pool.map_results(task, 0..20).expect("results");
    for (x, result) in results.iter().enumerate() {
        assert!(
            result.is_ok() && x != 3 || x == 3 && is_over_time(result),
            "{x}: {result:?}"
        );
    }
}

/// Longer than any clock counts.
pub(crate) fn a_limit_that_is_never_reached() {
    let pool = builder().workers(1).task_timeout(Duration::MAX);
    let mut pool = pool.build().expect("a pool");
    assert_eq!(pool.map(hang_at_3, [1, 2]).expect("results"), [1, 2]);
    let mut later = pool.apply_async(hang_at_3, 5).expect("a task");
    assert_eq!(later.get_timeout(Duration::MAX).expect("a result"), Some(5));
    pool.terminate(Duration::MAX);
}

/// It has no item, and costs none.
pub(crate) fn a_worker_that_is_stopped_before_an_item() {
    for workers in [1, 2] {
        let mut pool = pool(workers);
        for pid in pids(&mut pool) {
            send(Signal::SIGSTOP, pid);
            let results = pool.map_chunked(hang_at_3, 10..20, 1).expect("results");
            assert!(results.into_iter().eq(10..20));
        }
        for pid in pids(&mut pool) {
            send(Signal::SIGSTOP, pid);
        }
        assert_eq!(pool.apply(hang_at_3, 4).expect("a result"), 4);
    }
}

/// It has an item or none, and costs that one at most.
pub(crate) fn a_worker_that_is_stopped_at_any_moment() {
    // Long enough for an item whose worker has to wait for a processor.
    const LIMIT: Duration = Duration::from_secs(2);
    let pool = builder().workers(2).task_timeout(LIMIT);
    let mut pool = pool.build().expect("a pool");
    for delay in [1, 2, 5, 9] {
        let victim = pool.apply(|_: u32| current().pid(), 0).expect("a result");
        let child = process::spawn(move || {
            std::thread::sleep(Duration::from_millis(delay));
            send(Signal::SIGSTOP, victim);
        });
        let results = pool.map_results(|x: u32| x, 0..300_000).expect("results");
        let mut lost = 0;
        for (x, result) in results.iter().enumerate() {
            match result {
                Ok(y) => assert_eq!(*y as usize, x),
                Err(error) => {
                    lost += 1;
                    assert_eq!(error.worker.cause, Cause::Timeout(LIMIT));
                }
            }
        }
        assert!(lost <= 1, "{lost} are lost");
        child.expect("a process").join().expect("no panic");
    }
}
