//! A process for each row. The task is in `task.md`, beside this file.

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
