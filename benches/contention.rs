//! What it costs when several workers change one number, by their number.
//!
//! The more there are, the more they wait for each other; with one counter for each, they do not.
//! Threads and processes suffer the same from an atomic, since to the processor they are the same.
//! Starting them is measured too, and is most of what the last way costs.

mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use multiprocessing::{Shared, process};
use support::{settings, worker_counts};

const STEPS: u64 = 240_000;

fn count(c: &mut Criterion) {
    let mut group = c.benchmark_group("Count to 240 000");
    group.throughput(Throughput::Elements(STEPS));
    let counts = worker_counts();
    for workers in counts.iter().copied() {
        measure(&mut group, "by processes with one atomic", workers, || {
            let counter = Shared::new(AtomicU64::new(0)).unwrap();
            in_processes(workers, || add_one(&counter));
            counter.load(Relaxed)
        });
        measure(&mut group, "by processes with our mutex", workers, || {
            let counter = multiprocessing::Mutex::new(0).unwrap();
            in_processes(workers, || *counter.lock().unwrap() += 1);
            *counter.lock().unwrap()
        });
        measure(
            &mut group,
            "by processes with a counter each",
            workers,
            || apart(workers),
        );
    }
    for workers in counts {
        measure(&mut group, "by threads with one atomic", workers, || {
            let counter = AtomicU64::new(0);
            in_threads(workers, || add_one(&counter));
            counter.into_inner()
        });
        measure(
            &mut group,
            "by threads with the mutex of std",
            workers,
            || {
                let counter = Mutex::new(0);
                in_threads(workers, || *counter.lock().unwrap() += 1);
                counter.into_inner().unwrap()
            },
        );
    }
    group.finish();
}

fn measure(
    group: &mut BenchmarkGroup<WallTime>,
    name: &str,
    workers: usize,
    mut count: impl FnMut() -> u64,
) {
    group.bench_function(BenchmarkId::new(name, workers), |b| {
        b.iter(|| assert_eq!(count(), STEPS));
    });
}

fn add_one(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

fn steps(worker: usize, workers: usize) -> u64 {
    (worker as u64..STEPS).step_by(workers).count() as u64
}

fn in_processes(workers: usize, step: impl Fn()) {
    let step = &step;
    let done = process::scope(|s| {
        for worker in 0..workers {
            s.spawn(move || (0..steps(worker, workers)).for_each(|_| step()));
        }
    });
    done.unwrap();
}

fn in_threads(workers: usize, step: impl Fn() + Sync) {
    thread::scope(|s| {
        for worker in 0..workers {
            let step = &step;
            s.spawn(move || (0..steps(worker, workers)).for_each(|_| step()));
        }
    });
}

fn apart(workers: usize) -> u64 {
    let total = process::scope(|s| {
        let start = |worker| {
            s.spawn(move || {
                let own = AtomicU64::new(0);
                (0..steps(worker, workers)).for_each(|_| add_one(&own));
                own.into_inner()
            })
        };
        let children: Vec<_> = (0..workers).map(start).collect();
        children
            .into_iter()
            .map(|child| child.join().unwrap())
            .sum()
    });
    total.unwrap()
}

criterion_group! { name = benches; config = settings(); targets = count }
criterion_main!(benches);
