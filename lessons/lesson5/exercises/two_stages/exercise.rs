//! Do not wait for everybody. The task is in `task.md`, beside this file.

use multiprocessing::{Error, Pool};

pub(crate) fn fetch_and_parse(
    pool: &mut Pool,
    addresses: Vec<u32>,
    fetch: fn(u32) -> String,
    parse: fn(String) -> usize,
) -> Result<Vec<usize>, Error> {
    // YOUR TURN: one slow page should not stop the others.
    let pages = pool.map(fetch, addresses)?;
    pool.map(parse, pages)
}
