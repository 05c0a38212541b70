//! Search without an end.
//!
//! Find the smallest number, from `start` on, that `is_right`. There is one, but nobody knows how
//! far away. The workers of the pool try the numbers, and not many more of them than needed.
//!
//! As it is, a hundred numbers are tried, and the right one had better be among them.

use multiprocessing::{Error, Pool};

pub(crate) fn find(pool: &mut Pool, start: u64, is_right: fn(u64) -> bool) -> Result<u64, Error> {
    // YOUR TURN: a hundred is too few, or too many.
    let tries = pool.map(is_right, start..start + 100)?;
    let place = tries.iter().position(|right| *right);
    Ok(start + place.expect("one of a hundred is right") as u64)
}
