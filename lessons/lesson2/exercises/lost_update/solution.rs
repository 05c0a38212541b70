//! Two processes may read the same number. Both compute a step from it, both write, and one step is
//! lost. An atomic does not help by itself: `load` is one step of the processor and `store` another,
//! and `fetch_add` can only add.
//!
//! A mutex turns the three steps into one. The holder of the lock is alone with the number until the
//! guard is dropped, which here is at the end of the closure. `lock` fails if a process died while it
//! held the lock; then nobody knows whether the number is right, and we give up.
//!
//! There is another way: keep the atomic, and use `fetch_update`. It computes the step, writes only
//! if the number is still the one it read, and otherwise begins anew. Then nobody waits, but a slow
//! `step` may be computed several times for nothing.

use multiprocessing::{Error, Mutex, process};

pub(crate) fn step_by_step(
    processes: usize,
    start: u64,
    step: fn(u64) -> u64,
) -> Result<u64, Error> {
    let number = Mutex::new(start)?;
    process::scope(|s| {
        for _ in 0..processes {
            s.spawn(|| {
                let mut number = number.lock().expect("no process dies with the lock");
                *number = step(*number);
            });
        }
    })?;
    let number = number.lock()?;
    Ok(*number)
}
