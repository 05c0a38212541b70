//! A program without options refuses what it is given, instead of ignoring it.

use std::{env, process};

/// Ends the program with exit code 2 if it was given an argument, and says so on stderr.
pub fn none() {
    if let Some(argument) = env::args_os().nth(1) {
        let argument = argument.display();
        eprintln!("error: this program takes no options, so run it without `{argument}`");
        process::exit(2);
    }
}
