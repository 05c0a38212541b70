//! `join` returns an error where the child gave no answer, and an error is a value: `match` takes
//! it apart. `Error::Child` says which child it was and, in `cause`, what ended it. That becomes
//! the result of the line.
//!
//! Any other error is passed on. If the system refuses to wait for a child, say, that is no
//! property of a line, and the caller should hear of it.

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
        match child.join() {
            Ok(number) => results.push(Ok(number)),
            Err(Error::Child(error)) => results.push(Err(error.cause)),
            Err(error) => return Err(error),
        }
    }
    Ok(results)
}
