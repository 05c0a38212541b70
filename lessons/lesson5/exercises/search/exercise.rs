//! Search without an end. The task is in `task.md`, beside this file.

use multiprocessing::{Error, Pool};

pub(crate) fn find(pool: &mut Pool, start: u64, is_right: fn(u64) -> bool) -> Result<u64, Error> {
    // YOUR TURN: a hundred is too few, or too many.
    let tries = pool.map(is_right, start..start + 100)?;
    let place = tries.iter().position(|right| *right);
    Ok(start + place.expect("one of a hundred is right") as u64)
}
