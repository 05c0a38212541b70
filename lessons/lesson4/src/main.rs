//! Twelve tasks of uneven length on four workers, drawn as a timeline: a
//! lane a worker, a block a task.
//!
//! The picture is drawn from the library's trace, which any program can
//! write: the environment variable `MULTIPROCESSING_TRACE` names its file.
//! So this program runs itself once more, with the variable set, and reads
//! the file.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::Command;

use clap::Parser;
use lesson_measuring::{Failure, between, count_primes, say_if_cores_are_few};
use multiprocessing::{Pool, process, trace};
use serde::Deserialize;

/// Draw which worker of a pool did which task, and when
#[derive(Parser)]
struct Options {
    /// How many workers the pool has
    #[arg(long, default_value_t = 4, value_parser = between(1..=16))]
    workers: usize,
    /// How many tasks there are
    #[arg(long, default_value_t = 12, value_parser = between(1..=26))]
    items: usize,
    /// Only do the work, and draw nothing
    #[arg(long)]
    work: bool,
}

const WIDTH: f64 = 60.0;

fn main() -> Result<(), Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let options = Options::parse();
    if options.work {
        work(&options)
    } else {
        draw(&options)
    }
}

fn work(Options { workers, items, .. }: &Options) -> Result<(), Failure> {
    // ANCHOR: work
    let mut pool = Pool::new(*workers)?;
    // Chunks of one task each: a worker takes another as soon as it has
    // done one.
    pool.map_chunked(task, 0..*items as u64, 1)?;
    pool.close()?;
    // ANCHOR_END: work
    Ok(())
}

/// Some tasks take about ten times as long as others.
fn task(number: u64) -> u64 {
    let length = 1 + number * 7 % 5;
    count_primes(0..length * 120_000)
}

/// A line of the trace.
#[derive(Deserialize)]
struct Event {
    ph: String,
    #[serde(default)]
    cat: String,
    ts: f64,
    pid: u32,
    args: Args,
}

#[derive(Deserialize)]
struct Args {
    name: Option<String>,
}

#[derive(Default)]
struct Lane {
    worker: String,
    /// When each of its tasks began and ended, in microseconds.
    tasks: Vec<(f64, f64)>,
}

fn draw(options: &Options) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    // Whoever asked for a trace of this program means that of the work.
    let file = match env::var_os(trace::ENV_VAR) {
        Some(asked_for) => asked_for.into(),
        None => folder.path().join("trace.json"),
    };
    let status = Command::new(env::current_exe()?)
        .args(["--work", &format!("--workers={}", options.workers)])
        .arg(format!("--items={}", options.items))
        .env(trace::ENV_VAR, &file)
        .status()
        .map_err(|error| Failure::new(format!("cannot start this program again: {error}")))?;
    if !status.success() {
        return Err(Failure::new(format!("the work failed: {status}")));
    }

    let lanes = lanes(&fs::read_to_string(file)?)?;
    let tasks = || lanes.iter().flat_map(|lane| &lane.tasks);
    if tasks().count() == 0 {
        return Err(Failure::new("the trace holds no tasks"));
    }
    let start = tasks().map(|task| task.0).fold(f64::INFINITY, f64::min);
    let end = tasks().map(|task| task.1).fold(0.0, f64::max);
    let mut starts: Vec<f64> = tasks().map(|task| task.0).collect();
    starts.sort_unstable_by(f64::total_cmp);

    println!(
        "{} tasks, lettered in the order in which they began:\n",
        options.items
    );
    let column = |time: f64| ((time - start) / (end - start) * WIDTH).round() as usize;
    for lane in &lanes {
        let mut picture = vec!['·'; WIDTH as usize];
        for &(from, to) in &lane.tasks {
            let number = starts.iter().position(|&start| start == from).unwrap_or(0);
            let letter = char::from(b'A' + number as u8);
            // A task that is too short for a column still gets one.
            let from = column(from).min(picture.len() - 1);
            let to = column(to).max(from + 1);
            picture[from..to].fill(letter.to_ascii_lowercase());
            picture[from] = letter;
        }
        println!("{:<17} {}", lane.worker, picture.iter().collect::<String>());
    }
    let whole = format!("{:.0} ms", (end - start) / 1000.0);
    println!("{:<17} 0{whole:>width$}", "", width = WIDTH as usize - 1);
    say_if_cores_are_few(options.workers);
    Ok(())
}

/// The workers' lanes, in the order of their numbers.
fn lanes(trace: &str) -> Result<Vec<Lane>, Failure> {
    let mut lanes: BTreeMap<u32, Lane> = BTreeMap::new();
    // After the opening bracket, each line is an event with a comma behind
    // it.
    for line in trace.lines().skip(1) {
        let event: Event = serde_json::from_str(line.trim_end().trim_end_matches(','))?;
        let lane = lanes.entry(event.pid).or_default();
        match (event.ph.as_str(), event.cat.as_str()) {
            ("M", _) => lane.worker = event.args.name.unwrap_or_default(),
            ("B", "chunk") => lane.tasks.push((event.ts, event.ts)),
            ("E", "chunk") => {
                if let Some(task) = lane.tasks.last_mut() {
                    task.1 = event.ts;
                }
            }
            _ => {}
        }
    }
    let mut workers: Vec<Lane> = lanes.into_values().collect();
    workers.retain(|lane| lane.worker.contains("Worker"));
    workers.sort_by_key(|lane| (lane.worker.len(), lane.worker.clone()));
    Ok(workers)
}
