//! What it costs to start something that runs by itself, and to wait for its end.
//!
//! The processes come first. A child gets a copy of its parent's page tables, and each thread that
//! ever ran leaves its stack behind for the next one, so later they would cost a little more.

mod support;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use multiprocessing::{Pool, StartMethod, process};
use support::bare_fork::bare_fork;
use support::{cores, settings, with_rayon};

fn one(c: &mut Criterion) {
    let mut group = c.benchmark_group("Start and join");
    // The floor: what no process can do without. Its child only leaves.
    group.bench_function("a bare fork", |b| {
        b.iter(bare_fork);
    });
    group.bench_function("a process", |b| {
        b.iter(|| process::spawn(|| ()).unwrap().join().unwrap());
    });
    group.bench_function("a process that answers", |b| {
        b.iter(|| {
            let six = black_box(6);
            let child = process::spawn(move || six * 7).unwrap();
            assert_eq!(child.join().unwrap(), 42);
        });
    });
    group.bench_function("a process in a scope", |b| {
        b.iter(|| {
            let six = black_box(6);
            let answer = process::scope(|s| s.spawn(|| six * 7).join());
            assert_eq!(answer.unwrap().unwrap(), 42);
        });
    });
    group.bench_function("a program by Command", |b| {
        b.iter(|| assert!(Command::new("true").status().unwrap().success()));
    });
    group.bench_function("a thread", |b| {
        b.iter(|| {
            let six = black_box(6);
            assert_eq!(thread::spawn(move || six * 7).join().unwrap(), 42);
        });
    });
    group.bench_function("a thread in a scope of crossbeam", |b| {
        b.iter(|| {
            let six = black_box(6);
            let answer = crossbeam::scope(|s| s.spawn(|_| six * 7).join().unwrap());
            assert_eq!(answer.unwrap(), 42);
        });
    });
    group.finish();
}

fn pools(c: &mut Criterion) {
    let mut group = c.benchmark_group("Make and close a pool");
    // The book's chart has the pools of two, on any machine.
    for workers in BTreeSet::from([1, 2, cores(), 4 * cores()]) {
        group.bench_function(BenchmarkId::new("of processes", workers), |b| {
            b.iter(|| Pool::new(workers).unwrap().close().unwrap());
        });
        group.bench_function(BenchmarkId::new("of rayon's threads", workers), |b| {
            b.iter(|| {
                with_rayon(workers, |pool| {
                    assert_eq!(pool.current_num_threads(), workers);
                });
            });
        });
    }
    group.finish();
}

const METHODS: [StartMethod; 3] = [
    StartMethod::Fork,
    StartMethod::ForkServer,
    StartMethod::Spawn,
];

fn pools_by_method(c: &mut Criterion) {
    let mut group = c.benchmark_group("Make, use and close a pool of two");
    for method in METHODS {
        group.bench_function(format!("by {method:?}"), |b| {
            b.iter(|| {
                let builder = Pool::builder().workers(2).start_method(method);
                let mut pool = builder.build().unwrap();
                assert_eq!(pool.map(|x: u32| x * x, [2, 3]).unwrap(), [4, 9]);
                pool.close().unwrap();
            });
        });
    }
    group.finish();
}

/// What a parent has makes a fork take longer: its memory, whose tables are copied, and its threads,
/// beside which the library refuses to fork.
fn parents(c: &mut Criterion) {
    for (mib, name) in [(10, "10 MiB"), (1 << 10, "1 GiB"), (4 << 10, "4 GiB")] {
        let memory = vec![1_u8; mib << 20];
        for threads in [0, 8] {
            let title = format!("Start and join from {name} with {threads} threads");
            beside_threads(threads, || from_this_parent(c, &title, threads > 0));
        }
        drop(black_box(memory));
    }
}

fn from_this_parent(c: &mut Criterion, title: &str, has_threads: bool) {
    let mut group = c.benchmark_group(title);
    // A fork of a large parent takes most of a second.
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("a bare fork", |b| b.iter(bare_fork));
    for method in METHODS {
        if has_threads && method == StartMethod::Fork {
            continue;
        }
        group.bench_function(format!("a process by {method:?}"), |b| {
            b.iter(|| {
                let child = process::Builder::new().start_method(method).spawn(|| ());
                child.unwrap().join().unwrap();
            });
        });
    }
    group.bench_function("a program by Command", |b| {
        b.iter(|| assert!(Command::new("true").status().unwrap().success()));
    });
    group.finish();
}

/// Calls `f` while so many threads wait.
fn beside_threads(count: usize, f: impl FnOnce()) {
    let gate = Barrier::new(count + 1);
    thread::scope(|s| {
        for _ in 0..count {
            s.spawn(|| gate.wait());
        }
        f();
        gate.wait();
    });
}

criterion_group! {
    name = benches;
    config = settings();
    targets = one, pools, pools_by_method, parents
}
criterion_main!(benches);
