//! A thread shares the memory of its process; another process has its own.

use multiprocessing::{Error, process};
use std::thread;

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut counter = 0;

    process::scope(|s| {
        s.spawn(|| increment(&mut counter, "process"));
    })?;
    println!("After the process, the main program sees {counter}.");

    thread::scope(|s| {
        s.spawn(|| increment(&mut counter, "thread"));
    });
    println!("After the thread, the main program sees {counter}.");
    Ok(())
}

fn increment(counter: &mut i32, who: &str) {
    *counter += 1;
    println!("The {who} counts to {counter}.");
}
