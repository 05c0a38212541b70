//! Lose no update. The task is in `task.md`, beside this file.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use multiprocessing::{Error, Shared, process};

pub(crate) fn step_by_step(
    processes: usize,
    start: u64,
    step: fn(u64) -> u64,
) -> Result<u64, Error> {
    // YOUR TURN: between the reading and the writing, another may write.
    let number = Shared::new(AtomicU64::new(start))?;
    process::scope(|s| {
        for _ in 0..processes {
            s.spawn(|| {
                let seen = number.load(Relaxed);
                number.store(step(seen), Relaxed);
            });
        }
    })?;
    Ok(number.load(Relaxed))
}
