//! The same CPU-bound work, done by one process, by threads and by processes.
//!
//! Threads and processes should gain the same: as many times as there are cores, and nothing more
//! beyond that. Two kinds of work, since a core has its arithmetic to itself but shares the way to
//! the memory with the others.
//!
//! Starting the threads or processes is part of the measurement; making a pool is not, since a pool
//! is kept. At the end a table shows how many times faster than one process each was.

mod support;

use std::cell::RefCell;
use std::fmt::Write;
use std::ops::Range;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use multiprocessing::{Pool, process};
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
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
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
    compare(
        c,
        &Work {
            name: "Count 21 million Collatz steps",
            items: 200_000,
            answer: 21_479_748,
            part: collatz_steps,
        },
    );
}

fn memory(c: &mut Criterion) {
    numbers();
    compare(
        c,
        &Work {
            name: "Add up 128 MiB of numbers",
            items: MANY,
            answer: (MANY as u64 - 1) * MANY as u64 / 2,
            part: sum,
        },
    );
}

fn compare(c: &mut Criterion, work: &Work) {
    let mut group = c.benchmark_group(work.name);
    group.throughput(Throughput::Elements(work.items as u64));
    let mut times = Times::default();
    let part = work.part;

    times.measure(&mut group, work, "in one process", 1, || {
        part(0..work.items)
    });
    for workers in worker_counts() {
        times.measure(&mut group, work, "by processes", workers, || {
            by_processes(work, workers)
        });
        let mut pool = Pool::new(workers).unwrap();
        times.measure(&mut group, work, "by a pool of processes", workers, || {
            let answers = pool.map_chunked(part, finely_cut(work, workers), 1);
            answers.unwrap().iter().sum()
        });
        pool.close().unwrap();
    }
    for workers in worker_counts() {
        times.measure(&mut group, work, "by threads", workers, || {
            by_threads(work, workers)
        });
        times.measure(&mut group, work, "by threads of crossbeam", workers, || {
            by_crossbeam(work, workers)
        });
        with_rayon(workers, |pool| {
            times.measure(&mut group, work, "by rayon", workers, || {
                let parts = finely_cut(work, workers);
                pool.install(|| parts.into_par_iter().map(part).sum())
            });
        });
    }
    group.finish();
    times.print(work);
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

/// How long each way of doing the work took, for the table at the end.
#[derive(Default)]
struct Times(Vec<(&'static str, usize, Duration)>);

impl Times {
    fn measure(
        &mut self,
        group: &mut BenchmarkGroup<WallTime>,
        work: &Work,
        name: &'static str,
        workers: usize,
        mut run: impl FnMut() -> u64,
    ) {
        let seen = RefCell::new(Vec::new());
        group.bench_function(BenchmarkId::new(name, workers), |b| {
            b.iter_custom(|times| {
                let start = Instant::now();
                for _ in 0..times {
                    assert_eq!(run(), work.answer);
                }
                let elapsed = start.elapsed();
                seen.borrow_mut().push(elapsed / times as u32);
                elapsed
            });
        });
        let mut seen = seen.into_inner();
        seen.sort();
        // Empty when the command line asks for other measurements.
        if let Some(median) = seen.get(seen.len() / 2) {
            self.0.push((name, workers, *median));
        }
    }

    fn print(&self, work: &Work) {
        let Some((_, _, alone)) = self.0.iter().find(|(name, _, _)| *name == "in one process")
        else {
            return;
        };
        let mut ways: Vec<&str> = self.0[1..].iter().map(|(way, _, _)| *way).collect();
        ways.sort_unstable();
        ways.dedup();
        let counts = worker_counts();
        let head: String = counts.iter().fold(String::new(), |mut head, count| {
            let _ = write!(head, "{count:>8}");
            head
        });
        println!(
            "{}: times faster than one process\n{:26}{head} workers",
            work.name, ""
        );
        for way in ways {
            let times = self.0.iter().filter(|(other, _, _)| *other == way);
            let line: String = times.fold(String::new(), |mut line, (_, _, time)| {
                let _ = write!(line, "{:>8.2}", alone.as_secs_f64() / time.as_secs_f64());
                line
            });
            println!("  {way:24}{line}");
        }
        println!();
    }
}

criterion_group! { name = benches; config = settings(); targets = arithmetic, memory }
criterion_main!(benches);
