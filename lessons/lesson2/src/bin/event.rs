//! An event: three processes wait until the first has made everything
//! ready.

use multiprocessing::{Error, Event, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let ready = Event::new()?;

    process::scope(|s| {
        for number in 1..=3 {
            let ready = &ready;
            s.spawn(move || {
                ready.wait();
                println!("Process {number} begins.");
            });
        }
        println!("Everything is ready.");
        ready.set();
    })?;
    Ok(())
}
