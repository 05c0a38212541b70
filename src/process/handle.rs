//! A process as its parent holds it.

use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use crate::child::{Child, lent};
use crate::error::Error;
use crate::wire::Portable;

/// A child process that will answer with a `T`.
///
/// If it is dropped without being joined, the child is killed.
#[derive(Debug)]
#[must_use = "a process is killed when its handle is dropped; join it to let it finish"]
pub struct Process<T> {
    pub(super) child: Child,
    answer: PhantomData<fn() -> T>,
}

impl<T: Portable> Process<T> {
    /// Waits until the child has ended, and returns its answer.
    ///
    /// # Errors
    /// [`Error::Child`] if it ended without returning: with its exit code, the signal that killed
    /// it, or the location and message of its panic.
    ///
    /// ```
    /// use multiprocessing::process;
    ///
    /// let child = process::spawn(|| -> u32 { std::process::exit(3) })?;
    /// let error = child.join().unwrap_err();
    /// assert!(error.to_string().ends_with("exited with code 3 before it gave its answer"));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn join(self) -> Result<T, Error> {
        self.child.join()
    }

    /// Waits as [`join`](Self::join) does, but not longer than `timeout`. Returns `None` if the
    /// child is still running.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiprocessing::process;
    ///
    /// let (sender, receiver) = multiprocessing::channel::<()>()?;
    /// let mut child = process::spawn(move || receiver.recv().is_ok())?;
    /// assert_eq!(child.join_timeout(Duration::from_millis(1))?, None); // it waits for us
    /// sender.send(())?;
    /// assert_eq!(child.join_timeout(Duration::from_secs(10))?, Some(true));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn join_timeout(&mut self, timeout: Duration) -> Result<Option<T>, Error> {
        self.child.join_timeout(timeout)
    }
}

impl<T> Process<T> {
    pub(super) fn new(child: Child) -> Self {
        Self {
            child,
            answer: PhantomData,
        }
    }

    /// The child's process id.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// The child's name.
    pub fn name(&self) -> &str {
        self.child.name()
    }

    /// Whether the child is still running. Always false in a process that is not its parent.
    pub fn is_running(&mut self) -> bool {
        self.child.runs()
    }

    /// Asks the child to end, with SIGTERM. Does nothing if the child has already ended.
    ///
    /// That ends a child unless it handles the signal. If this process had a handler for SIGTERM
    /// when it started the child, the child has it too; [`kill`](Self::kill) ends it all the same.
    ///
    /// # Errors
    /// [`Error::Inherited`] in a process that is not the child's parent.
    pub fn terminate(&mut self) -> Result<(), Error> {
        self.child.terminate()
    }

    /// Ends the child, with SIGKILL. Does nothing if the child has already ended.
    ///
    /// # Errors
    /// As [`terminate`](Self::terminate).
    pub fn kill(&mut self) -> Result<(), Error> {
        self.child.kill()
    }
}

/// Readable once the child has ended, so that `join` would not wait. Use it with `poll`, or with
/// tokio's `AsyncFd`, registered for reading only. [`wait`](crate::wait()) waits for several.
///
/// It is a pidfd. The first call makes it.
///
/// # Panics
/// If no descriptors are left, if the program has closed this one, or in a process that is not the
/// child's parent.
///
/// ```
/// use std::os::fd::AsFd;
/// use multiprocessing::process;
/// use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
///
/// let child = process::spawn(|| 7)?;
/// let mut polled = [PollFd::new(child.as_fd(), PollFlags::POLLIN)];
/// poll(&mut polled, PollTimeout::NONE).unwrap();
/// assert_eq!(child.join()?, 7);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
impl<T> AsFd for Process<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        lent(self.child.lend())
    }
}

/// As [`AsFd`], which says when it is readable.
impl<T> AsRawFd for Process<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
