//! The same work by one process, by two, and so on, up to the number of
//! cores.

use clap::Parser;
use lesson_measuring::{
    Watch, bar, between, cannot_tell, cores, count_primes, measure, progress, table, verdict,
};
use multiprocessing::{Error, Pool, process};

/// Count primes with one process, with two and so on, and see how long each
/// takes
#[derive(Parser)]
struct Options {
    /// The most processes to try; from 8 on, their number doubles
    #[arg(long, default_value_t = cores(), value_parser = between(1..=256))]
    workers: usize,
    /// Count the primes below this
    #[arg(long, default_value_t = 1_500_000, value_parser = between(1000..=100_000_000))]
    items: usize,
}

const PARTS: usize = 100;
const RUNS: usize = 3;

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { workers, items } = Options::parse();
    let watch = Watch::begin();

    let crews: Vec<usize> = (1..=workers)
        .filter(|&crew| crew <= 8 || crew.is_power_of_two() || crew == workers)
        .collect();
    let progress = progress(crews.len() * RUNS * PARTS);
    let mut primes = 0;
    let mut times = Vec::new();
    for &crew in &crews {
        progress.set_message(format!("with {crew} at work"));
        times.push(measure(RUNS, || {
            let edge = |part| (items * part / PARTS) as u64;
            let parts = (0..PARTS).map(|part| (edge(part), edge(part + 1)));
            primes = 0;
            // ANCHOR: pool
            let mut pool = Pool::new(crew)?;
            for count in pool.imap_unordered(|(from, to)| count_primes(from..to), parts)? {
                primes += count?;
                progress.inc(1);
            }
            // ANCHOR_END: pool
            Ok::<_, Error>(())
        })?);
    }
    progress.finish_and_clear();
    let obstacle = watch.obstacle(workers.min(cores()));

    println!("There are {primes} primes below {items}.\n");
    let speedups: Vec<_> = times.iter().map(|&time| times[0].over(time)).collect();
    let fastest = speedups.iter().map(|speedup| speedup.median);
    let fastest = fastest.fold(0.0, f64::max);
    let rows = (0..crews.len()).map(|row| {
        [
            crews[row].to_string(),
            times[row].time().to_string(),
            speedups[row].factor().to_string(),
            bar(speedups[row].median, fastest, 30),
        ]
    });
    println!("{}", table(["processes", "time", "speedup", ""], rows));

    let claim = "on several cores, CPU-bound work gets faster by using processes";
    let most = crews.iter().rposition(|&crew| crew > 1 && crew <= cores());
    match (most, obstacle) {
        (None, _) => cannot_tell(claim, "it takes two processes, and a core for each"),
        (Some(row), Some(obstacle)) if speedups[row].median < 1.2 => cannot_tell(claim, obstacle),
        (Some(row), _) => {
            let (crew, speedup) = (crews[row], speedups[row]);
            let because = format!("{crew} processes were {} as fast as one", speedup.factor());
            verdict(claim, speedup.median > 1.2, because);
        }
    }
    Ok(())
}
