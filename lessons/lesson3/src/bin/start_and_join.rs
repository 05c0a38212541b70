//! `spawn` starts a new process, which runs at once. `join` waits for its
//! end.

use multiprocessing::{Error, Event, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let word = Event::new()?;
    let heard = word.clone();
    let mut process = process::spawn(move || {
        heard.wait(); // until the parent gives the word
        process::current().parent_pid()
    })?;

    println!("This is process {}.", process::current().name());
    let runs = process.is_running();
    println!("It has started {}, which runs: {runs}.", process.name());
    println!(
        "They are two processes: {}.",
        process.pid() != process::current().pid()
    );

    word.set();
    let started_by = process.join()?;

    println!("Now the new process has ended.");
    println!("We started it: {}.", started_by == process::current().pid());
    Ok(())
}
