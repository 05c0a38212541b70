//! A race: processes raise one counter, and raises get lost. Then three cures.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use clap::Parser;
use lesson_measuring::{between, table};
use multiprocessing::{Barrier, Error, Mutex, Semaphore, Shared, process};

/// Let processes raise one counter, without and with protection
#[derive(Parser)]
struct Options {
    /// How many processes raise the counter
    #[arg(long, default_value_t = 4, value_parser = between(2..=64))]
    workers: usize,
    /// How often each process raises it
    #[arg(long, default_value_t = 200_000, value_parser = between(1000..=10_000_000))]
    items: usize,
}

/// On one core, a raise is only lost when a process is interrupted in the middle of it. So where
/// none is lost, the race is run again, but not more often than this.
const MOST_RACES: usize = 1000;

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let options = Options::parse();
    let all = (options.workers * options.items) as u64;

    let mut rows = Vec::new();
    let mut row = |protection: &str, counted: u64, seconds: f64| {
        rows.push([
            protection.to_owned(),
            counted.to_string(),
            (all - counted).to_string(),
            format!("{:.0} ns", seconds * 1e9 / all as f64),
        ]);
    };

    // ANCHOR: race
    let counter = Shared::new(AtomicU64::new(0))?;
    let mut seconds = 0.0;
    for _ in 0..MOST_RACES {
        counter.store(0, Relaxed);
        seconds = raise(&options, || {
            let seen = counter.load(Relaxed);
            // Another process may raise the counter now. Its raise is
            // overwritten.
            counter.store(seen + 1, Relaxed);
        })?;
        if counter.load(Relaxed) < all {
            break;
        }
    }
    // ANCHOR_END: race
    let unprotected = counter.load(Relaxed);
    row("none", unprotected, seconds);

    let locked = Mutex::new(0)?;
    let seconds = raise(&options, || match locked.lock() {
        Ok(mut counter) => *counter += 1,
        Err(died) => panic!("{died}"),
    })?;
    row(
        "a mutex",
        locked.lock().map_or(0, |counter| *counter),
        seconds,
    );

    counter.store(0, Relaxed);
    let seconds = raise(&options, || {
        counter.fetch_add(1, Relaxed); // reads, adds and writes in one step
    })?;
    row("an atomic step", counter.load(Relaxed), seconds);

    counter.store(0, Relaxed);
    let one_at_a_time = Semaphore::new(1)?;
    let seconds = raise(&options, || {
        let permit = one_at_a_time.acquire();
        counter.store(counter.load(Relaxed) + 1, Relaxed);
        permit.release();
    })?;
    row("a semaphore", counter.load(Relaxed), seconds);

    println!(
        "{} processes raise a counter {} times each, which makes {all}.\n",
        options.workers, options.items
    );
    println!(
        "{}",
        table(["protection", "counted", "lost", "time a raise"], rows)
    );
    if unprotected == all {
        println!("\nNo raise was lost in {MOST_RACES} races. Try more --items.");
    }
    Ok(())
}

/// Runs `raise_once` as often as the options say, and returns how many seconds it took.
fn raise(options: &Options, raise_once: impl Fn()) -> Result<f64, Error> {
    let all_are_there = Barrier::new(options.workers)?;
    let start = Instant::now();
    process::scope(|s| {
        for _ in 0..options.workers {
            s.spawn(|| {
                // The first process waits for the last one to start.
                all_are_there.wait().expect("no process dies before");
                for _ in 0..options.items {
                    raise_once();
                }
            });
        }
    })?;
    Ok(start.elapsed().as_secs_f64())
}
