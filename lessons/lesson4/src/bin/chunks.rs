//! Small chunks or large ones: who waits for whom, and what it costs to
//! hand them out.

use std::collections::BTreeMap;
use std::time::Instant;

use clap::Parser;
use lesson_measuring::{
    between, cores, count_primes, measure, progress, say_if_cores_are_few, table,
};
use multiprocessing::{Error, Pool, process};

/// Give a pool the same tasks in chunks of several sizes
#[derive(Parser)]
struct Options {
    /// How many workers the pool has
    #[arg(long, default_value_t = cores().clamp(2, 4), value_parser = between(2..=64))]
    workers: usize,
    /// How many tasks there are, each longer than the one before it
    #[arg(long, default_value_t = 48, value_parser = between(8..=1000))]
    items: usize,
}

const TINY: usize = 20_000;
const WIDTH: f64 = 40.0;

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { workers, items } = Options::parse();

    let mut pool = Pool::new(workers)?;
    let progress = progress(6);

    println!("{items} tasks, each longer than the one before it. █ works, · waits for the others.");
    for chunk_size in [1, items.div_ceil(4 * workers), items.div_ceil(workers)] {
        let start = Instant::now();
        let done = pool.map_chunked(task, 0..items as u64, chunk_size)?;
        let whole = start.elapsed().as_secs_f64();
        progress.inc(1);

        let mut busy = BTreeMap::new();
        for (worker, seconds) in done {
            *busy.entry(worker).or_insert(0.0) += seconds;
        }
        progress.suspend(|| println!("\nChunks of {chunk_size}: {:.0} ms", whole * 1e3));
        for (worker, seconds) in busy {
            let work = (seconds / whole * WIDTH).round().min(WIDTH) as usize;
            let lane = "█".repeat(work) + &"·".repeat(WIDTH as usize - work);
            progress.suspend(|| println!("  {worker:<17} {lane}"));
        }
    }

    let mut rows = Vec::new();
    for chunk_size in [1, TINY.div_ceil(4 * workers), TINY.div_ceil(workers)] {
        let time = measure(5, || {
            pool.map_chunked(|number: u64| number + 1, 0..TINY as u64, chunk_size)
                .map(drop)
        })?;
        let each = time.per(TINY).time().to_string();
        rows.push([chunk_size.to_string(), time.time().to_string(), each]);
        progress.inc(1);
    }
    progress.finish_and_clear();
    println!("\n{TINY} tasks that do next to nothing:\n");
    println!("{}", table(["chunk size", "time", "each task"], rows));
    say_if_cores_are_few(workers);
    Ok(())
}

/// Which worker did it, and how many seconds it took.
fn task(number: u64) -> (String, f64) {
    let start = Instant::now();
    count_primes(0..4000 * number);
    (
        process::current().name().to_owned(),
        start.elapsed().as_secs_f64(),
    )
}
