//! Share out the work. The task is in `task.md`, beside this file.

use std::ops::Range;

use multiprocessing::{Error, process};

pub(crate) fn count_shared(
    range: Range<u64>,
    workers: u64,
    count: fn(Range<u64>) -> u64,
) -> Result<u64, Error> {
    // YOUR TURN: nothing is left out, and all work at once.
    let length = (range.end - range.start) / workers;
    let mut total = 0;
    for worker in 0..workers {
        let start = range.start + worker * length;
        let child = process::spawn(move || count(start..start + length))?;
        total += child.join()?;
    }
    Ok(total)
}
