//! A crash stays inside its process: the other processes go on, and the
//! parent hears of it.

use std::io::{self, Read, Write};

use clap::Parser;
use lesson_measuring::Failure;
use multiprocessing::process::Builder;
use multiprocessing::{Error, process};

/// Start three processes, of which two crash
#[derive(Parser)]
struct Options {}

fn main() -> Result<(), Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    Options::parse();

    let (mut news, mut parent) = io::pipe()?;

    // ANCHOR: children
    let aborts = Builder::new()
        .name("Aborting")
        .spawn(|| std::process::abort())?;
    let panics = Builder::new().name("Panicking").spawn(divide_by_zero)?;
    let goes_on = Builder::new().name("Steady").spawn(move || {
        // The parent tells when the other two are dead.
        news.read_exact(&mut [0]).expect("the parent tells");
        6 * 7
    })?;
    // ANCHOR_END: children

    report::<()>("Aborting", aborts.join());
    report("Panicking", panics.join());
    parent.write_all(b"!")?;
    report("Steady", goes_on.join());

    println!("MainProcess lives, and has heard of all three.");
    Ok(())
}

fn divide_by_zero() -> u32 {
    // The compiler would see through a plain 0, and refuse.
    let zero = std::hint::black_box(0);
    1 / zero
}

fn report<T: std::fmt::Debug>(name: &str, ending: Result<T, Error>) {
    match ending {
        Ok(answer) => println!("{name} went on and answered {answer:?}."),
        Err(error) => println!("{error}."),
    }
}
