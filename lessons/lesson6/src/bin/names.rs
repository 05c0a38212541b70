//! A process has a name, and can ask for it.

use multiprocessing::{Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    process::scope(|s| {
        for number in 0..4 {
            s.spawn(move || println!("{}, num: {number}", process::current().name()));
        }
    })
}
