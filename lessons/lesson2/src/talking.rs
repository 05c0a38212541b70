//! How long does a message of a given length take there and back?
//!
//! Each side has a [core of its own](crate::sides).

use std::io::{self, Read, Write};
use std::thread;

use lesson_measuring::{Failure, Figure, measure};
use multiprocessing::channel::{self, Connection};
use multiprocessing::sync::PoisonError;
use multiprocessing::{Mutex, process};

use crate::sides::Sides;

/// The number of runs that each figure is the median of.
const RUNS: usize = 7;

/// The most bytes that [`shared_array`] has room for.
pub const LARGEST: usize = 1 << 20;

/// How many messages a run sends: of large ones fewer.
fn rounds(size: usize) -> usize {
    (200_000 / (size + 1000)).max(20)
}

/// Between processes, through two pipes of the system.
///
/// # Errors
/// If there can't be such, and if the other process is gone.
pub fn pipe(size: usize) -> Result<Figure, Failure> {
    let sides = Sides::of_this_machine()?;
    let (mut here, mut to_here) = io::pipe()?;
    let (mut there, mut to_there) = io::pipe()?;
    let answering = process::spawn(move || {
        let _ = sides.stay_there();
        let mut message = vec![0; size];
        // Not until the end of the file: it never comes, since this process has inherited a copy
        // of the other end.
        let mut pass_on =
            |_| there.read_exact(&mut message).is_ok() && to_here.write_all(&message).is_ok();
        (0..RUNS * rounds(size)).all(&mut pass_on)
    })?;
    let _here = sides.stay_here()?;
    let mut message = vec![1; size];
    let time = measure(RUNS, || {
        for _ in 0..rounds(size) {
            to_there.write_all(&message)?;
            here.read_exact(&mut message)?;
        }
        Ok::<_, io::Error>(())
    })?;
    answering.join()?;
    Ok(time.per(rounds(size)))
}

/// Between processes, through two queues.
///
/// # Errors
/// As [`pipe`].
pub fn queue(size: usize) -> Result<Figure, Failure> {
    let sides = Sides::of_this_machine()?;
    let (here, there) = channel::pipe::<Vec<u8>, Vec<u8>>()?;
    let answering = process::spawn(move || {
        let _ = sides.stay_there();
        while let Ok(message) = there.recv() {
            if there.send(message).is_err() {
                break;
            }
        }
    })?;
    let _here = sides.stay_here()?;
    let mut message = vec![1; size];
    let time = measure(RUNS, || {
        for _ in 0..rounds(size) {
            here.send(std::mem::take(&mut message))?;
            message = here.recv()?;
        }
        Ok::<_, Failure>(())
    })?;
    drop(here);
    answering.join()?;
    Ok(time.per(rounds(size)))
}

type SharedBytes = Mutex<[[u8; 1024]; LARGEST / 1024]>;

/// Between processes, through an array that they share. Queues tell when it has changed, and the
/// message itself does not go through them.
///
/// # Errors
/// As [`pipe`].
pub fn shared_array(size: usize) -> Result<Figure, Failure> {
    let sides = Sides::of_this_machine()?;
    let shared: SharedBytes = Mutex::new([[0; 1024]; LARGEST / 1024])?;
    let shared_there = shared.clone();
    let (here, there) = channel::pipe::<(), ()>()?;
    let answering = process::spawn(move || {
        let _ = sides.stay_there();
        let mut message = vec![0; size];
        while there.recv().is_ok() {
            take(&shared_there, &mut message);
            if put(&shared_there, &message, &there).is_err() {
                break;
            }
        }
    })?;
    let _here = sides.stay_here()?;
    let mut message = vec![1; size];
    let time = measure(RUNS, || {
        for _ in 0..rounds(size) {
            put(&shared, &message, &here)?;
            here.recv()?;
            take(&shared, &mut message);
        }
        Ok::<_, Failure>(())
    })?;
    drop(here);
    answering.join()?;
    Ok(time.per(rounds(size)))
}

fn put(
    shared: &SharedBytes,
    message: &[u8],
    other: &Connection<(), ()>,
) -> Result<(), channel::SendError<()>> {
    let mut bytes = shared.lock().unwrap_or_else(PoisonError::into_inner);
    bytes.as_flattened_mut()[..message.len()].copy_from_slice(message);
    drop(bytes);
    other.send(())
}

fn take(shared: &SharedBytes, message: &mut [u8]) {
    let bytes = shared.lock().unwrap_or_else(PoisonError::into_inner);
    message.copy_from_slice(&bytes.as_flattened()[..message.len()]);
}

/// Between threads, through two channels. The bytes stay where they are: it is their address that
/// is sent.
///
/// # Errors
/// If the other thread is gone.
pub fn threads(size: usize) -> Result<Figure, Failure> {
    let sides = Sides::of_this_machine()?;
    let (to_there, there) = crossbeam::channel::unbounded::<Vec<u8>>();
    let (to_here, here) = crossbeam::channel::unbounded();
    thread::scope(|s| {
        s.spawn(move || {
            let _ = sides.stay_there();
            there.iter().try_for_each(|message| to_here.send(message))
        });
        let _here = sides.stay_here()?;
        let mut message = vec![1; size];
        let time = measure(RUNS, || {
            for _ in 0..rounds(size) {
                to_there.send(std::mem::take(&mut message))?;
                message = here.recv()?;
            }
            Ok::<_, Failure>(())
        })?;
        drop(to_there);
        Ok(time.per(rounds(size)))
    })
}
