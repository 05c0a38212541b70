//! Start a process, hand it a message, wait for it.

use multiprocessing::{Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let message = String::from("Hello, multiprocessing!");

    // ANCHOR: process
    // Create and start a new process
    let process = process::spawn(move || print_message(&message))?;

    // Wait for the process to finish
    process.join()?;
    // ANCHOR_END: process

    println!("Main process continues.");
    Ok(())
}

fn print_message(message: &str) {
    println!("Message from the process: {message}");
}
