//! Each process has its own memory: a parent does not see what its
//! child changes.

use multiprocessing::{Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

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
