//! The first answer wins.
//!
//! Several oracles know the answer to the same question. Some need long, some never end, and some
//! crash. Ask all at the same time, a process for each, and return the first answer that comes, or
//! `None` if all crashed. When the function returns, no process is left.
//!
//! As it is, one that never ends keeps everybody waiting.

use multiprocessing::{Error, process};

pub(crate) fn first_answer(oracles: Vec<fn() -> u32>) -> Result<Option<u32>, Error> {
    let mut asked = Vec::new();
    for oracle in oracles {
        asked.push(process::spawn(oracle)?);
    }

    // YOUR TURN: whose answer comes first, nobody knows.
    for process in asked {
        if let Ok(answer) = process.join() {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}
