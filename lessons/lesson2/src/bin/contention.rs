//! More and more workers want one lock: threads and processes, and both
//! without a common lock.

use std::sync;
use std::thread;
use std::time::Instant;

use clap::Parser;
use crossbeam::utils::CachePadded;
use lesson_measuring::{Figure, Watch, between, cannot_tell, cores, progress, table, verdict};
use multiprocessing::process::ScopedProcess;
use multiprocessing::{Barrier, Error, Mutex, process};

/// Let 1, 2, 4 and more workers raise a counter behind one lock, or each
/// its own
#[derive(Parser)]
struct Options {
    /// The most workers; their number doubles
    #[arg(long, default_value_t = 16, value_parser = between(2..=256))]
    workers: usize,
    /// How often all of them together raise the counter
    #[arg(long, default_value_t = 1_000_000, value_parser = between(1000..=100_000_000))]
    items: usize,
}

const RUNS: usize = 3;
const NOBODY_DIED: &str = "no worker dies with the lock";

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { workers, items } = Options::parse();
    let watch = Watch::begin();

    let crews: Vec<usize> = (1..=workers)
        .filter(|crew| crew.is_power_of_two())
        .collect();
    let progress = progress(crews.len() * RUNS);
    let mut figures = Vec::new();
    for &crew in &crews {
        let mut times = [const { Vec::new() }; 4];
        for _ in 0..RUNS {
            let one = Mutex::new(0_u64)?;
            let own = (0..crew)
                .map(|_| Mutex::new(0_u64))
                .collect::<Result<Vec<_>, _>>()?;
            let raise = |lock: &Mutex<u64>| {
                *lock.lock().expect(NOBODY_DIED) += 1;
            };
            times[1].push(by_processes(crew, items, |_| raise(&one))?);
            times[3].push(by_processes(crew, items, |worker| raise(&own[worker]))?);

            let one = sync::Mutex::new(0_u64);
            // Each on a cache line of its own: else the cores would contend
            // for the line.
            let own: Vec<_> = (0..crew)
                .map(|_| CachePadded::new(sync::Mutex::new(0_u64)))
                .collect();
            let raise = |lock: &sync::Mutex<u64>| {
                *lock.lock().expect(NOBODY_DIED) += 1;
            };
            times[0].push(by_threads(crew, items, |_| raise(&one)));
            times[2].push(by_threads(crew, items, |worker| raise(&own[worker])));
            progress.inc(1);
        }
        figures.push(times.map(|times| Figure::of(times).per(items)));
    }
    progress.finish_and_clear();

    println!("The time for a raise, {items} of them shared among the workers:\n");
    let rows = crews.iter().zip(&figures).map(|(crew, figures)| {
        let [a, b, c, d] = figures.map(|figure| figure.time().to_string());
        [crew.to_string(), a, b, c, d]
    });
    let head = [
        "workers",
        "one lock,\nthreads",
        "one lock,\nprocesses",
        "own locks,\nthreads",
        "own locks,\nprocesses",
    ];
    println!("{}", table(head, rows));
    println!("\nThis program may use {} core(s).", cores());

    let last = figures.len() - 1;
    let [threads, processes, own_threads, own_processes] =
        [0, 1, 2, 3].map(|column| figures[last][column].over(figures[0][column]).median);
    let claim = "threads suffer from contention as their number grows;\nprocesses scale further";
    let because = format!(
        "from 1 to {workers} workers, a raise took\n\
         {threads:.2} × as long by threads and {processes:.2} × by processes behind one lock,\n\
         {own_threads:.2} × and {own_processes:.2} × behind locks of their own"
    );
    match watch.obstacle(2) {
        Some(obstacle) => cannot_tell(claim, format!("{obstacle};\n{because}")),
        None => verdict(claim, threads > 1.2 && processes < 1.2, because),
    }
    Ok(())
}

fn by_processes(workers: usize, items: usize, raise: impl Fn(usize)) -> Result<f64, Error> {
    let all_are_there = Barrier::new(workers)?;
    let origin = Instant::now();
    let times = process::scope(|s| {
        let work = |worker| {
            all_are_there.wait().expect("no worker dies before");
            timed(origin, || (0..items / workers).for_each(|_| raise(worker)))
        };
        let all: Vec<_> = (0..workers)
            .map(|worker| s.spawn(move || work(worker)))
            .collect();
        all.into_iter()
            .map(ScopedProcess::join)
            .collect::<Result<Vec<_>, _>>()
    })??;
    Ok(from_first_to_last(times))
}

fn by_threads(workers: usize, items: usize, raise: impl Fn(usize) + Sync) -> f64 {
    let all_are_there = sync::Barrier::new(workers);
    let origin = Instant::now();
    let work = |worker| {
        all_are_there.wait();
        timed(origin, || (0..items / workers).for_each(|_| raise(worker)))
    };
    let work = &work;
    let times = thread::scope(|s| {
        let all: Vec<_> = (0..workers)
            .map(|worker| s.spawn(move || work(worker)))
            .collect();
        all.into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    from_first_to_last(times)
}

/// When the work began and ended. The clock is the same in all processes.
fn timed(origin: Instant, work: impl FnOnce()) -> (f64, f64) {
    let start = origin.elapsed();
    work();
    (start.as_secs_f64(), origin.elapsed().as_secs_f64())
}

fn from_first_to_last(times: Vec<(f64, f64)>) -> f64 {
    let first = times
        .iter()
        .map(|(start, _)| *start)
        .fold(f64::INFINITY, f64::min);
    let last = times.iter().map(|(_, end)| *end).fold(0.0, f64::max);
    last - first
}
