//! Calls that end before their tasks do, and handles in the wrong hands.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread::{sleep, yield_now};
use std::time::{Duration, Instant};

use multiprocessing::process::scope;
use multiprocessing::{Error, Shared};

use crate::support::methods::pool_of;

/// Runs so many tasks, the first of which panics. The call and the pool must come to an end within
/// `limit`; otherwise, what `otherwise` says was the case.
fn fails_soon(task: fn(u32), count: u32, chunk_size: usize, limit: Duration, otherwise: &str) {
    let mut pool = pool_of(2);
    let start = Instant::now();
    let error = pool.map_chunked(task, 0..count, chunk_size).unwrap_err();
    assert!(
        matches!(&error, Error::Task(task) if task.index == 0),
        "{error}"
    );
    pool.close().expect("closed");
    assert!(start.elapsed() < limit, "{otherwise}");
}

/// Nobody wants the other results any more: workers do not go on for long with their chunks.
pub(crate) fn a_map_that_failed_frees_its_workers() {
    let task = |x: u32| {
        assert_ne!(x, 0, "the first item");
        if x >= 1000 {
            sleep(Duration::from_millis(20));
        }
    };
    let otherwise = "the second chunk was run to its end, which takes 20 s";
    fails_soon(task, 2000, 1000, Duration::from_secs(10), otherwise);
}

/// Small chunks are handed out many together, but a failure among them is not kept back.
pub(crate) fn a_failure_among_many_small_chunks() {
    let task = |x: u32| {
        assert_ne!(x, 0, "the first item");
        sleep(Duration::from_millis(20));
    };
    let otherwise = "256 items, which take 5 s, were handed out with the first";
    fails_soon(task, 20_000, 1, Duration::from_secs(3), otherwise);
}

static CALLS_OVER: OnceLock<Shared<AtomicU32>> = OnceLock::new();

/// The first item ends only after the call has failed because of another.
pub(crate) fn a_failure_behind_a_slow_item() {
    let over = CALLS_OVER.get_or_init(|| Shared::new(AtomicU32::new(0)).expect("shared memory"));
    let mut pool = pool_of(2);
    let task = |(call, x): (u32, u32)| {
        let over = CALLS_OVER.get().expect("it was there before the worker");
        while x == 0 && over.load(Relaxed) <= call {
            yield_now();
        }
        assert_ne!(x, 500, "the other item");
    };
    for call in 0..3 {
        let error = pool.map(task, (0..1000).map(|x| (call, x))).unwrap_err();
        assert!(
            matches!(&error, Error::Task(task) if task.index == 500),
            "{error}"
        );
        over.fetch_add(1, Relaxed);
    }
}

/// A child's copy of the results is no handle to its parent's pool.
pub(crate) fn results_that_a_child_inherits() {
    let mut pool = pool_of(2);
    let task = |x: u32| {
        sleep(Duration::from_millis(1));
        x
    };
    let mut one = Some(pool.apply_async(task, 7).expect("a task"));
    let mut some = pool.imap(task, 0..100).expect("results");
    let first = some.next().expect("one").expect("a result");
    assert_eq!(first, 0);
    let mut some = Some(some);
    for _ in 0..10 {
        scope(|s| {
            let mine = s.spawn(|| {
                let one = one.take().expect("the copy");
                assert!(one.is_ready(), "with an error");
                assert!(matches!(one.get(), Err(Error::Inherited { .. })));
            });
            mine.join().expect("as expected");
            let mine = s.spawn(|| {
                let mut some = some.take().expect("the copy");
                assert!(matches!(some.next(), Some(Err(Error::Inherited { .. }))));
            });
            mine.join().expect("as expected");
        })
        .expect("children");
        let next = some.as_mut().expect("the original").next();
        assert!(next.expect("one").is_ok());
    }
    let rest: Result<Vec<u32>, _> = some.take().expect("the original").collect();
    assert!(rest.expect("results").into_iter().eq(11..100));
    let one = one.take().expect("the original");
    assert_eq!(one.get().expect("a result"), 7);
}

pub(crate) fn use_after_close() {
    let mut pool = pool_of(2);
    let results: Vec<_> = (0..100)
        .map(|x| pool.apply_async(|x: u32| x + 1, x).expect("a task"))
        .collect();
    pool.close().expect("closed");
    pool.close().expect("closing twice is fine");
    for (x, result) in (1..).zip(results) {
        assert_eq!(result.get().expect("close waited for it"), x);
    }
    let task = |x: u32| x;
    assert!(matches!(pool.map(task, [1]), Err(Error::Closed)));
    assert!(matches!(pool.map_results(task, [1]), Err(Error::Closed)));
    assert!(matches!(pool.apply(task, 1), Err(Error::Closed)));
    assert!(matches!(pool.apply_async(task, 1), Err(Error::Closed)));
    assert!(matches!(pool.imap(task, [1]), Err(Error::Closed)));
    assert!(matches!(pool.imap_unordered(task, [1]), Err(Error::Closed)));
    pool.terminate(Duration::ZERO);
}

/// What was done before is kept, the rest is refused.
pub(crate) fn results_after_terminate() {
    let mut pool = pool_of(1);
    let task = |x: u32| {
        if x == 1 {
            sleep(Duration::from_secs(1000));
        }
        x
    };
    let mut results: Vec<_> = (0..3)
        .map(|x| pool.apply_async(task, x).expect("a task"))
        .collect();
    while !results[0].is_ready() {
        sleep(Duration::from_millis(1));
    }
    pool.terminate(Duration::from_secs(60));
    assert!(matches!(
        results.pop().expect("one").get(),
        Err(Error::Closed)
    ));
    assert!(matches!(
        results.pop().expect("one").get(),
        Err(Error::Closed)
    ));
    assert_eq!(results.pop().expect("one").get().expect("a result"), 0);
}

pub(crate) fn join_before_the_results_are_drained() {
    let mut pool = pool_of(2);
    let task = |_: u32| vec![1_u8; 1 << 20];
    let results: Vec<_> = (0..100)
        .map(|x| pool.apply_async(task, x).expect("a task"))
        .collect();
    pool.close().expect("closed");
    for result in results {
        assert_eq!(result.get().expect("a result").len(), 1 << 20);
    }
}
