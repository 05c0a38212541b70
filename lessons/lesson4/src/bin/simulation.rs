//! A simulation whose answer does not depend on how many workers share it.
//!
//! Each batch of random points has a random generator of its own, seeded by
//! the batch's number. So a batch comes out the same, whichever worker does
//! it, and whenever.

use clap::Parser;
use lesson_measuring::{between, cores, measure, progress, say_if_cores_are_few, table};
use multiprocessing::{Error, Pool, process};

/// Estimate pi from random points, with one worker, with two and so on
#[derive(Parser)]
struct Options {
    /// The most workers to try
    #[arg(long, default_value_t = cores().clamp(2, 8), value_parser = between(1..=256))]
    workers: usize,
    /// The number of batches, of ten thousand points each
    #[arg(long, default_value_t = 10_000, value_parser = between(1..=1_000_000))]
    items: usize,
    /// Another seed gives other points
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const BATCH: usize = 10_000;

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options {
        workers,
        items,
        seed,
    } = Options::parse();

    let progress = progress(workers);
    let mut answers = Vec::new();
    let mut rows = Vec::new();
    for crew in 1..=workers {
        let mut hits = 0;
        let time = measure(3, || {
            let mut pool = Pool::new(crew)?;
            let batches = (0..items as u64).map(|batch| (seed, batch));
            // The sum is of whole numbers. Of fractions, it would depend on
            // their order.
            hits = pool.map(points_in_circle, batches)?.iter().sum::<u64>();
            Ok::<_, Error>(())
        })?;
        let pi = 4.0 * hits as f64 / (items * BATCH) as f64;
        answers.push(pi);
        rows.push([crew.to_string(), pi.to_string(), time.time().to_string()]);
        progress.inc(1);
    }
    progress.finish_and_clear();

    let error = (answers[0] - std::f64::consts::PI).abs();
    let points = items * BATCH;
    println!("{points} random points, of seed {seed}, miss pi by {error:.6}.\n");
    println!("{}", table(["workers", "pi", "time"], rows));
    if answers.iter().all(|answer| answer == &answers[0]) {
        println!("\nEach number of workers gives the same answer.");
    } else {
        println!("\nThe answers differ: the batches are not independent of each other.");
    }
    say_if_cores_are_few(workers);
    Ok(())
}

// ANCHOR: batch
/// Of a batch of random points in the unit square, how many lie in the
/// quarter circle?
fn points_in_circle((seed, batch): (u64, u64)) -> u64 {
    // Seeds that follow each other make no good streams, so the batch is
    // scattered first.
    let scattered = batch.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut random = fastrand::Rng::with_seed(seed ^ scattered);
    let is_in_circle = |_: &usize| random.f64().powi(2) + random.f64().powi(2) < 1.0;
    (0..BATCH).filter(is_in_circle).count() as u64
}
// ANCHOR_END: batch
