//! The table under loom, which tries every order of the threads and, for each load, every value
//! that the orderings allow it to return, on any processor that follows the C++11 memory model.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test -p multiprocess --lib --release models -- --nocapture
//! ```
//!
//! Parent and workers are threads here. Both use the real table, and workers run their real loop;
//! what the engine does in between is in `models/parent.rs`. Loom reports a thread that never wakes
//! as a deadlock, and the assertions catch a value that is read too early. Kills are left to the
//! explorer in `tests.rs`, which knows no reordering but x86's.
//!
//! Each model is complete up to its number of preemptions, which `LOOM_MAX_PREEMPTIONS` overrides.

mod bell;
mod parent;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use loom::thread;

use super::Table;
use super::status::ASLEEP;
use bell::Bell;
use parent::Parent;
use worker::{Gate, work};

/// What the parent and the workers share.
struct Shared {
    table: Table,
    /// Wakes the parent.
    bell: Bell,
    gate: Gate,
    /// The parent watches how long items run.
    is_timed: bool,
    starts_idle: bool,
    chunks_per_worker: u64,
}

/// A pool, and the work to be done in it.
#[derive(Clone, Copy)]
struct Model {
    workers: usize,
    /// The sizes of the chunks, of which `room` are offered at a time.
    chunks: &'static [u64],
    room: usize,
    /// How many items a worker takes at a time.
    portion: u64,
    /// The parent waits for the last chunk, not for the first.
    is_patient: bool,
    /// No item ends before this many have begun.
    together: u64,
    is_timed: bool,
    /// At first, one worker spins and the others sleep, and the parent wakes workers for each chunk
    /// separately.
    starts_idle: bool,
    /// After this many chunks, a worker asks whether it must leave.
    chunks_per_worker: u64,
    preemptions: usize,
}

const MODEL: Model = Model {
    workers: 1,
    chunks: &[1],
    room: 2,
    portion: 1,
    is_patient: false,
    together: 0,
    is_timed: false,
    starts_idle: false,
    chunks_per_worker: u64::MAX,
    preemptions: 3,
};

/// Explores `model` with a parent that does what `act` says.
#[track_caller]
fn check(model: Model, act: impl Fn(&mut Parent) + Send + Sync + 'static) {
    let executions = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 100_000;
    builder.preemption_bound = builder.preemption_bound.or(Some(model.preemptions));
    builder.check(move || {
        counter.fetch_add(1, Relaxed);
        let items = model.chunks.iter().sum();
        let shared = Arc::new(Shared {
            table: Table::new(model.workers).expect("a table"),
            bell: Bell::default(),
            gate: Gate::new(items, model.together),
            is_timed: model.is_timed,
            starts_idle: model.starts_idle,
            chunks_per_worker: model.chunks_per_worker,
        });
        if model.starts_idle {
            shared.table.start_spinning(0);
            for worker in 1..model.workers {
                shared.table.status(worker).doing.store(ASLEEP, Relaxed);
            }
        }
        let workers: Vec<_> = (0..model.workers)
            .map(|worker| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || work(worker, &shared))
            })
            .collect();
        let mut parent = Parent::new(&shared, model);
        act(&mut parent);
        parent.close();
        for worker in workers {
            worker.join().expect("a worker");
        }
    });
    println!("{} executions", executions.load(Relaxed));
}

/// Runs all chunks.
fn run_all(parent: &mut Parent) {
    parent.run();
}

#[test]
fn a_chunk_goes_to_a_worker_and_its_results_come_back() {
    check(MODEL, run_all);
    check(
        Model {
            chunks: &[2],
            portion: 2,
            ..MODEL
        },
        run_all,
    );
}

#[test]
fn neither_sleeps_while_the_other_waits() {
    for is_patient in [false, true] {
        check(
            Model {
                chunks: &[1, 1],
                is_patient,
                preemptions: 2,
                ..MODEL
            },
            run_all,
        );
    }
}

#[test]
fn a_slot_is_used_again() {
    check(
        Model {
            chunks: &[1, 1, 1],
            room: 1,
            preemptions: 2,
            ..MODEL
        },
        run_all,
    );
}

#[test]
fn a_repair_of_the_head_hides_no_chunk() {
    check(
        Model {
            chunks: &[1, 1],
            preemptions: 2,
            ..MODEL
        },
        |parent| {
            // No fence comes between the two.
            parent.put_down();
            parent.repair();
            parent.run();
        },
    );
}

#[test]
fn two_workers_want_one_chunk() {
    check(
        Model {
            workers: 2,
            preemptions: 2,
            ..MODEL
        },
        run_all,
    );
}

#[test]
fn each_of_two_chunks_finds_a_worker() {
    check(
        Model {
            workers: 2,
            chunks: &[1, 1],
            together: 2,
            preemptions: 1,
            ..MODEL
        },
        run_all,
    );
}

#[test]
fn a_worker_that_asks_to_leave_does_not_wait_for_a_pool_that_is_closed() {
    check(
        Model {
            chunks_per_worker: 1,
            ..MODEL
        },
        run_all,
    );
}

#[test]
fn nobody_counts_on_a_worker_that_is_busy() {
    check(
        Model {
            workers: 2,
            chunks: &[1, 1],
            together: 2,
            starts_idle: true,
            preemptions: 2,
            ..MODEL
        },
        run_all,
    );
}

#[test]
fn an_idle_worker_gets_what_another_has_not_taken() {
    check(
        Model {
            workers: 2,
            chunks: &[2],
            together: 2,
            preemptions: 1,
            ..MODEL
        },
        run_all,
    );
}

#[test]
fn what_is_taken_back_is_not_run() {
    check(
        Model {
            chunks: &[3],
            preemptions: 3,
            ..MODEL
        },
        |parent| {
            parent.offer();
            parent.cancel();
            parent.run();
        },
    );
}

#[test]
fn only_the_item_that_was_seen_is_ended() {
    check(
        Model {
            chunks: &[2],
            portion: 2,
            is_timed: true,
            ..MODEL
        },
        |parent| {
            parent.offer();
            parent.watch();
            parent.run();
        },
    );
}

#[test]
fn the_results_of_finished_items_are_there_if_the_worker_goes_no_further() {
    for is_timed in [false, true] {
        check(
            Model {
                chunks: &[2],
                portion: 2,
                is_timed,
                ..MODEL
            },
            |parent| {
                parent.offer();
                parent.look_at_progress();
                parent.run();
            },
        );
    }
}
