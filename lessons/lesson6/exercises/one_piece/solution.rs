//! `println!` writes a line with one call, so a line stays whole. Between two lines there is a gap,
//! in which another process may write. The poem stays whole if all of it goes in one call.
//!
//! So the text is put together first, with every line break. `print!("{text}")` hands it over as
//! one piece. Beware of `print!("{first}\n{second}\n")`: it passes its parts on one by one, and
//! standard output is flushed at each line break.
//!
//! This holds for short texts: a pipe keeps 4096 bytes together. For more, or to be sure whatever
//! standard output is, the processes need a `Mutex`, and then they wait for each other.

use multiprocessing::{Error, process};

pub(crate) fn recite(poems: u32, poem: fn(u32) -> Vec<String>) -> Result<(), Error> {
    process::scope(|s| {
        for number in 1..=poems {
            s.spawn(move || {
                let text: String = poem(number)
                    .iter()
                    .map(|line| format!("{line}\n"))
                    .collect();
                print!("{text}");
            });
        }
    })
}
