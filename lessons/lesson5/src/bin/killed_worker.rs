//! A worker is killed in the middle of a task. What becomes of the task, of
//! the others, of the pool?

use multiprocessing::{Error, Pool, process};
use nix::sys::signal::{Signal, raise};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut pool = Pool::new(2)?;
    println!("Six numbers, and the worker that gets 3 is killed.");

    for result in pool.map_results(square, 0..6)? {
        match result {
            Ok(square) => println!("{square}"),
            Err(error) => println!("{error}"),
        }
    }

    let squares = pool.map(square, [7, 8, 9])?;
    println!("The same pool goes on: {squares:?}");
    Ok(())
}

fn square(number: i32) -> i32 {
    if number == 3 {
        // The system does this to a process when memory runs out.
        raise(Signal::SIGKILL).expect("a process may kill itself");
    }
    number * number
}
