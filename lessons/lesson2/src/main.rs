//! Processes beside threads: one table, every cell of it measured now.

use clap::Parser;
use lesson_measuring::{Failure, Watch, between, cores, progress, table};
use lesson2::{computing, memory, python, seeing, starting, talking, waiting};
use multiprocessing::process;

/// Compare processes with threads, and with those of Python, in one table
#[derive(Parser)]
struct Options {
    /// How many workers share the CPU-bound work
    #[arg(long, default_value_t = cores().clamp(2, 8), value_parser = between(2..=64))]
    workers: usize,
    /// The CPU-bound work is to count the primes below this
    #[arg(long, default_value_t = 1_000_000, value_parser = between(1000..=100_000_000))]
    items: usize,
}

const RUNS: usize = 3;
const WAITING: usize = 8;
const REQUESTS: usize = 2 * WAITING;

fn main() -> Result<(), Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { workers, items } = Options::parse();
    let watch = Watch::begin();
    let progress = progress(8);
    let step = |what: &'static str| {
        progress.set_message(what);
        progress.inc(1);
    };

    let mut rows = Vec::new();
    let mut row = |question: &str, threads: String, processes: String| {
        rows.push(vec![question.to_owned(), threads, processes]);
    };

    step("see");
    let (process, thread) = (seeing::by_process()?, seeing::by_thread()?);
    row("sees a change", yes_or_no(thread), yes_or_no(process));

    step("start");
    let (process, thread) = (starting::process(100)?, starting::thread(500));
    row(
        "start and join",
        thread.time().to_string(),
        process.time().to_string(),
    );

    step("memory");
    let (process, thread) = (memory::of_process(8)?, memory::of_thread(8)?);
    row("memory", kilobytes(thread), kilobytes(process));

    step("message");
    let (process, thread) = (talking::queue(8)?, talking::threads(8)?);
    row(
        "ask and answer",
        thread.time().to_string(),
        process.time().to_string(),
    );

    step("CPU-bound work");
    let alone = computing::by_processes(1, items, RUNS)?;
    let process = alone.over(computing::by_processes(workers, items, RUNS)?);
    let alone = computing::by_threads(1, items, RUNS);
    let thread = alone.over(computing::by_threads(workers, items, RUNS));
    let question = format!("CPU-bound, by {workers}");
    row(
        &question,
        thread.factor().to_string(),
        process.factor().to_string(),
    );

    step("I/O-bound work");
    let server = waiting::Server::start()?;
    let alone = server.asked_by_processes(1, REQUESTS, RUNS)?;
    let process = alone.over(server.asked_by_processes(WAITING, REQUESTS, RUNS)?);
    let alone = server.asked_by_threads(1, REQUESTS, RUNS)?;
    let thread = alone.over(server.asked_by_threads(WAITING, REQUESTS, RUNS)?);
    let question = format!("I/O-bound, by {WAITING}");
    row(
        &question,
        thread.factor().to_string(),
        process.factor().to_string(),
    );
    drop(server);

    step("the same in Python");
    let python = python::table_of("main", &[format!("--workers={workers}")])?;
    progress.finish_and_clear();

    let nothing = || vec![String::from("-"); 3];
    let python_rows = python
        .clone()
        .unwrap_or_default()
        .into_iter()
        .chain(std::iter::repeat_with(nothing));
    let rows = rows.into_iter().zip(python_rows).map(|(rust, python)| {
        let [question, thread, process] = <[String; 3]>::try_from(rust).unwrap_or_default();
        let [_, python_thread, python_process] =
            <[String; 3]>::try_from(python).unwrap_or_default();
        [question, thread, process, python_thread, python_process]
    });
    let head = [
        "workers are",
        "threads",
        "processes",
        "Python\nthreads",
        "Python\nprocesses",
    ];
    println!("{}\n", table(head, rows));
    println!("sees a change      that its parent makes after the start");
    println!("memory             that a worker adds, as proportional set size");
    println!("ask and answer     a message of 8 bytes to another worker, and back");
    println!("CPU-bound          how many times as fast {workers} workers are as one");
    println!("I/O-bound          the same, of {WAITING} workers that wait for a server\n");
    println!("Figures are medians; half of the measurements lie within ±.");
    if python.is_none() {
        println!("There is no python3 on this machine.");
    }
    if let Some(obstacle) = watch.obstacle(workers) {
        println!("Mind the CPU-bound row: {obstacle}.");
    }
    Ok(())
}

fn yes_or_no(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}

fn kilobytes(bytes: f64) -> String {
    format!("{:.0} kB", bytes / 1000.0)
}
