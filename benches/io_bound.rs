//! Work that waits and does not compute, as for a disk or a server, by threads and by processes.
//!
//! Waiting needs no core, so both finish sooner with more workers than there are cores. What is
//! left is what a worker costs to start, and there a thread wins.

mod support;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use multiprocessing::{Pool, process};
use rayon::prelude::*;
use support::{settings, with_rayon};

const WAITS: u64 = 32;
const ANSWER: u64 = WAITS * (WAITS - 1) / 2;

fn wait(number: u64) -> u64 {
    thread::sleep(Duration::from_millis(2));
    number
}

/// Every `workers`th wait, from `first` on.
fn share(first: usize, workers: usize) -> u64 {
    (first as u64..WAITS).step_by(workers).map(wait).sum()
}

fn waits(c: &mut Criterion) {
    let mut group = c.benchmark_group("32 waits of 2 ms");
    group.throughput(Throughput::Elements(WAITS));
    group.bench_function("one after the other", |b| {
        b.iter(|| assert_eq!(share(0, 1), ANSWER));
    });
    for workers in [2, 8, 32] {
        group.bench_function(BenchmarkId::new("by processes", workers), |b| {
            b.iter(|| assert_eq!(by_processes(workers), ANSWER));
        });
        let mut pool = Pool::new(workers).unwrap();
        group.bench_function(BenchmarkId::new("by a pool of processes", workers), |b| {
            b.iter(|| {
                let numbers = pool.map_chunked(wait, 0..WAITS, 1).unwrap();
                assert_eq!(numbers.iter().sum::<u64>(), ANSWER);
            });
        });
        pool.close().unwrap();
    }
    for workers in [2, 8, 32] {
        group.bench_function(BenchmarkId::new("by threads", workers), |b| {
            b.iter(|| assert_eq!(by_threads(workers), ANSWER));
        });
        with_rayon(workers, |pool| {
            group.bench_function(BenchmarkId::new("by rayon", workers), |b| {
                b.iter(|| {
                    let waits = (0..WAITS as usize).into_par_iter().with_max_len(1);
                    let sum: u64 = pool.install(|| waits.map(|number| wait(number as u64)).sum());
                    assert_eq!(sum, ANSWER);
                });
            });
        });
    }
    group.finish();
}

fn by_processes(workers: usize) -> u64 {
    let sum = process::scope(|s| {
        let start = |first| s.spawn(move || share(first, workers));
        let children: Vec<_> = (0..workers).map(start).collect();
        children
            .into_iter()
            .map(|child| child.join().unwrap())
            .sum()
    });
    sum.unwrap()
}

fn by_threads(workers: usize) -> u64 {
    let sum = Mutex::new(0);
    thread::scope(|s| {
        for first in 0..workers {
            let sum = &sum;
            s.spawn(move || {
                let share = share(first, workers);
                *sum.lock().unwrap() += share;
            });
        }
    });
    sum.into_inner().unwrap()
}

criterion_group! { name = benches; config = settings(); targets = waits }
criterion_main!(benches);
