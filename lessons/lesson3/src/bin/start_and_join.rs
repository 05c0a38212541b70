//! `spawn` starts a new process, which runs at once. `join` waits for its
//! end.

use std::io::{self, Read, Write};

use multiprocessing::process;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let (mut word, mut parents_end) = io::pipe()?;
    let mut process = process::spawn(move || {
        // The process goes on when its parent says so, and not before.
        word.read_exact(&mut [0]).expect("the parent says so");
        process::current().parent_pid()
    })?;

    println!("This is process {}.", process::current().name());
    let runs = process.is_running();
    println!("It has started {}, which runs: {runs}.", process.name());
    println!(
        "They are two processes: {}.",
        process.pid() != process::current().pid()
    );

    parents_end.write_all(b"!")?;
    let started_by = process.join()?;

    println!("Now the new process has ended.");
    println!("We started it: {}.", started_by == process::current().pid());
    Ok(())
}
