//! `initializer` runs once in each worker, before its first task, and what it returns stays there.
//! `map_with` hands it to each task, as a `&mut`. So nothing that can't be sent needs to be sent.
//!
//! The initializer may capture, unlike a task: the workers are forked after it was made, and
//! inherit the language with it. It may fail, too. Then `build` returns an error that says so. Ours
//! can't, but the type of the error has to be named all the same: hence `Ok::<_, String>`.
//!
//! A worker that replaces one that died runs the initializer again.

use multiprocessing::{Error, Pool};

use crate::Connection;

pub(crate) fn translate(
    words: Vec<String>,
    language: String,
    workers: usize,
) -> Result<Vec<String>, Error> {
    let mut pool = Pool::builder()
        .workers(workers)
        .initializer(move || Ok::<_, String>(Connection::open(&language)))
        .build()?;
    pool.map_with(
        |connection, word: String| connection.translate(&word),
        words,
    )
}
