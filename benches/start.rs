//! What it costs to start something that runs by itself, and to wait for its end.
//!
//! The processes come first. A child gets a copy of its parent's page tables, and each thread that
//! ever ran leaves its stack behind for the next one, so later they would cost a little more.

mod support;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::Command;
use std::thread;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use multiprocessing::{Pool, process};
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

criterion_group! { name = benches; config = settings(); targets = one, pools }
criterion_main!(benches);
