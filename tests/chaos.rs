//! Workers are killed at random moments while a pool is at work.
//!
//! Each item must come back exactly once: as its right result, or as an error that names a worker
//! that was really killed. No item may be run twice, and the pool must be usable to the end.
//!
//! It is short unless `CHAOS_KILLS` says how many workers are to be killed, and `TEST_SECONDS` how
//! long that may take. `CHAOS_SEED` repeats a run, as far as the machine lets it: when a process
//! gets its turn is random by itself.

mod calls;
mod killer;
mod random;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use multiprocessing::Pool;

use calls::Calls;
use killer::Killer;
use random::Random;

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect("a whole number"))
}

/// Kills workers of a pool of `workers` while it is called.
fn chaos(
    workers: usize,
    change: fn(multiprocessing::pool::Builder) -> multiprocessing::pool::Builder,
) {
    let kills = setting("CHAOS_KILLS").unwrap_or(200);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later than 1970");
    let seed = setting("CHAOS_SEED").unwrap_or(now.as_nanos() as u64);
    println!("CHAOS_SEED={seed}");
    let mut random = Random::new(seed);

    let killer = Killer::start(Random::new(seed + 1), kills);
    let builder = change(Pool::builder().workers(workers));
    let mut calls = Calls::new(builder.build().expect("a pool"));
    killer.begin();
    while killer.is_at_work() {
        calls.make(&mut random);
    }
    let killed = killer.victims();
    println!("{} killed, {} calls", killed.len(), calls.made);
    assert!(killed.len() as u64 >= kills);
    let blamed: BTreeSet<u32> = calls.blamed.iter().map(|error| error.pid).collect();
    println!("{} of them had an item", blamed.len());
    assert!(blamed.is_subset(&killed), "{:?}", calls.blamed);

    // Nobody dies any more.
    calls.blamed.clear();
    for _ in 0..20 {
        calls.make(&mut random);
    }
    assert_eq!(calls.blamed, []);
    calls.close();
}

fn two_workers() {
    chaos(2, |builder| builder);
}

fn many_workers() {
    chaos(7, |builder| builder);
}

fn workers_that_are_recycled() {
    chaos(3, |builder| builder.max_chunks_per_worker(5));
}

fn workers_with_a_time_limit() {
    chaos(3, |builder| builder.task_timeout(Duration::from_secs(60)));
}

crate::support::tests!(
    two_workers,
    many_workers,
    workers_that_are_recycled,
    workers_with_a_time_limit,
);
