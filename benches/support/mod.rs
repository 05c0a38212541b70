//! What the benchmarks have in common: how long they measure, and with how many workers.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub(crate) mod bare_fork;

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use criterion::Criterion;
use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder};

/// `BENCH=short cargo bench` measures for a tenth of the time, and less exactly.
pub(crate) fn is_short() -> bool {
    std::env::var_os("BENCH").is_some_and(|length| length == "short")
}

/// Settings with which all benchmarks together take some minutes. Criterion's own would take
/// eight seconds for each of some 180 measurements. Its command line still has the last word.
/// The book tells a short run by its samples: there are fewer than 20.
pub(crate) fn settings() -> Criterion {
    let (warm_up, measurement, samples, resamples) = match is_short() {
        false => (200, 800, 20, 10_000),
        true => (20, 50, 10, 1001),
    };
    if is_short() {
        // Criterion takes no fewer than ten samples, and warns if they take longer than planned.
        eprintln!(
            "A short run, for rough figures. Warnings that samples could not be completed in \
             {measurement} ms mean only that it takes a little longer."
        );
    }
    Criterion::default()
        .warm_up_time(Duration::from_millis(warm_up))
        .measurement_time(Duration::from_millis(measurement))
        .sample_size(samples)
        .nresamples(resamples)
}

/// The number of processors that this program may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// 1, 2, … up to twice the cores; where those are many, eight of these.
pub(crate) fn worker_counts() -> Vec<usize> {
    let most = 2 * cores();
    let mut counts: Vec<usize> = (1..=8).map(|eighths| most * eighths / 8).collect();
    counts[0] = 1;
    counts.retain(|count| *count > 0);
    counts.dedup();
    counts
}

/// Calls `f` with a rayon pool whose threads have ended when this returns, so that processes can
/// be started again: the library refuses to while other threads run.
pub(crate) fn with_rayon<R: Send>(threads: usize, f: impl FnOnce(&ThreadPool) -> R) -> R {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_scoped(ThreadBuilder::run, f)
        .expect("threads for rayon")
}
