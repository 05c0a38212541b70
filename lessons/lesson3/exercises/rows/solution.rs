//! A `&mut` into shared memory does not cross to a child, for then two processes would have it. A
//! *loan* does. `lend_mut` lends the whole table, `chunks` cuts the loan into rows, and
//! `spawn_with` gives a row to a child, which gets it as the `&mut [i64]` that `change` wants. No
//! two loans overlap, so nothing needs a lock.
//!
//! The children are collected before the first is joined; otherwise each would have to end before
//! the next begins. The scope returns what its closure returns, which is a `Result` of its own:
//! the `?` at the end stands for the errors of the scope.

use multiprocessing::{Array, Error, process};

pub(crate) fn change_rows(
    table: &mut Array<i64>,
    columns: usize,
    change: fn(&mut [i64]) -> i64,
) -> Result<Vec<i64>, Error> {
    process::scope(|s| {
        let mut children = Vec::new();
        for row in table.lend_mut().chunks(columns) {
            children.push(s.spawn_with(row, change));
        }

        let mut answers = Vec::new();
        for child in children {
            answers.push(child.join()?);
        }
        Ok(answers)
    })?
}
