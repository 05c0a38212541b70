//! A process that works through a loop of its own.

use multiprocessing::{Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let process = process::spawn(print_numbers)?;
    process.join()?;

    println!("Process has finished.");
    Ok(())
}

fn print_numbers() {
    for number in 1..=5 {
        println!("Number: {number}");
    }
}
