//! Workers that are replaced after some chunks, as Python's are by `maxtasksperchild`.

use std::collections::BTreeSet;

use multiprocessing::process::current;

use crate::support::methods::builder;

/// The worker leaves just after its last result, and the parent may see both at once.
pub(crate) fn never_stalls_or_loses_a_task() {
    for chunks in [1, 2, 7] {
        let mut pool = builder()
            .workers(2)
            .max_chunks_per_worker(chunks)
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

/// A worker that is due is kept while none can take its place, and replaced when one can.
pub(crate) fn no_worker_is_lost_beside_threads() {
    let builder = builder().workers(2).max_chunks_per_worker(3);
    let mut pool = builder.build().expect("a pool");
    let pid = |_: u32| current().pid();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || stopped.recv().is_err());
    let mut pids = BTreeSet::new();
    for x in 0..60 {
        pids.insert(pool.apply(pid, x).expect("a result"));
    }
    let more = pool.map_chunked(pid, 0..60, 1).expect("results");
    pids.extend(more);
    assert!(pids.len() <= 2, "{pids:?}");
    drop(stop);
    assert!(thread.join().expect("no panic"));
    let later: BTreeSet<u32> = (0..60)
        .map(|x| pool.apply(pid, x).expect("a result"))
        .collect();
    assert!(later.len() >= 60 / 3 - 2, "{} workers", later.len());
    pool.close().expect("closed");
}

/// Workers that wait to be replaced leave when the pool is closed or dropped.
pub(crate) fn workers_that_are_due_leave_with_the_pool() {
    for is_closed in [true, false] {
        let builder = builder().workers(2).max_chunks_per_worker(1);
        let mut pool = builder.build().expect("a pool");
        let result = pool.apply_async(|x: u32| x, 1).expect("a task");
        assert_eq!(result.get().expect("a result"), 1);
        let start = std::time::Instant::now();
        if is_closed {
            pool.close().expect("closed");
        }
        drop(pool);
        assert!(start.elapsed() < std::time::Duration::from_secs(1));
    }
}
