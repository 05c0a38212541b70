//! A process for each row.
//!
//! `table` holds rows of `columns` numbers, one after the other, in shared memory. Let a process
//! for each row call `change` on it, all at the same time. `change` changes the row in place, and
//! returns a number. Return these numbers, in the order of the rows.
//!
//! As it is, the first child is killed as soon as it touches its row.

use multiprocessing::{Array, Error, process};

pub(crate) fn change_rows(
    table: &mut Array<i64>,
    columns: usize,
    change: fn(&mut [i64]) -> i64,
) -> Result<Vec<i64>, Error> {
    process::scope(|s| {
        // YOUR TURN: a row has to be lent. And who waits for whom?
        let mut answers = Vec::new();
        for row in table.chunks_mut(columns) {
            let child = s.spawn(move || change(row));
            answers.push(child.join()?);
        }
        Ok(answers)
    })?
}
