//! Nobody waits for something that has already come, or never will.

use std::thread::sleep;
use std::time::Duration;

use multiprocessing::Pool;

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
