//! In one piece. The task is in `task.md`, beside this file.

use multiprocessing::{Error, process};

pub(crate) fn recite(poems: u32, poem: fn(u32) -> Vec<String>) -> Result<(), Error> {
    process::scope(|s| {
        for number in 1..=poems {
            s.spawn(move || {
                // YOUR TURN: the system keeps together what it gets in one
                // call.
                for line in poem(number) {
                    println!("{line}");
                }
            });
        }
    })
}
