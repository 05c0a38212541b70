//! Runs a parser that may crash or loop on its input. Each input has a process of its own, so the
//! worst it can do is end that process.
//!
//! ```sh
//! cargo run --example untrusted
//! ```

use std::time::Duration;

use multiprocessing::{Error, process};

/// How long an input may take.
const TIMEOUT: Duration = Duration::from_millis(500);

fn main() -> Result<(), Error> {
    for input in ["(1 (2 3))", "((((", "1)", "~", "\0"] {
        match parse_apart(input)? {
            Ok(depth) => println!("{input:?}: nested {depth} deep"),
            Err(reason) => println!("{input:?}: rejected: {reason}"),
        }
    }
    Ok(())
}

/// The outer error is about starting a process, the inner one about the input.
fn parse_apart(input: &'static str) -> Result<Result<usize, String>, Error> {
    let mut child = process::spawn(move || depth(input))?;
    match child.join_timeout(TIMEOUT) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => {
            child.kill()?;
            Ok(Err(format!("no answer within {TIMEOUT:?}")))
        }
        // It panicked, called `exit`, or a signal ended it.
        Err(Error::Child(error)) => Ok(Err(error.cause.to_string())),
        Err(error) => Err(error),
    }
}

/// A parser full of faults, like many an old one.
fn depth(input: &str) -> Result<usize, String> {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in input.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1).expect("something to close"),
            b'\0' => std::process::abort(),
            b'~' => loop {
                std::hint::spin_loop();
            },
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    match depth {
        0 => Ok(deepest),
        open => Err(format!("{open} parentheses are not closed")),
    }
}
