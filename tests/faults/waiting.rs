//! Nobody waits for something that has already come, or never will.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{sleep, yield_now};
use std::time::Duration;

use multiprocessing::pool::AsyncResult;
use multiprocessing::{Error, Pool, Shared};
use serde::{Deserialize, Deserializer, Serialize};

use crate::support::methods::{builder, pool_of};

/// The first of many tasks is the last to be done, long after the parent heard of all others.
pub(crate) fn a_slow_first_task() {
    let mut pool = pool_of(2);
    let task = |x: u64| {
        if x == 0 {
            sleep(Duration::from_millis(100));
        }
        x
    };
    for count in [3, 100, 20_000] {
        let results = pool.map_chunked(task, 0..count, 1).expect("results");
        assert!(results.into_iter().eq(0..count));
    }
}

static DONE: OnceLock<Shared<AtomicU64>> = OnceLock::new();

/// Items that are together in a chunk, however large it is, do not wait for a slow one among them
/// while another worker has nothing to do.
pub(crate) fn a_slow_task_in_a_large_chunk() {
    let done = DONE.get_or_init(|| Shared::new(AtomicU64::new(0)).expect("shared memory"));
    let mut pool = pool_of(3);
    // A slow item ends only after all that are not slow.
    let task = |(x, is_slow, others): (u64, bool, u64)| {
        let done = DONE.get().expect("it was there before the worker");
        if is_slow {
            while done.load(Relaxed) < others {
                yield_now();
            }
        } else {
            done.fetch_add(1, Relaxed);
        }
        x
    };
    for count in [9, 300, 20_000] {
        // Two of three workers are kept, one of them from the first item on.
        let items = (0..count).map(|x| (x, x == 0 || x == count - 1, count - 2));
        done.store(0, Relaxed);
        let results = if count == 300 {
            pool.map(task, items)
        } else {
            pool.map_chunked(task, items, 1)
        };
        assert!(results.expect("results").into_iter().eq(0..count));
    }
    // The same with values whose lengths differ.
    let task = |text: String| {
        let done = DONE.get().expect("it was there before the worker");
        if text.is_empty() {
            while done.load(Relaxed) < 99 {
                yield_now();
            }
        } else {
            done.fetch_add(1, Relaxed);
        }
        text
    };
    done.store(0, Relaxed);
    let texts: Vec<String> = (0..100).map(|x| "x".repeat(x)).collect();
    let results = pool.map(task, texts.iter().cloned()).expect("results");
    assert_eq!(results, texts);
}

/// There is one result, and whoever asks for it once more does not wait for another.
pub(crate) fn a_result_that_was_returned() {
    let mut pool = pool_of(1);
    let mut result = pool.apply_async(|x: u32| x, 7).expect("a task");
    let limit = Duration::from_secs(30);
    assert_eq!(result.get_timeout(limit).expect("no error"), Some(7));
    assert!(matches!(
        result.get_timeout(limit),
        Err(Error::AlreadyTaken)
    ));
    assert!(matches!(result.get(), Err(Error::AlreadyTaken)));
}

/// A caller that polls instead of waiting also learns of a death.
pub(crate) fn a_result_that_is_asked_for_again_and_again() {
    let mut pool = pool_of(1);
    let task = |lives: bool| {
        if !lives {
            std::process::exit(1);
        }
    };
    for lives in [true, false, true, false] {
        let result = pool.apply_async(task, lives).expect("a task");
        while !result.is_ready() {
            yield_now();
        }
        assert_eq!(result.get().is_ok(), lives);

        let mut result = pool.apply_async(task, lives).expect("a task");
        let outcome = loop {
            if let Some(outcome) = result.get_timeout(Duration::ZERO).transpose() {
                break outcome;
            }
        };
        assert_eq!(outcome.is_ok(), lives);
    }
}

thread_local! {
    /// In the caller, a result that does not come.
    static OTHER: RefCell<Option<AsyncResult<()>>> = const { RefCell::new(None) };
}

/// A result that, when it is decoded, waits for the other for a while.
#[derive(Serialize)]
struct Waiting(u64);

impl<'de> Deserialize<'de> for Waiting {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let x = u64::deserialize(from)?;
        if x.is_multiple_of(1000) {
            OTHER.with_borrow_mut(|other| {
                let other = other.as_mut().expect("it was ordered first");
                let outcome = other.get_timeout(Duration::from_millis(100));
                assert_eq!(outcome.expect("no error"), None);
            });
        }
        Ok(Self(x))
    }
}

/// In the meantime, all of the call's tasks that are on the table are done.
pub(crate) fn what_decodes_a_result_waits_for_another() {
    // Counted chunks, of which no two lie on the table as one.
    let pool = builder().workers(2).max_chunks_per_worker(u64::MAX);
    let mut pool = pool.build().expect("a pool");
    let for_ever = |()| loop {
        std::thread::park();
    };
    OTHER.set(Some(pool.apply_async(for_ever, ()).expect("a task")));
    let results = pool.map_chunked(Waiting, 0..5000, 1).expect("results");
    assert!(results.iter().map(|result| result.0).eq(0..5000));
    OTHER.take();
    pool.terminate(Duration::ZERO);
}

/// All ring the same bell: none misses what its workers did while another was waited for.
pub(crate) fn pools_in_turn() {
    let mut pools: Vec<Pool> = (0..5).map(|_| pool_of(2)).collect();
    for round in 0..100 {
        let results = pools
            .iter_mut()
            .map(|pool| pool.apply_async(|x: u32| x + 1, round));
        let results: Vec<_> = results.map(|result| result.expect("a task")).collect();
        for result in results.into_iter().rev() {
            assert_eq!(result.get().expect("a result"), round + 1);
        }
    }
}
