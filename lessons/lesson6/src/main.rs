//! Four processes each print a different number.

use multiprocessing::{Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    // A list of numbers to be printed by each process, and a list to hold
    // the processes
    let numbers = [1, 2, 3, 4];
    let mut processes = Vec::new();

    // Create and start a process for each number
    for number in numbers {
        processes.push(process::spawn(move || print_number(number))?);
    }

    // Wait for all processes to finish
    for process in processes {
        process.join()?;
    }

    println!("Main process continues.");
    Ok(())
}

fn print_number(number: i32) {
    println!("Process {number}: {number}");
}
