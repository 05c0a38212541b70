//! A semaphore: six processes, at most two of them at work at a time.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use multiprocessing::{Error, Semaphore, Shared, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let two_at_a_time = Semaphore::new(2)?;
    let at_work = Shared::new(AtomicU32::new(0))?;
    let most = Shared::new(AtomicU32::new(0))?;

    process::scope(|s| {
        for _ in 0..6 {
            s.spawn(|| {
                let permit = two_at_a_time.acquire();
                most.fetch_max(at_work.fetch_add(1, SeqCst) + 1, SeqCst);
                at_work.fetch_sub(1, SeqCst);
                permit.release(); // as dropping it would
            });
        }
    })?;

    println!("more than two at a time: {}", most.load(SeqCst) > 2);
    Ok(())
}
