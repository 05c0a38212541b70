//! The first answer wins. The task is in `task.md`, beside this file.

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
