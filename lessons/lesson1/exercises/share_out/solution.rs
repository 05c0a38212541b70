//! **Nothing is left out.** 10 numbers for 3 workers are 3 for each, and one over. Instead of a
//! length, compute where each part begins: worker `w` of `n` begins at `w × length / n`, rounded
//! down. A part ends where the next begins, so no number can fall between two parts, and none can
//! be in both. Rounding moves each border by less than one number.
//!
//! **All work at once.** `join` waits. So all processes are started in a first loop, and joined in
//! a second.

use std::ops::Range;

use multiprocessing::{Error, process};

pub(crate) fn count_shared(
    range: Range<u64>,
    workers: u64,
    count: fn(Range<u64>) -> u64,
) -> Result<u64, Error> {
    let length = range.end - range.start;
    let mut children = Vec::new();
    for worker in 0..workers {
        let begin = range.start + worker * length / workers;
        let end = range.start + (worker + 1) * length / workers;
        children.push(process::spawn(move || count(begin..end))?);
    }

    let mut total = 0;
    for child in children {
        total += child.join()?;
    }
    Ok(total)
}
