//! Threads that the program starts after the pool.

use std::collections::BTreeSet;
use std::process::exit;
use std::sync::mpsc::{Sender, channel};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use multiprocessing::process::current;
use multiprocessing::{Cause, Error, Pool};

use crate::support::methods::{builder, pool_of};

/// A thread that runs until what is returned with it is dropped.
fn thread() -> (JoinHandle<()>, Sender<()>) {
    let (stop, stopped) = channel::<()>();
    (spawn(move || assert!(stopped.recv().is_err())), stop)
}

/// The workers that share many short tasks: all there are.
fn workers_at_work(pool: &mut Pool) -> usize {
    let task = |_: u32| {
        sleep(Duration::from_millis(5));
        current().pid()
    };
    let pids = pool.map_chunked(task, 0..40, 1).expect("results");
    pids.into_iter().collect::<BTreeSet<_>>().len()
}

fn exit_at_3(x: u32) -> u32 {
    if x == 3 {
        exit(7)
    }
    x
}

pub(crate) fn workers_are_not_disturbed() {
    let mut pool = pool_of(2);
    let (thread, stop) = thread();
    assert_eq!(workers_at_work(&mut pool), 2);
    drop(stop);
    thread.join().expect("no panic");
}

pub(crate) fn the_pool_goes_on_with_fewer_workers() {
    let mut pool = pool_of(2);
    let (thread, stop) = thread();
    let results = pool.map_results(exit_at_3, 0..20).expect("results");
    for (x, result) in results.into_iter().enumerate() {
        match result {
            Ok(y) => assert_eq!(y as usize, x),
            Err(error) => assert!(x == 3 && error.worker.cause == Cause::Exit(7), "{error}"),
        }
    }
    assert_eq!(workers_at_work(&mut pool), 1);
    drop(stop);
    thread.join().expect("no panic");
    // The next call finds that the worker can be replaced now.
    assert_eq!(workers_at_work(&mut pool), 2);
}

pub(crate) fn no_worker_is_left() {
    let mut pool = pool_of(1);
    let (thread, stop) = thread();
    // The task is told what happened to it, and only those after it that there are no workers.
    let last = pool.apply(exit_at_3, 3).unwrap_err();
    assert!(
        matches!(&last, Error::Child(child) if child.cause == Cause::Exit(7)),
        "{last}"
    );
    let error = pool.map(exit_at_3, [1, 2]).unwrap_err();
    assert!(
        matches!(&error, Error::NoWorkers { reason } if matches!(**reason, Error::ThreadsRunning { count: 1, .. })),
        "{error}"
    );
    drop(stop);
    thread.join().expect("no panic");
    assert_eq!(pool.map(exit_at_3, [1, 2]).expect("results"), [1, 2]);
}

/// Its error says that there is none in its place; after the threads have ended, there is.
pub(crate) fn a_worker_that_is_killed_for_time_is_missed() {
    let builder = builder().workers(2);
    let builder = builder.task_timeout(Duration::from_millis(100));
    let mut pool = builder.build().expect("a pool");
    let hang = |x: u32| {
        if x == 0 {
            loop {
                std::thread::park();
            }
        }
        x
    };
    let missed = "one worker fewer, since none can be forked while other threads run";
    let error = pool.apply(hang, 0).unwrap_err().to_string();
    assert!(!error.contains(missed), "{error}");
    let (thread, stop) = thread();
    for _ in 0..2 {
        let error = pool.apply(hang, 0).unwrap_err().to_string();
        assert!(
            error.contains("longer than its timeout of 100ms"),
            "{error}"
        );
        assert!(error.contains(missed), "{error}");
    }
    drop(stop);
    thread.join().expect("no panic");
    assert_eq!(workers_at_work(&mut pool), 2);
}

pub(crate) fn a_pool_is_not_made_among_threads() {
    let (thread, stop) = thread();
    let error = Pool::new(2).unwrap_err();
    assert!(
        matches!(&error, Error::ThreadsRunning { name, count: 1, .. } if name == "ForkPoolWorker-1"),
        "{error}"
    );
    drop(stop);
    thread.join().expect("no panic");
    drop(pool_of(2));
}
