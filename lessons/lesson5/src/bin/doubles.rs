//! A pool of four workers doubles ten numbers.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut pool = Pool::new(4)?;
    let results = pool.map(|item: i32| item * 2, 1..=10)?;

    println!("Results: {results:?}");
    Ok(())
}
