//! Twelve tasks of uneven length on four workers, drawn as a timeline: a
//! lane a worker, a block a task.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use lesson_measuring::{between, count_primes, say_if_cores_are_few};
use multiprocessing::{Error, Pool, process};

/// Draw which worker of a pool did which task, and when
#[derive(Parser)]
struct Options {
    /// How many workers the pool has
    #[arg(long, default_value_t = 4, value_parser = between(1..=16))]
    workers: usize,
    /// How many tasks there are
    #[arg(long, default_value_t = 12, value_parser = between(1..=26))]
    items: usize,
}

const WIDTH: usize = 60;

/// Some tasks take about ten times as long as others. Each returns who did
/// it, and from when to when.
fn task(number: u64) -> (String, f64, f64) {
    let start = now();
    count_primes(0..(1 + number * 7 % 5) * 120_000);
    (process::current().name().to_owned(), start, now())
}

/// In milliseconds. An `Instant` can't be sent to another process.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64() * 1000.0
}

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let options = Options::parse();
    // ANCHOR: work
    let mut pool = Pool::new(options.workers)?;
    // Chunks of one task each: a worker takes another as soon as it has
    // done one.
    let mut done = pool.map_chunked(task, 0..options.items as u64, 1)?;
    pool.close()?;
    // ANCHOR_END: work

    done.sort_by(|a, b| a.1.total_cmp(&b.1));
    let begin = done.iter().map(|task| task.1).fold(f64::INFINITY, f64::min);
    let end = done.iter().map(|task| task.2).fold(0.0, f64::max);
    let column = |time: f64| ((time - begin) / (end - begin) * WIDTH as f64).round() as usize;

    let mut lanes = BTreeMap::new();
    for ((worker, start, end), letter) in done.into_iter().zip('A'..) {
        let lane = lanes
            .entry((worker.len(), worker)) // 10 comes after 9
            .or_insert_with(|| vec!['·'; WIDTH]);
        // A task that is too short for a column still gets one.
        let first = column(start).min(WIDTH - 1);
        let last = column(end).max(first + 1);
        lane[first..last].fill(letter.to_ascii_lowercase());
        lane[first] = letter;
    }

    let items = options.items;
    println!("{items} tasks, lettered in the order in which they began:\n");
    for ((_, worker), lane) in lanes {
        println!("{worker:<17} {}", String::from_iter(lane));
    }
    let whole = format!("{:.0} ms", end - begin);
    println!("{:<17} 0{whole:>width$}", "", width = WIDTH - 1);
    say_if_cores_are_few(options.workers);
    Ok(())
}
