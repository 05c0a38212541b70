//! `map` returns results in the order of its inputs, so if the inputs are sorted, the results are
//! in the sorted order as well. To undo that, we sort *places* instead of tasks: `order[0]` is the
//! place of the longest. Each result is then put into the place its task came from.
//!
//! `map_chunked` with a size of 1 lets a worker take one task at a time. With larger chunks the two
//! longest tasks would go to one worker, and the other would begin with shorter ones.
//!
//! This costs something: one more step for each task, and the lengths have to be known, at least
//! roughly. For many short tasks it is not worth it.

use std::cmp::Reverse;

use multiprocessing::{Error, Pool};

pub(crate) fn map_longest_first(
    pool: &mut Pool,
    tasks: Vec<u64>,
    work: fn(u64) -> u64,
) -> Result<Vec<u64>, Error> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|&place| Reverse(tasks[place]));

    let sorted = order.iter().map(|&place| tasks[place]);
    let done = pool.map_chunked(work, sorted, 1)?;

    let mut results = vec![0; tasks.len()];
    for (place, result) in order.into_iter().zip(done) {
        results[place] = result;
    }
    Ok(results)
}
