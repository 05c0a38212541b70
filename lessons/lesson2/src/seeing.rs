//! Does a worker see what its parent changes after the worker has started?

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use lesson_measuring::Failure;
use multiprocessing::process;

static CHANGED: AtomicBool = AtomicBool::new(false);

/// A process looks when it is told to.
///
/// # Errors
/// If the process can't be started, or told.
pub fn by_process() -> Result<bool, Failure> {
    let (ear, mut mouth) = io::pipe()?;
    let process = process::spawn(move || look(ear))?;
    CHANGED.store(true, Relaxed);
    mouth.write_all(b"!")?;
    let seen = process.join()?;
    CHANGED.store(false, Relaxed);
    Ok(seen)
}

/// A thread looks when it is told to.
///
/// # Errors
/// If the thread can't be told.
pub fn by_thread() -> io::Result<bool> {
    let (ear, mut mouth) = io::pipe()?;
    thread::scope(|s| {
        let thread = s.spawn(move || look(ear));
        CHANGED.store(true, Relaxed);
        mouth.write_all(b"!")?;
        let seen = thread.join().unwrap_or(false);
        CHANGED.store(false, Relaxed);
        Ok(seen)
    })
}

fn look(mut ear: io::PipeReader) -> bool {
    ear.read_exact(&mut [0]).is_ok() && CHANGED.load(Relaxed)
}
