//! The number of workers is yours to choose: each says when it is ready.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    for workers in [1, 4, 5] {
        println!("A pool of {workers}:");
        // The initializer runs once in each worker, before the worker takes
        // a task.
        let mut pool = Pool::builder()
            .workers(workers)
            .initializer(|| {
                println!("  one is ready");
                Ok::<(), Error>(())
            })
            .build()?;
        pool.close()?;
    }
    Ok(())
}
