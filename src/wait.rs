//! Waiting for whatever comes first.

use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::error::Error;
use crate::sys::call::Named;
use crate::sys::monitor::Deadline;
use crate::sys::wait::A_YEAR;

/// Waits until one of `sources` is ready, but not longer than `timeout`, and returns the indexes of
/// those that are ready. If `timeout` is `None`, it waits for ever. The result is empty if none was
/// ready in time.
///
/// A [`Process`](crate::process::Process) is ready once it has ended, and a
/// [`Receiver`](crate::Receiver) when there is a message or no sender is left: then `join` or
/// `recv` would not wait. A socket or a pipe is ready when it can be read.
///
/// ```
/// use std::time::Duration;
/// use multiprocessing::{channel, process, wait};
///
/// let (sender, receiver) = channel::<i32>()?;
/// let helper = sender.clone();
/// let child = process::spawn(move || helper.send(7))?;
/// assert_eq!(wait(&[&receiver], None)?, [0]);
/// assert_eq!(receiver.recv()?, 7);
/// assert_eq!(wait(&[&receiver, &child], None)?, [1]);
/// child.join()??;
/// assert!(wait(&[&receiver], Some(Duration::from_millis(1)))?.is_empty());
/// # drop(sender);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// It corresponds to Python's `multiprocessing.connection.wait`.
///
/// # Errors
/// [`Error::System`] if the operating system refuses to wait.
///
/// # Panics
/// If the `as_fd` of a source panics: for those of this library, if no descriptor is left.
pub fn wait(sources: &[&dyn AsFd], timeout: Option<Duration>) -> Result<Vec<usize>, Error> {
    let end = timeout.map_or(Deadline::NEVER, Deadline::after);
    loop {
        // Asking a receiver for its descriptor makes sure that its state is current.
        let lent = sources.iter().map(|source| source.as_fd());
        let mut polled: Vec<_> = lent.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        poll(&mut polled, Some(Duration::ZERO))?;
        let ready: Vec<usize> = (0..polled.len())
            .filter(|&place| polled[place].any().unwrap_or(true))
            .collect();
        if !ready.is_empty() || end.is_over() {
            return Ok(ready);
        }
        poll(&mut polled, end.left())?;
    }
}

/// An interruption by a signal ends the wait early.
fn poll(polled: &mut [PollFd], timeout: Option<Duration>) -> Result<(), Error> {
    let timeout = timeout.map(|timeout| TimeSpec::from_duration(timeout.min(A_YEAR)));
    match ppoll(polled, timeout, None) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        error => error
            .map(drop)
            .by("ppoll")
            .map_err(|error| Error::system("wait", error)),
    }
}
