//! How long does it take to start a worker that does nothing, and to join it?

use std::convert::Infallible;
use std::thread;

use lesson_measuring::{Figure, measure};
use multiprocessing::{Error, process};

/// # Errors
/// If a process can't be started.
pub fn process(runs: usize) -> Result<Figure, Error> {
    measure(runs, || process::spawn(|| ())?.join())
}

pub fn thread(runs: usize) -> Figure {
    let Ok(time) = measure(runs, || {
        thread::scope(|s| s.spawn(|| ()).join().unwrap_or_default());
        Ok::<_, Infallible>(())
    });
    time
}
