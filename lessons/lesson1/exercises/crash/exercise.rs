//! Read what can be read.
//!
//! `read` turns a line into a number, but some lines crash it: it panics, or it aborts. So each
//! line is read by a process of its own. A crash should cost that line alone. For each line, in
//! order, return the number, or the `Cause` that ended its process.
//!
//! As it is, the first crash ends the function.

use multiprocessing::{Cause, Error, process};

pub(crate) fn read_all(
    lines: Vec<String>,
    read: fn(String) -> u32,
) -> Result<Vec<Result<u32, Cause>>, Error> {
    let mut children = Vec::new();
    for line in lines {
        children.push(process::spawn(move || read(line))?);
    }

    let mut results = Vec::new();
    for child in children {
        // YOUR TURN: a crash is a result like any other.
        results.push(Ok(child.join()?));
    }
    Ok(results)
}
