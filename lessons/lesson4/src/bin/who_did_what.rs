//! Four workers share twelve tasks: each takes another task as soon as it
//! has done one.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut pool = Pool::new(4)?;
    let done = pool.map(work, 1..=12)?;

    for (task, worker) in done {
        println!("Task {task:2} was done by {worker}.");
    }
    Ok(())
}

/// Adds up numbers for a while, so that no worker can be done before the
/// others have begun.
fn work(task: u64) -> (u64, String) {
    let mut sum = 0;
    for number in 0..5_000_000 {
        sum = std::hint::black_box(sum + number % task);
    }
    (task, process::current().name().to_owned())
}
