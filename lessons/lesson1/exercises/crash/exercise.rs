//! Read what can be read. The task is in `task.md`, beside this file.

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
