//! Python's global interpreter lock, seen: the same work by threads and
//! processes, in Rust and in Python.

use clap::Parser;
use lesson_measuring::{
    Failure, Figure, Watch, between, cannot_tell, cores, progress, table, verdict,
};
use lesson2::{computing, python};
use multiprocessing::process;

/// Let threads and processes count primes, in Rust and in Python
#[derive(Parser)]
struct Options {
    /// How many workers share the work
    #[arg(long, default_value_t = cores().clamp(2, 8), value_parser = between(2..=64))]
    workers: usize,
    /// In Rust, count the primes below this
    #[arg(long, default_value_t = 1_500_000, value_parser = between(1000..=100_000_000))]
    items: usize,
}

const RUNS: usize = 5;

fn main() -> Result<(), Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { workers, items } = Options::parse();
    let watch = Watch::begin();

    let progress = progress(5);
    let next = |what: &'static str| {
        progress.set_message(what);
        progress.inc(1);
    };
    next("Rust, processes");
    let processes = [1, workers].map(|count| computing::by_processes(count, items, RUNS));
    let [process, processes] = processes;
    let (process, processes) = (process?, processes?);
    next("Rust, threads");
    let [thread, threads] = [1, workers].map(|count| computing::by_threads(count, items, RUNS));
    next("Python");
    let python = measured_by_python(workers)?;
    progress.finish_and_clear();

    let mut all = vec![
        ("Rust threads", thread, threads),
        ("Rust processes", process, processes),
    ];
    if let Some(figures) = &python {
        all.push(("Python threads", figures.threads[0], figures.threads[1]));
        all.push((
            "Python processes",
            figures.processes[0],
            figures.processes[1],
        ));
    }
    let speedups: Vec<_> = all
        .iter()
        .map(|(_, alone, together)| alone.over(*together))
        .collect();
    let rows = all
        .iter()
        .zip(&speedups)
        .map(|((who, alone, together), speedup)| {
            [
                (*who).to_owned(),
                alone.time().to_string(),
                together.time().to_string(),
                speedup.factor().to_string(),
            ]
        });
    let with_workers = format!("{workers} workers");
    println!(
        "{}",
        table(["", "1 worker", &with_workers, "speedup"], rows)
    );

    let without = "without a global interpreter lock, threads scale as processes do";
    let with = "Python's global interpreter lock keeps threads from running in parallel";
    let (thread, process) = (speedups[0], speedups[1]);
    let obstacle = watch.obstacle(workers);
    if let Some(obstacle) = obstacle.filter(|_| process.median < 1.5) {
        cannot_tell(without, &obstacle);
        cannot_tell(with, &obstacle);
        return Ok(());
    }
    verdict(
        without,
        thread.median > 0.8 * process.median,
        format!(
            "threads {}, processes {}",
            thread.factor(),
            process.factor()
        ),
    );
    match python {
        None => cannot_tell(with, "there is no python3 on this machine"),
        Some(Python { lock, .. }) if lock != "on" => {
            cannot_tell(with, "this Python has no such lock");
        }
        Some(_) if speedups[3].median < 1.2 => {
            cannot_tell(with, "its processes were no faster together either");
        }
        Some(_) => verdict(
            with,
            speedups[2].median < 1.2,
            format!(
                "threads {}, processes {}",
                speedups[2].factor(),
                speedups[3].factor()
            ),
        ),
    }
    Ok(())
}

/// What the Python twin measured, by one worker and by several, and whether
/// it has its lock.
struct Python {
    threads: [Figure; 2],
    processes: [Figure; 2],
    lock: String,
}

fn measured_by_python(workers: usize) -> Result<Option<Python>, Failure> {
    let Some(rows) = python::table_of("gil", &[format!("--workers={workers}")])? else {
        return Ok(None);
    };
    let figures = |row: usize| {
        let number = |column: usize| rows[row][column].parse();
        let figure = |column| {
            Ok::<_, std::num::ParseFloatError>(Figure {
                median: number(column)?,
                spread: number(column + 1)?,
            })
        };
        Ok::<_, std::num::ParseFloatError>([figure(1)?, figure(3)?])
    };
    Ok(Some(Python {
        threads: figures(0)?,
        processes: figures(1)?,
        lock: rows[2][1].clone(),
    }))
}
