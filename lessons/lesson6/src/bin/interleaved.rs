//! How two lines come to stand on one: a process writes its text, and only
//! later its newline.

use multiprocessing::process;
use std::error::Error;
use std::io::{Read, Write, stdout};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

fn main() -> Result<(), Box<dyn Error>> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    println!("Text and newline written separately:");
    separately()?;

    println!("One write a line:");
    process::scope(|s| {
        for number in 1..=4 {
            // `println!` hands the whole line to the system at once.
            s.spawn(move || println!("Process {number}: {number}"));
        }
    })?;
    Ok(())
}

/// Left to chance, it is rare that a process loses its turn just between
/// its two writes. To show it on every run, we hold each one there until
/// the others have written their text.
fn separately() -> Result<(), Box<dyn Error>> {
    let mut processes = Vec::new();
    for number in 1..=4 {
        let (parents_end, childs_end) = UnixStream::pair()?;
        let process = process::spawn(move || {
            print!("Process {number}: {number}");
            stdout().flush().expect("stdout takes the text");

            hang_up(&childs_end); // "my text is out"
            wait_for_hang_up(&childs_end);

            println!();
        })?;
        processes.push((process, parents_end));
    }

    for (_, parents_end) in &processes {
        wait_for_hang_up(parents_end);
    }
    for (_, parents_end) in &processes {
        hang_up(parents_end); // "all texts are out, go on"
    }
    for (process, _) in processes {
        process.join()?;
    }
    Ok(())
}

fn hang_up(end: &UnixStream) {
    end.shutdown(Shutdown::Write).expect("the stream is open");
}

fn wait_for_hang_up(mut end: &UnixStream) {
    let read = end.read_to_end(&mut Vec::new());
    read.expect("the stream is open");
}
