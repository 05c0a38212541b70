//! Try again, but not everything.
//!
//! Some tasks panic; they would panic again. Others lose their worker: the system kills it, for
//! want of memory perhaps, and a second try may go well. Run `task` on all items. Those whose worker
//! was killed by a signal get one more try, all others none. Return each item's result in its
//! place, or `None` where there is none.
//!
//! As it is, nothing is tried again.

use multiprocessing::{Error, Pool};

pub(crate) fn map_and_retry(
    pool: &mut Pool,
    items: Vec<u32>,
    task: fn(u32) -> u32,
) -> Result<Vec<Option<u32>>, Error> {
    // YOUR TURN: an error says what became of its item.
    let results = pool.try_map(task, items)?;
    Ok(results.into_iter().map(Result::ok).collect())
}
