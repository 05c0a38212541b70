//! A `static` is global in its process, and each worker is a process. So each worker filled a map
//! of its own, and the parent returned its own, which is empty. The lock locked nobody out.
//!
//! A task hands over what it has found by returning it: here a map for each page. The parent adds
//! the maps up. The first is *map*, the second *reduce*. A map of counts is shorter than the page,
//! so less crosses on the way back than if the words themselves were sent.

use std::collections::BTreeMap;

use multiprocessing::{Error, Pool};

use crate::words_on;

pub(crate) fn count_words(
    pool: &mut Pool,
    pages: Vec<String>,
) -> Result<BTreeMap<String, u64>, Error> {
    let mut counts = BTreeMap::new();
    for page in pool.map(count_page, pages)? {
        for (word, count) in page {
            *counts.entry(word).or_default() += count;
        }
    }
    Ok(counts)
}

fn count_page(page: String) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for word in words_on(&page) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}
