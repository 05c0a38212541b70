//! Submit tasks one by one without waiting, collect the results later.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut pool = Pool::new(4)?;

    // ANCHOR: async
    // Submit tasks to the pool: this does not wait
    let mut results = Vec::new();
    for x in 0..10 {
        results.push(pool.apply_async(|x: i32| x * x, x)?);
    }

    // Collect the results: `get` waits until its result is there
    let mut output = Vec::new();
    for result in results {
        output.push(result.get()?);
    }
    // ANCHOR_END: async

    println!("{output:?}");
    Ok(())
}
