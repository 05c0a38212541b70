//! A new process for each task, against a pool whose workers stay.

use std::collections::VecDeque;

use clap::Parser;
use lesson_measuring::{Figure, between, cores, count_primes, measure, progress, table, verdict};
use multiprocessing::{Error, Pool, process};

/// Do the same tasks with a process for each, and with a pool
#[derive(Parser)]
struct Options {
    /// How many processes work at the same time
    #[arg(long, default_value_t = cores(), value_parser = between(1..=256))]
    workers: usize,
    /// How many tasks there are
    #[arg(long, default_value_t = 100, value_parser = between(1..=100_000))]
    items: usize,
}

const RUNS: usize = 5;

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { workers, items } = Options::parse();

    let sizes = [
        ("nothing", 0),
        ("the primes to 3000", 3_000),
        ("the primes to 50000", 50_000),
    ];
    let progress = progress(sizes.len());
    let mut rows = Vec::new();
    let mut ratios = Vec::new();
    for (task, size) in sizes {
        let tasks = vec![size; items];
        let each = measure(RUNS, || one_process_each(workers, &tasks))?.per(items);
        let pool = measure(RUNS, || one_pool(workers, &tasks))?.per(items);
        rows.push([
            task.to_owned(),
            each.time().to_string(),
            pool.time().to_string(),
            each.over(pool).factor().to_string(),
        ]);
        ratios.push(each.over(pool));
        progress.inc(1);
    }
    progress.finish_and_clear();

    println!("{items} tasks, {workers} at a time. The time for one:\n");
    let head = ["task: count", "a process each", "a pool", "pool faster by"];
    println!("{}", table(head, rows));

    // Long tasks hide what a process costs: there it is enough that the
    // pool is not slower.
    let not_slower = |ratio: &Figure| ratio.median + ratio.spread > 1.0;
    verdict(
        "a pool is more efficient than a process per task",
        ratios[0].median - ratios[0].spread > 1.0 && ratios.iter().all(not_slower),
        format!(
            "it was {} as fast\nfor tasks that do nothing, and {} for the longest ones",
            ratios[0].factor(),
            ratios[2].factor()
        ),
    );
    Ok(())
}

// ANCHOR: both
fn one_process_each(workers: usize, tasks: &[u64]) -> Result<(), Error> {
    let mut running = VecDeque::new();
    for &size in tasks {
        if running.len() == workers
            && let Some(oldest) = running.pop_front()
        {
            process::Process::<u64>::join(oldest)?;
        }
        running.push_back(process::spawn(move || count_primes(0..size))?);
    }
    for process in running {
        process.join()?;
    }
    Ok(())
}

fn one_pool(workers: usize, tasks: &[u64]) -> Result<(), Error> {
    let mut pool = Pool::new(workers)?;
    pool.map(|size| count_primes(0..size), tasks.iter().copied())?;
    Ok(())
}
// ANCHOR_END: both
