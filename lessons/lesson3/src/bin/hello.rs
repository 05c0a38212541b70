//! The smallest program with two processes.

use multiprocessing::{Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let child = process::spawn(|| println!("This is a child process"))?;
    child.join()?;

    println!("Parent process completed");
    Ok(())
}
