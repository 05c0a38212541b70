//! What the reader's code prints, piece by piece.

use std::fs::File;
use std::io::{self, Read};

use multiprocessing::process::{self, Process};
use nix::fcntl::OFlag;
use nix::unistd::{dup2_stdout, pipe2};

use crate::Wrong;

/// Runs `f` in a process whose standard output nobody but the check sees. Returns what `f`
/// returned, and the pieces that were written, each by one call of `write`.
///
/// A pipe usually joins what is written to it. One in *packet mode* keeps the pieces apart, so that
/// text which could be torn is found on every run, and not by luck.
///
/// # Errors
/// If the process could not be started, or did not return.
pub fn printed_by<T: multiprocessing::Portable>(
    f: impl FnOnce() -> T + 'static,
) -> Result<(T, Vec<String>), Wrong> {
    let (reader, writer) = pipe2(OFlag::O_DIRECT | OFlag::O_CLOEXEC)?;
    let child: Process<T> = process::spawn(move || {
        dup2_stdout(&writer).expect("standard output can be replaced");
        drop(writer); // or nobody would see the end
        f()
    })?;
    let pieces = pieces(File::from(reader))?;
    Ok((child.join()?, pieces))
}

fn pieces(mut pipe: File) -> io::Result<Vec<String>> {
    let mut buffer = [0; 4096]; // the most that a pipe keeps together
    let mut pieces = Vec::new();
    loop {
        let length = pipe.read(&mut buffer)?;
        if length == 0 {
            return Ok(pieces);
        }
        pieces.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
}
