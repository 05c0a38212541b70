//! Nobody waits for something that has already come, or never will.

use std::thread::{sleep, yield_now};
use std::time::Duration;

use multiprocessing::{Error, Pool};

/// The first of many tasks is the last to be done, long after the parent heard of all others.
pub(crate) fn a_slow_first_task() {
    let mut pool = Pool::new(2).expect("a pool");
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

/// There is one result, and whoever asks for it once more does not wait for another.
pub(crate) fn a_result_that_was_returned() {
    let mut pool = Pool::new(1).expect("a pool");
    let mut result = pool.apply_async(|x: u32| x, 7).expect("a task");
    let limit = Duration::from_secs(30);
    assert_eq!(result.get_timeout(limit).expect("no error"), Some(7));
    assert!(matches!(result.get_timeout(limit), Err(Error::Taken)));
    assert!(matches!(result.get(), Err(Error::Taken)));
}

/// Who asks again and again, rather than to wait, hears of a death as well.
pub(crate) fn a_result_that_is_asked_for_again_and_again() {
    let mut pool = Pool::new(1).expect("a pool");
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
