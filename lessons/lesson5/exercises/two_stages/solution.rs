//! `apply_async` hands over a task and returns at once. So first all pages are being fetched. Then
//! we collect them in order, and each page that comes goes back to the pool to be parsed, while
//! later ones are still being fetched. At the end we collect what was parsed.
//!
//! One thing is not perfect: a slow *first* page keeps the others from being parsed, for we wait
//! for it first. A task that fetches and parses would be better still, where one worker may do both.

use multiprocessing::{Error, Pool};

pub(crate) fn fetch_and_parse(
    pool: &mut Pool,
    addresses: Vec<u32>,
    fetch: fn(u32) -> String,
    parse: fn(String) -> usize,
) -> Result<Vec<usize>, Error> {
    let mut pages = Vec::new();
    for address in addresses {
        pages.push(pool.apply_async(fetch, address)?);
    }
    let mut parsed = Vec::new();
    for page in pages {
        parsed.push(pool.apply_async(parse, page.get()?)?);
    }
    let mut results = Vec::new();
    for result in parsed {
        results.push(result.get()?);
    }
    Ok(results)
}
