//! The rows of the comparison, by this library; `rows.py` has the same in Python.

use std::fs;
use std::time::Instant;

use multiprocessing::{Pool, process};

use crate::bare_fork::bare_fork;
use crate::table::median;

pub(crate) const WORKERS: usize = 2;

/// What was measured (seconds, but for one row), and the answer that both sides must agree on.
pub(crate) struct Outcome {
    pub(crate) measured: f64,
    pub(crate) answer: u64,
}

/// Runs the row of this name. `None`: there is none.
pub(crate) fn run(name: &str, count: u64) -> Option<Outcome> {
    let row = match name {
        "map_one_by_one" => map_one_by_one,
        "map_squares" => map_squares,
        "apply" => apply,
        "apply_async" => apply_async,
        "imap_unordered" => imap_unordered,
        "create_map_close" => create_map_close,
        "apply_64_mib" => apply_64_mib,
        "start_and_join" => start_and_join,
        "worker_memory" => worker_memory,
        "start_per_bare_fork" => start_per_bare_fork,
        _ => return None,
    };
    Some(row(count))
}

fn increment(x: u64) -> u64 {
    x + 1
}

fn square(x: u64) -> u64 {
    x * x
}

fn timed(work: impl FnOnce() -> u64) -> Outcome {
    let start = Instant::now();
    let answer = work();
    Outcome {
        measured: start.elapsed().as_secs_f64(),
        answer,
    }
}

/// The time of `work` alone, with a pool that was used before.
fn with_pool(work: impl FnOnce(&mut Pool) -> u64) -> Outcome {
    let mut pool = Pool::new(WORKERS).unwrap();
    pool.map(increment, 0..100).unwrap();
    timed(|| work(&mut pool))
}

/// How many calls of `map` the items are shared out to: in the first one, more memory is touched
/// for the first time than in all others.
const CALLS: u64 = 3;

fn map_one_by_one(count: u64) -> Outcome {
    let map = |pool: &mut Pool| {
        let results = pool.map_chunked(increment, 0..count / CALLS, 1);
        results.unwrap().iter().sum::<u64>()
    };
    with_pool(|pool| (0..CALLS).map(|_| map(pool)).sum())
}

fn map_squares(count: u64) -> Outcome {
    let map = |pool: &mut Pool| {
        let results = pool.map(square, 0..count / CALLS);
        results.unwrap().iter().sum::<u64>()
    };
    with_pool(|pool| (0..CALLS).map(|_| map(pool)).sum())
}

fn apply(count: u64) -> Outcome {
    with_pool(|pool| (0..count).map(|x| pool.apply(increment, x).unwrap()).sum())
}

fn apply_async(count: u64) -> Outcome {
    with_pool(|pool| {
        let results = (0..count).map(|x| pool.apply_async(increment, x).unwrap());
        let results: Vec<_> = results.collect();
        results
            .into_iter()
            .map(|result| result.get().unwrap())
            .sum()
    })
}

fn imap_unordered(count: u64) -> Outcome {
    with_pool(|pool| {
        let results = pool.imap_unordered(increment, 0..count).unwrap();
        results.map(Result::unwrap).sum()
    })
}

fn create_map_close(count: u64) -> Outcome {
    timed(|| {
        let mut total = 0;
        for _ in 0..count {
            let mut pool = Pool::new(WORKERS).unwrap();
            total += pool.map(square, 0..4).unwrap().iter().sum::<u64>();
            pool.close().unwrap();
        }
        total
    })
}

fn apply_64_mib(count: u64) -> Outcome {
    let mut data = vec![7_u8; 64 << 20];
    with_pool(move |pool| {
        let mut total = 0;
        for _ in 0..count {
            data = pool.apply(|bytes: Vec<u8>| bytes, data).unwrap();
            total += data.len() as u64 + u64::from(data[data.len() - 1]);
        }
        total
    })
}

fn start_and_join(count: u64) -> Outcome {
    timed(|| {
        let mut total = 0;
        for _ in 0..count {
            process::spawn(|| ()).unwrap().join().unwrap();
            total += 1;
        }
        total
    })
}

/// Not a time: what starting and joining costs as a multiple of what it can at best cost. The two
/// take turns, since how long a fork takes depends on what else the machine does.
fn start_per_bare_fork(count: u64) -> Outcome {
    const TURNS: u64 = 25;
    let ratio = |_| {
        let bare = timed(|| {
            (0..count.div_ceil(TURNS)).for_each(|_| bare_fork());
            0
        });
        start_and_join(count.div_ceil(TURNS)).measured / bare.measured
    };
    let ratios: Vec<f64> = (0..TURNS).map(ratio).collect();
    Outcome {
        measured: median(&ratios),
        answer: count,
    }
}

/// Not a time: the KiB that a worker has after `count` tasks, shared pages counted in part.
fn worker_memory(count: u64) -> Outcome {
    let mut pool = Pool::new(WORKERS).unwrap();
    let answer = pool.map(increment, 0..count).unwrap().iter().sum();
    let own = std::process::id();
    let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap();
    let sizes = children.split_whitespace().map(proportional_set_size);
    Outcome {
        measured: sizes.sum::<f64>() / WORKERS as f64,
        answer,
    }
}

fn proportional_set_size(pid: &str) -> f64 {
    let memory = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = memory.lines().find(|line| line.starts_with("Pss:"));
    let size = line.and_then(|line| line.split_whitespace().nth(1));
    size.and_then(|size| size.parse().ok()).unwrap()
}
