//! Why two lines end up on one: a process writes its text first, and its
//! newline later.

use multiprocessing::{Barrier, Error, process};
use std::io::{Write, stdout};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    // Left to chance, a process rarely loses its turn just between its two
    // writes. To show it on every run, the barrier holds each process there
    // until all have written their text.
    println!("Text and newline written separately:");
    let barrier = Barrier::new(4)?;
    process::scope(|s| {
        for number in 1..=4 {
            let barrier = barrier.clone();
            s.spawn(move || {
                print!("Process {number}: {number}");
                stdout().flush().expect("stdout takes the text");
                barrier.wait().expect("all four come");
                println!();
            });
        }
    })?;

    println!("One write a line:");
    process::scope(|s| {
        for number in 1..=4 {
            // `println!` hands the whole line to the system at once.
            s.spawn(move || println!("Process {number}: {number}"));
        }
    })?;
    Ok(())
}
