//! What a process costs more than a thread: its start, its memory, and to
//! be switched to.

use std::io::{self, Read, Write};
use std::thread;

use clap::Parser;
use lesson_measuring::{Failure, Figure, between, measure, progress, table, verdict};
use lesson2::sides::Sides;
use lesson2::{memory, starting};
use multiprocessing::process;

/// Measure what threads and processes cost
#[derive(Parser)]
struct Options {
    /// How many megabytes the parent has in memory, when it starts a worker
    /// once more
    #[arg(long, default_value_t = 256, value_parser = between(1..=16_384))]
    items: usize,
}

const RUNS: usize = 7;
const SWITCHES: usize = 1000;

fn main() -> Result<(), Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { items } = Options::parse();
    let progress = progress(4);

    let process = starting::process(100)?;
    let start = (starting::thread(500), process);
    progress.inc(1);
    let memory = (memory::of_thread(8)?, memory::of_process(8)?);
    progress.inc(1);
    // On one core, so that only one of two workers can run at a time.
    let one_core = Sides::of_this_machine()?.stay_here()?;
    let switch = (between_threads()?, between_processes()?);
    drop(one_core);
    progress.inc(1);
    // A new process gets a copy of the tables that say where its memory is.
    let ballast = vec![1_u8; items * 1_000_000];
    let heavy_start = (starting::thread(500), starting::process(50)?);
    drop(std::hint::black_box(ballast));
    progress.finish_and_clear();

    let row = |what: &str, (thread, process): (Figure, Figure)| {
        [
            what.to_owned(),
            thread.time().to_string(),
            process.time().to_string(),
            process.over(thread).factor().to_string(),
        ]
    };
    let kilobytes = |bytes: f64| format!("{:.0} kB", bytes / 1000.0);
    let heavy = format!("the same, parent has {items} MB");
    let rows = [
        row("start and join", start),
        row(&heavy, heavy_start),
        row("switch there and back", switch),
        [
            "memory added".to_owned(),
            kilobytes(memory.0),
            kilobytes(memory.1),
            format!("{:.1} ×", memory.1 / memory.0),
        ],
    ];
    println!("{}", table(["", "thread", "process", "ratio"], rows));

    verdict(
        "processes need more memory than threads",
        memory.1 > memory.0,
        format!("{} and {}", kilobytes(memory.1), kilobytes(memory.0)),
    );
    let (created, switched) = (start.1.over(start.0), switch.1.over(switch.0));
    verdict(
        "processes cost more to create than threads",
        created.median - created.spread > 1.0,
        format!("{} as much time", created.factor()),
    );
    verdict(
        "processes cost more to schedule than threads",
        switched.median - switched.spread > 1.0,
        format!("{} as much time", switched.factor()),
    );
    Ok(())
}

fn between_processes() -> Result<Figure, Failure> {
    let (mut here, to_here) = io::pipe()?;
    let (there, mut to_there) = io::pipe()?;
    let other = process::spawn(move || answer(there, to_here))?;
    let time = ask(&mut here, &mut to_there)?;
    other.join()?;
    Ok(time)
}

fn between_threads() -> Result<Figure, Failure> {
    let (mut here, to_here) = io::pipe()?;
    let (there, mut to_there) = io::pipe()?;
    thread::scope(|s| {
        s.spawn(move || answer(there, to_here));
        Ok(ask(&mut here, &mut to_there)?)
    })
}

fn ask(here: &mut impl Read, to_there: &mut impl Write) -> io::Result<Figure> {
    let time = measure(RUNS, || {
        for _ in 0..SWITCHES {
            to_there.write_all(b"?")?;
            // Nothing is there yet: the other one must run.
            here.read_exact(&mut [0])?;
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(time.per(SWITCHES))
}

fn answer(mut there: impl Read, mut to_here: impl Write) -> bool {
    let mut answer_one = |_| there.read_exact(&mut [0]).is_ok() && to_here.write_all(b"!").is_ok();
    (0..RUNS * SWITCHES).all(&mut answer_one)
}
