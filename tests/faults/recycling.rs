//! Workers that are replaced after some chunks, as Python's are by `maxtasksperchild`.

use std::collections::BTreeSet;

use multiprocessing::Pool;
use multiprocessing::process::current;

/// The worker leaves just after its last result, and the parent may see both at once.
pub(crate) fn never_stalls_or_loses_a_task() {
    for chunks in [1, 2, 7] {
        let mut pool = Pool::builder()
            .workers(2)
            .chunks_per_worker(chunks)
            .build()
            .expect("a pool");
        let tasks = 300;
        let results = pool
            .map_chunked(|x: u64| (x, current().pid()), 0..tasks, 1)
            .expect("results");
        assert!(results.iter().map(|(x, _)| *x).eq(0..tasks));
        let pids: BTreeSet<u32> = results.iter().map(|(_, pid)| *pid).collect();
        assert!(
            pids.len() as u64 >= tasks / chunks,
            "{} workers",
            pids.len()
        );
        for x in 0..10 {
            assert_eq!(pool.apply(|x: u64| x + 1, x).expect("a result"), x + 1);
        }
    }
}
