//! What a process costs to start by each method, from a small parent and
//! from a large one.

use std::array;
use std::hint::black_box;
use std::time::Instant;

use clap::Parser;
use lesson_measuring::{Failure, Figure, between, table};
use multiprocessing::StartMethod::{self, Fork, ForkServer, Spawn};
use multiprocessing::{Error, process};

/// Measure what each start method costs
#[derive(Parser)]
struct Options {
    /// How many megabytes the large parent has in memory
    #[arg(long, default_value_t = 256, value_parser = between(1..=16_384))]
    items: usize,
}

const METHODS: [StartMethod; 3] = [Fork, ForkServer, Spawn];
const RUNS: usize = 50;

fn main() -> Result<(), Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let Options { items } = Options::parse();

    start_and_join(ForkServer)?; // the first time, that starts the server
    let small = measure()?;
    let ballast = vec![1_u8; items * 1_000_000];
    let large = measure()?;
    drop(black_box(ballast));

    let row = |parent: String, [fork, server, spawn]: [Figure; 3]| {
        let time = |figure: Figure| figure.time().to_string();
        [parent, time(fork), time(server), time(spawn)]
    };
    let rows = [
        row("small".to_owned(), small),
        row(format!("has {items} MB"), large),
    ];
    println!(
        "{}",
        table(["parent", "fork", "fork server", "spawn"], rows)
    );
    Ok(())
}

/// By the methods in turn, so that whatever else the machine does disturbs
/// all of them.
fn measure() -> Result<[Figure; 3], Error> {
    let mut seconds: [Vec<f64>; 3] = array::from_fn(|_| Vec::new());
    for _ in 0..RUNS {
        for (method, seconds) in METHODS.into_iter().zip(&mut seconds) {
            let start = Instant::now();
            start_and_join(method)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    Ok(seconds.map(Figure::of))
}

fn start_and_join(method: StartMethod) -> Result<(), Error> {
    let builder = process::Builder::new().start_method(method);
    builder.spawn(|| ())?.join()
}
