//! The same CPU-bound work, done by one process, by threads and by processes.
//!
//! Threads and processes should gain the same: as many times as there are cores, and nothing more
//! beyond that. Two kinds of work, since a core has its arithmetic to itself but shares the way to
//! the memory with the others.
//!
//! Starting the threads or processes is part of the measurement; making a pool is not, since a pool
//! is kept. At the end a table shows how many times faster than one process each was.

mod support;

use std::ops::Range;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use multiprocessing::{Array, Pool, process};
use rayon::prelude::*;
use support::{settings, with_rayon, worker_counts};

/// Work that can be cut into ranges, whose answers are added up.
struct Work {
    name: &'static str,
    items: usize,
    answer: u64,
    part: fn(Range<usize>) -> u64,
}

/// Pure arithmetic: how many steps the numbers take to get to 1 by the rule of Collatz.
fn collatz_steps(numbers: Range<usize>) -> u64 {
    let mut steps = 0;
    for number in numbers {
        let mut n = number as u64 + 1;
        while n != 1 {
            n = if n.is_multiple_of(2) {
                n / 2
            } else {
                3 * n + 1
            };
            steps += 1;
        }
    }
    steps
}

/// Bound by the memory: adds up more numbers than the caches hold.
fn sum(places: Range<usize>) -> u64 {
    numbers()[places].iter().sum()
}

const MANY: usize = 16 << 20;

/// They are made before the first fork, so that all processes see the same memory: nobody writes,
/// so nothing is copied.
fn numbers() -> &'static [u64] {
    static NUMBERS: OnceLock<Vec<u64>> = OnceLock::new();
    NUMBERS.get_or_init(|| (0..MANY as u64).collect())
}

fn arithmetic(c: &mut Criterion) {
    let work = Work {
        name: "Count 23 million Collatz steps",
        items: 200_000,
        answer: 22_938_602,
        part: collatz_steps,
    };
    let mut measured = Measured::new(c, &work);
    compare(&mut measured);
    measured.finish();
}

fn memory(c: &mut Criterion) {
    let work = Work {
        name: "Add up 128 MiB of numbers",
        items: MANY,
        answer: (MANY as u64 - 1) * MANY as u64 / 2,
        part: sum,
    };
    let mut measured = Measured::new(c, &work);
    // A new process must get to know 32 768 pages before it has added them up, and that takes longer
    // than to add: one process for each part is slower than a single one. Of usual memory, fork
    // copies the entries of all pages, one child after the other. Of an array it copies none, and
    // each child gets those that it touches, by page faults, at the same time as the others. (Hence
    // the array is measured first.) The pool's workers know all pages after their first task.
    lend_array(&mut measured);
    numbers();
    compare(&mut measured);
    measured.finish();
}

fn lend_array(measured: &mut Measured) {
    let mut array = Array::<u64>::new(MANY).unwrap();
    for (number, place) in (0..).zip(array.iter_mut()) {
        *place = number;
    }
    let work = measured.work;
    for workers in worker_counts() {
        measured.add("by processes that are lent an array", workers, || {
            let total = process::scope(|s| {
                let sum = |numbers: &[u64]| numbers.iter().sum::<u64>();
                let start = |range: Range<usize>| {
                    s.spawn_with(array.lend(), move |all: &[u64]| sum(&all[range]))
                };
                let children: Vec<_> = cut(work, workers).map(start).collect();
                children
                    .into_iter()
                    .map(|child| child.join().unwrap())
                    .sum()
            });
            total.unwrap()
        });
    }
}

fn compare(measured: &mut Measured) {
    let work = measured.work;
    let part = work.part;
    measured.add(ALONE, 1, || part(0..work.items));
    for workers in worker_counts() {
        measured.add("by processes", workers, || by_processes(work, workers));
        let mut pool = Pool::new(workers).unwrap();
        measured.add("by a pool of processes", workers, || {
            let answers = pool.map_chunked(part, finely_cut(work, workers), 1);
            answers.unwrap().iter().sum()
        });
        pool.close().unwrap();
    }
    for workers in worker_counts() {
        measured.add("by threads", workers, || by_threads(work, workers));
        measured.add("by threads of crossbeam", workers, || {
            by_crossbeam(work, workers)
        });
        with_rayon(workers, |pool| {
            measured.add("by rayon", workers, || {
                let parts = finely_cut(work, workers);
                pool.install(|| parts.into_par_iter().map(part).sum())
            });
        });
    }
}

/// One range for each worker.
fn cut(work: &Work, workers: usize) -> impl Iterator<Item = Range<usize>> {
    let items = work.items;
    (0..workers).map(move |i| items * i / workers..items * (i + 1) / workers)
}

/// Several for each worker, as a pool can use them to even out who is late.
fn finely_cut(work: &Work, workers: usize) -> Vec<Range<usize>> {
    cut(work, 8 * workers).collect()
}

fn by_processes(work: &Work, workers: usize) -> u64 {
    let part = work.part;
    let answer = process::scope(|s| {
        let children: Vec<_> = cut(work, workers)
            .map(|range| s.spawn(move || part(range)))
            .collect();
        children
            .into_iter()
            .map(|child| child.join().unwrap())
            .sum()
    });
    answer.unwrap()
}

fn by_threads(work: &Work, workers: usize) -> u64 {
    let part = work.part;
    thread::scope(|s| {
        let threads: Vec<_> = cut(work, workers)
            .map(|range| s.spawn(move || part(range)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

fn by_crossbeam(work: &Work, workers: usize) -> u64 {
    let part = work.part;
    let answer = crossbeam::scope(|s| {
        let threads: Vec<_> = cut(work, workers)
            .map(|range| s.spawn(move |_| part(range)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    answer.unwrap()
}

/// How long each way of doing the work took, in all samples, for the table at the end.
struct Measured<'a> {
    group: BenchmarkGroup<'a, WallTime>,
    work: &'a Work,
    medians: Vec<(&'static str, usize, Duration)>,
}

const ALONE: &str = "in one process";

impl<'a> Measured<'a> {
    fn new(c: &'a mut Criterion, work: &'a Work) -> Self {
        let mut group = c.benchmark_group(work.name);
        group.throughput(Throughput::Elements(work.items as u64));
        let medians = Vec::new();
        Self {
            group,
            work,
            medians,
        }
    }

    fn add(&mut self, way: &'static str, workers: usize, mut run: impl FnMut() -> u64) {
        let mut samples = Vec::new();
        self.group
            .bench_function(BenchmarkId::new(way, workers), |b| {
                b.iter_custom(|times| {
                    let start = Instant::now();
                    for _ in 0..times {
                        assert_eq!(run(), self.work.answer);
                    }
                    let elapsed = start.elapsed();
                    samples.push(elapsed / times as u32);
                    elapsed
                });
            });
        samples.sort();
        // There are none where the command line asks for other measurements.
        if let Some(median) = samples.get(samples.len() / 2) {
            self.medians.push((way, workers, *median));
        }
    }

    fn finish(self) {
        self.group.finish();
        let alone = self.medians.iter().find(|(way, _, _)| *way == ALONE);
        let Some((_, _, alone)) = alone else { return };
        println!("{}: times faster than {ALONE}", self.work.name);
        let counts = worker_counts();
        println!(
            "  {:40}{} workers",
            "",
            columns(counts.iter().map(usize::to_string))
        );
        let ways = self.medians.iter().map(|(way, _, _)| *way);
        let mut ways: Vec<_> = ways.filter(|way| *way != ALONE).collect();
        ways.sort_unstable();
        ways.dedup();
        for way in ways {
            let medians = self.medians.iter().filter(|(other, _, _)| *other == way);
            let speedup = |median: &Duration| alone.as_secs_f64() / median.as_secs_f64();
            let speedups = medians.map(|(_, _, median)| format!("{:.2}", speedup(median)));
            println!("  {way:40}{}", columns(speedups));
        }
        println!();
    }
}

fn columns(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| format!("{text:>6}")).collect()
}

criterion_group! { name = benches; config = settings(); targets = arithmetic, memory }
criterion_main!(benches);
