//! `map_results` gives a `Result` for each item. The error is a `TaskError`, and `error.worker.cause`
//! says what ended the task. A panic is `Cause::Panic`; a worker that was killed, `Cause::Signal`.
//! The error also has the item's place, in `index`.
//!
//! We note the places of those that are worth a second try, and run just these items again. Their
//! results come back in the same order, so each can be put into its place.
//!
//! The pool never repeats anything by itself. A task that has begun may have had effects, and only
//! who wrote it knows whether it may run twice.

use multiprocessing::{Cause, Error, Pool};

pub(crate) fn map_and_retry(
    pool: &mut Pool,
    items: Vec<u32>,
    task: fn(u32) -> u32,
) -> Result<Vec<Option<u32>>, Error> {
    let mut answers = Vec::new();
    let mut again = Vec::new();
    for result in pool.map_results(task, items.clone())? {
        if let Err(error) = &result
            && let Cause::Signal(_) = error.worker.cause
        {
            again.push(error.index);
        }
        answers.push(result.ok());
    }

    let second = pool.map_results(task, again.iter().map(|&index| items[index]))?;
    for (index, result) in again.into_iter().zip(second) {
        answers[index] = result.ok();
    }
    Ok(answers)
}
