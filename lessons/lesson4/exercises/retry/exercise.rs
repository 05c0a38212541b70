//! Try again, but not everything. The task is in `task.md`, beside this file.

use multiprocessing::{Error, Pool};

pub(crate) fn map_and_retry(
    pool: &mut Pool,
    items: Vec<u32>,
    task: fn(u32) -> u32,
) -> Result<Vec<Option<u32>>, Error> {
    // YOUR TURN: an error says what became of its item.
    let results = pool.map_results(task, items)?;
    Ok(results.into_iter().map(Result::ok).collect())
}
