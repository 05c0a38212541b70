//! How much memory does a worker take that does nothing but wait?
//!
//! Counted is the proportional set size: a page that several processes share counts for each of
//! them by its share.

use std::fs;
use std::io::{self, Read};
use std::sync::Barrier;
use std::thread;

use lesson_measuring::Failure;
use multiprocessing::process;

/// By how many bytes a process adds to the memory of all.
///
/// # Errors
/// If the processes can't be started, or if the system doesn't tell what they take.
pub fn of_process(workers: usize) -> Result<f64, Failure> {
    let before = bytes_of("self")?;
    let mut waiting = Vec::new();
    for _ in 0..workers {
        let (mut ready, ready_there) = io::pipe()?;
        let (mut until, until_there) = io::pipe()?;
        let process = process::spawn(move || {
            drop(ready_there); // "I have begun"
            until.read_exact(&mut [0]).is_ok()
        })?;
        ready.read_to_end(&mut Vec::new())?;
        waiting.push((process, until_there));
    }
    let mut after = bytes_of("self")?;
    for (process, _) in &waiting {
        after += bytes_of(&process.pid().to_string())?;
    }
    Ok((after - before) / workers as f64) // and to drop the processes ends them
}

/// By how many bytes a thread adds to the memory of its process.
///
/// # Errors
/// If the system doesn't tell what it takes.
pub fn of_thread(workers: usize) -> io::Result<f64> {
    let before = bytes_of("self")?;
    let (all_wait, measured) = (Barrier::new(workers + 1), Barrier::new(workers + 1));
    thread::scope(|s| {
        for _ in 0..workers {
            s.spawn(|| {
                all_wait.wait();
                measured.wait();
            });
        }
        all_wait.wait();
        let after = bytes_of("self");
        measured.wait();
        Ok((after? - before) / workers as f64)
    })
}

/// The proportional set size of a process, without its pages of files: these are in memory once,
/// and its share of them changes when any other program opens such a file.
fn bytes_of(pid: &str) -> io::Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kilobytes = |name: &str| -> Option<f64> {
        let mut values = rollup.lines().filter_map(|line| line.strip_prefix(name));
        values.next()?.strip_suffix("kB")?.trim().parse().ok()
    };
    let all = kilobytes("Pss:").ok_or(io::ErrorKind::InvalidData)?;
    let of_files = kilobytes("Pss_File:").unwrap_or(0.0); // before Linux 5.3, it doesn't tell
    Ok((all - of_files) * 1024.0)
}
