//! Each process has its own memory: what a child changes, its parent does
//! not see.

use clap::Parser;
use multiprocessing::{Error, process};

/// Show that a child's variable is not its parent's
#[derive(Parser)]
struct Options {}

fn main() -> Result<(), Error> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    Options::parse();

    let mut number = 10;

    // In a thread this closure would change our `number`. A process changes
    // its own copy.
    process::scope(|s| {
        s.spawn(|| {
            number += 5;
            println!(
                "Child  (pid {}): number is {number}",
                process::current().pid()
            );
        });
    })?;

    println!(
        "Parent (pid {}): number is {number}",
        process::current().pid()
    );
    Ok(())
}
