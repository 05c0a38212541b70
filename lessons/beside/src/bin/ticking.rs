//! A progress bar ticks on a thread of its own, while workers die and are
//! replaced.

use std::time::Duration;

use indicatif::ProgressBar;
use multiprocessing::{Error, Pool, StartMethod, process};

const TASKS: u64 = 200;

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let bar = ProgressBar::new(TASKS);
    bar.enable_steady_tick(Duration::from_millis(50)); // on a thread

    let mut pool = Pool::builder()
        .workers(2)
        .start_method(StartMethod::ForkServer)
        .build()?;
    let (mut done, mut died) = (0, 0);
    for result in pool.imap_unordered(work, 1..=TASKS)? {
        match result {
            Ok(()) => done += 1,
            Err(_) => died += 1,
        }
        bar.inc(1);
    }
    bar.finish_and_clear();

    println!("{done} tasks were done, and {died} ended with their worker.");
    Ok(())
}

/// Every tenth task ends its worker.
fn work(task: u64) {
    if task.is_multiple_of(10) {
        std::process::abort();
    }
}
