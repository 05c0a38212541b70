//! The four lines of the main program, printed by the workers of a pool.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut pool = Pool::new(4)?;
    pool.map(print_number, [1, 2, 3, 4])?;
    Ok(())
}

fn print_number(number: i32) {
    println!("Process {number}: {number}");
}
