//! A pool of four workers squares a list of numbers.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    // Create a pool with 4 worker processes
    let mut pool = Pool::new(4)?;

    // Use map to calculate squares of numbers in a list
    let numbers = [1, 2, 3, 4, 5];
    let squares = pool.map(square, numbers)?;

    // Print the squared results
    println!("Squares: {squares:?}");
    Ok(())
}

/// Squares the input number
fn square(x: i32) -> i32 {
    x * x
}
