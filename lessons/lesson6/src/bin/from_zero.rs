//! Four processes, counted from 0, in a scope that waits for them all.

use multiprocessing::{Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    process::scope(|s| {
        for number in 0..4 {
            s.spawn(move || println!("Process {number}: My number is {number}"));
        }
    })?;

    println!("Main process continues.");
    Ok(())
}
