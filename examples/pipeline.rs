//! A pipeline of three stages, each a process, with channels between them: read lines, look for a
//! word, print what was found. It handles input of any length, as it arrives.
//!
//! ```sh
//! cargo run --example pipeline -- fork < src/process.rs
//! ```

use std::error::Error;
use std::io::{self, BufRead};

use multiprocessing::{Sender, channel, process};

fn main() -> Result<(), Box<dyn Error>> {
    let word = std::env::args().nth(1).ok_or("name the word to look for")?;
    let (lines, unsearched) = channel::<(usize, String)>()?;
    let (matches, found) = channel::<(usize, String)>()?;

    // What a child's closure captures belongs to the child: a stage ends when the one before it
    // has ended, and its end of the channel with it.
    let search = process::spawn(move || {
        for (number, line) in unsearched {
            if line.contains(&word) && matches.send((number, line)).is_err() {
                break; // the printing stage is gone
            }
        }
    })?;
    let print = process::spawn(move || {
        let mut count = 0;
        for (number, line) in found {
            println!("{number:5}: {line}");
            count += 1;
        }
        count
    })?;

    read_lines(lines)?;
    search.join()?;
    eprintln!("{} lines", print.join()?);
    Ok(())
}

/// The first stage, which runs in this process.
fn read_lines(lines: Sender<(usize, String)>) -> Result<(), Box<dyn Error>> {
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        lines.send((number, line?))?;
    }
    Ok(())
}
