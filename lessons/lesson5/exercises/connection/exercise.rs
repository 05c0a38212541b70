//! One connection for each worker.
//!
//! To translate a word takes a `Connection` to a dictionary, and to open one is slow. A connection
//! can't be sent to another process. Make a pool of `workers` workers, and translate the words, in
//! order. Each worker opens one connection and keeps it.
//!
//! As it is, a connection is opened for every word.

use multiprocessing::{Error, Pool};

use crate::Connection;

pub(crate) fn translate(
    words: Vec<String>,
    language: String,
    workers: usize,
) -> Result<Vec<String>, Error> {
    // YOUR TURN: where does a worker keep something?
    let mut pool = Pool::new(workers)?;
    let tasks = words.into_iter().map(|word| (word, language.clone()));
    pool.map(
        |(word, language)| Connection::open(&language).translate(&word),
        tasks,
    )
}
