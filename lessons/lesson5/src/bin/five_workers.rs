//! You choose how many workers a pool has: here five, for nine numbers.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut pool = Pool::new(5)?;
    let squares = pool.map(|n: i32| n.pow(2), [3, 4, 5, 6, 6, 7, 87, 8, 8])?;

    println!("{squares:?}");
    Ok(())
}
