//! What the pool costs, beside rayon with the same number of workers.
//!
//! Rayon's threads hand each other addresses; the pool's processes hand each other bytes. So with
//! tiny tasks rayon is ahead by what a copy in and out costs. With tasks of a millisecond it makes
//! no difference any more.
//!
//! Both pools are made before they are measured, except where the making is measured.

mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use multiprocessing::Pool;
use rayon::prelude::*;
use support::{cores, settings, with_rayon};

fn increment(x: u64) -> u64 {
    x + 1
}

fn square(x: u64) -> u64 {
    x * x
}

/// The last few are looked at each time, so that the check does not cost as much as the work.
fn assert_ends(results: &[u64], expected: &[u64]) {
    assert_eq!(results.len(), expected.len());
    assert_eq!(results.last_chunk::<4>(), expected.last_chunk::<4>());
}

fn chunks(c: &mut Criterion) {
    const TASKS: usize = 100_000;
    const SIZES: [usize; 5] = [1, 10, 100, 1000, 10_000];
    let expected: Vec<u64> = (1..=TASKS as u64).collect();
    let mut group = c.benchmark_group("Map 100 000 tiny tasks");
    group.throughput(Throughput::Elements(TASKS as u64));
    let mut pool = Pool::new(cores()).unwrap();
    for size in SIZES {
        let mut map = || pool.map_chunked(increment, 0..TASKS as u64, size).unwrap();
        assert_eq!(map(), expected);
        group.bench_function(BenchmarkId::new("by the pool in chunks of", size), |b| {
            b.iter(|| assert_ends(&map(), &expected));
        });
    }
    pool.close().unwrap();
    with_rayon(cores(), |pool| {
        for size in SIZES {
            let map = || {
                let tasks = (0..TASKS)
                    .into_par_iter()
                    .with_min_len(size)
                    .with_max_len(size);
                tasks.map(|x| increment(x as u64)).collect::<Vec<_>>()
            };
            group.bench_function(BenchmarkId::new("by rayon in chunks of", size), |b| {
                b.iter(|| assert_ends(&pool.install(map), &expected));
            });
        }
    });
    group.finish();
}

fn squares(c: &mut Criterion) {
    const ITEMS: usize = 1_000_000;
    let expected: Vec<u64> = (0..ITEMS as u64).map(square).collect();
    let mut group = c.benchmark_group("Square a million numbers");
    group.throughput(Throughput::Elements(ITEMS as u64));
    let mut pool = Pool::new(cores()).unwrap();
    let mut map = || pool.map(square, 0..ITEMS as u64).unwrap();
    assert_eq!(map(), expected);
    group.bench_function("by the pool", |b| {
        b.iter(|| assert_ends(&map(), &expected));
    });
    pool.close().unwrap();
    group.bench_function("in one process", |b| {
        let map = || {
            (0..ITEMS as u64)
                .map(|x| square(black_box(x)))
                .collect::<Vec<_>>()
        };
        b.iter(|| assert_ends(&map(), &expected));
    });
    with_rayon(cores(), |pool| {
        let map = || {
            let items = (0..ITEMS).into_par_iter();
            items.map(|x| square(x as u64)).collect::<Vec<_>>()
        };
        group.bench_function("by rayon", |b| {
            b.iter(|| assert_ends(&pool.install(map), &expected));
        });
    });
    group.finish();
}

fn one_call(c: &mut Criterion) {
    let mut group = c.benchmark_group("Call a worker and wait");
    let mut pool = Pool::new(cores()).unwrap();
    group.bench_function("by apply", |b| {
        b.iter(|| assert_eq!(pool.apply(increment, black_box(41)).unwrap(), 42));
    });
    pool.close().unwrap();
    with_rayon(cores(), |pool| {
        group.bench_function("by rayon's install", |b| {
            b.iter(|| assert_eq!(pool.install(|| increment(black_box(41))), 42));
        });
    });
    group.finish();
}

fn many_calls(c: &mut Criterion) {
    const TASKS: u64 = 20_000;
    const SUM: u64 = TASKS * (TASKS + 1) / 2;
    let mut group = c.benchmark_group("Run 20 000 tiny tasks");
    group.throughput(Throughput::Elements(TASKS));
    let mut pool = Pool::new(cores()).unwrap();
    group.bench_function("by apply_async and get", |b| {
        b.iter(|| {
            let tasks = (0..TASKS).map(|x| pool.apply_async(increment, x).unwrap());
            let tasks: Vec<_> = tasks.collect();
            let sum: u64 = tasks.into_iter().map(|task| task.get().unwrap()).sum();
            assert_eq!(sum, SUM);
        });
    });
    group.bench_function("by imap", |b| {
        b.iter(|| {
            let results = pool.imap(increment, 0..TASKS).unwrap();
            assert_eq!(results.map(Result::unwrap).sum::<u64>(), SUM);
        });
    });
    group.bench_function("by imap_unordered", |b| {
        b.iter(|| {
            let results = pool.imap_unordered(increment, 0..TASKS).unwrap();
            assert_eq!(results.map(Result::unwrap).sum::<u64>(), SUM);
        });
    });
    pool.close().unwrap();
    with_rayon(cores(), |pool| {
        group.bench_function("by rayon's spawn and a channel", |b| {
            b.iter(|| {
                let (sender, results) = crossbeam::channel::unbounded();
                for x in 0..TASKS {
                    let sender = sender.clone();
                    pool.spawn(move || sender.send(increment(x)).unwrap());
                }
                drop(sender);
                assert_eq!(results.iter().sum::<u64>(), SUM);
            });
        });
    });
    group.finish();
}

/// This comes first: a fork copies the parent's page table, and the memory that the others have
/// used makes that longer.
fn short_life(c: &mut Criterion) {
    let mut group = c.benchmark_group("Make a pool, map once and close it");
    group.bench_function("of processes", |b| {
        b.iter(|| {
            let mut pool = Pool::new(cores()).unwrap();
            assert_eq!(pool.map(square, 0..4).unwrap(), [0, 1, 4, 9]);
            pool.close().unwrap();
        });
    });
    group.bench_function("of rayon's threads", |b| {
        let map = || (0..4).into_par_iter().map(square).collect::<Vec<_>>();
        b.iter(|| with_rayon(cores(), |pool| assert_eq!(pool.install(map), [0, 1, 4, 9])));
    });
    group.finish();
}

fn large(c: &mut Criterion) {
    const LEN: usize = 64 << 20;
    let mut group = c.benchmark_group("Send 64 MiB to a worker and back");
    group.throughput(Throughput::Bytes(LEN as u64));
    let mut pool = Pool::new(cores()).unwrap();
    let mut travellers = vec![7_u8; LEN];
    group.bench_function("by apply", |b| {
        b.iter(|| {
            let back = pool.apply(|bytes: Vec<u8>| bytes, std::mem::take(&mut travellers));
            travellers = back.unwrap();
            assert_eq!((travellers.len(), travellers[LEN - 1]), (LEN, 7));
        });
    });
    pool.close().unwrap();
    group.finish();
}

/// A few milliseconds of arithmetic a unit. Each step needs the result of the one before.
fn compute(units: u64) -> u64 {
    let steps = 0..units * 1_000_000;
    steps.fold(1, |x, step| (x ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Tasks of at least a millisecond. When the last ones take longest, whoever gets them finishes
/// late, unless others can take some off its hands.
fn long_tasks(c: &mut Criterion) {
    let even = vec![1; 32];
    let uneven = (0..32).map(|i| if i < 24 { 1 } else { i - 22 }).collect();
    for (name, tasks) in [
        ("Run 32 tasks of 1 ms or so", even),
        ("Run 32 tasks of 1 to 10 ms or so, the longest last", uneven),
    ] {
        let tasks: Vec<u64> = tasks;
        let expected: Vec<u64> = tasks.iter().map(|units| compute(*units)).collect();
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(tasks.len() as u64));
        let mut pool = Pool::new(cores()).unwrap();
        group.bench_function("by the pool", |b| {
            b.iter(|| assert_eq!(pool.map(compute, tasks.iter().copied()).unwrap(), expected));
        });
        group.bench_function("by the pool one by one", |b| {
            let tasks = || tasks.iter().copied();
            b.iter(|| assert_eq!(pool.map_chunked(compute, tasks(), 1).unwrap(), expected));
        });
        pool.close().unwrap();
        with_rayon(cores(), |pool| {
            group.bench_function("by rayon", |b| {
                let map = || tasks.par_iter().copied().map(compute).collect::<Vec<_>>();
                b.iter(|| assert_eq!(pool.install(map), expected));
            });
            group.bench_function("by rayon one by one", |b| {
                let tasks = || tasks.par_iter().with_max_len(1).copied();
                let map = || tasks().map(compute).collect::<Vec<_>>();
                b.iter(|| assert_eq!(pool.install(map), expected));
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = settings();
    targets = short_life, chunks, squares, one_call, many_calls, large, long_tasks
}
criterion_main!(benches);
