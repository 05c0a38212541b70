//! Do not wait for everybody.
//!
//! Each page is first fetched, then parsed; both are tasks for the pool. As soon as a page is
//! fetched it may be parsed, even if others are still being fetched. Return what `parse` returned,
//! in the order of the addresses.
//!
//! As it is, nothing is parsed before everything is fetched.

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
