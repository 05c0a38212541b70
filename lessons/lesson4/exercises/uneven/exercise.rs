//! The longest first.
//!
//! Each task is a number that says how long it takes; the long ones may stand anywhere. A long task
//! that is begun last keeps one worker busy while the others have nothing to do. So let the workers
//! begin with the longest tasks, take one task at a time, and return the results in the order in
//! which the tasks were given.
//!
//! As it is, the tasks are begun in the order given, several to a chunk.

use multiprocessing::{Error, Pool};

pub(crate) fn map_longest_first(
    pool: &mut Pool,
    tasks: Vec<u64>,
    work: fn(u64) -> u64,
) -> Result<Vec<u64>, Error> {
    // YOUR TURN: another order on the way out, and the old one on the way back.
    pool.map(work, tasks)
}
