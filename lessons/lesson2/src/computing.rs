//! How long does CPU-bound work take when a number of workers share it?

use std::convert::Infallible;
use std::hint::black_box;
use std::ops::Range;
use std::thread;

use lesson_measuring::{Figure, count_primes, measure};
use multiprocessing::{Error, process};

/// # Errors
/// If a process can't be started.
pub fn by_processes(workers: usize, items: usize, runs: usize) -> Result<Figure, Error> {
    measure(runs, || {
        process::scope(|s| {
            for part in parts(workers, items) {
                s.spawn(|| count(part));
            }
        })
    })
}

pub fn by_threads(workers: usize, items: usize, runs: usize) -> Figure {
    let Ok(time) = measure(runs, || {
        thread::scope(|s| {
            for part in parts(workers, items) {
                s.spawn(|| count(part));
            }
        });
        Ok::<_, Infallible>(())
    });
    time
}

type Part = Vec<Range<u64>>;

/// For each worker a part of the numbers below `items`. Large numbers take longer than small ones,
/// so each part has some of both.
fn parts(workers: usize, items: usize) -> Vec<Part> {
    let slices = 16 * workers as u64;
    let edge = |slice| items as u64 * slice / slices;
    let part = |worker| {
        (worker..slices)
            .step_by(workers)
            .map(|slice| edge(slice)..edge(slice + 1))
    };
    (0..workers as u64)
        .map(|worker| part(worker).collect())
        .collect()
}

fn count(part: Part) -> u64 {
    black_box(part.into_iter().map(count_primes).sum()) // or else nobody needs to count
}
