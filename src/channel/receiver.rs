//! The end of a channel that messages come out of.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::errors::{RecvError, RecvTimeoutError, TryRecvError};
use super::queue::NotTaken;
use super::{Handle, with_buffer};
use crate::sys::monitor::Deadline;
use crate::wire::{self, Portable};

/// The end of a [`channel`](super::channel()) that messages come out of, in the order in which they went in.
///
/// # Panics
/// To clone it panics when there are 65 536 receivers.
pub struct Receiver<T> {
    handle: Handle,
    message: PhantomData<fn() -> T>,
}

impl<T: Portable> Receiver<T> {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            handle,
            message: PhantomData,
        }
    }

    /// Waits for a message, and for a process that was stopped, as by SIGSTOP, in the middle of a
    /// send or a receive. So does cloning a handle.
    ///
    /// # Errors
    /// [`RecvError::Disconnected`] if there is no message and no sender is left. When the last one
    /// was killed, it may take 40 ms to be seen. [`RecvError::Decode`] if a message came that
    /// the type's `Deserialize` does not understand.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.take(Deadline::NEVER).map_err(|failure| match failure {
            Failure::Disconnected => RecvError::Disconnected,
            Failure::Decode(reason) => RecvError::Decode(reason),
            Failure::Empty => unreachable!("to wait without a deadline has no end"),
        })
    }

    /// Takes a message if there is one: as [`recv_timeout`](Self::recv_timeout) without time.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] if there is none, and as [`recv`](Self::recv).
    ///
    /// ```
    /// use multiprocessing::channel::{channel, TryRecvError};
    ///
    /// let (sender, receiver) = channel()?;
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send(7)?;
    /// assert_eq!(receiver.try_recv(), Ok(7));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.take(Deadline::after(Duration::ZERO))
            .map_err(|failure| match failure {
                Failure::Empty => TryRecvError::Empty,
                Failure::Disconnected => TryRecvError::Disconnected,
                Failure::Decode(reason) => TryRecvError::Decode(reason),
            })
    }

    /// Waits for a message, but not longer than `timeout`.
    ///
    /// It does not wait longer for a process that was stopped, as by SIGSTOP, in the middle of a send
    /// or a receive; for one that waits for a processor there, up to 5 s longer.
    ///
    /// # Errors
    /// [`RecvTimeoutError::Timeout`] if none came, and as [`recv`](Self::recv).
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.take(Deadline::after(timeout))
            .map_err(|failure| match failure {
                Failure::Empty => RecvTimeoutError::Timeout,
                Failure::Disconnected => RecvTimeoutError::Disconnected,
                Failure::Decode(reason) => RecvTimeoutError::Decode(reason),
            })
    }

    /// The messages, until no sender is left. It waits for each.
    ///
    /// # Panics
    /// The iterator panics at a message that can't be read; [`recv`](Self::recv) does not.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self)
    }

    fn next(&self) -> Option<T> {
        match self.recv() {
            Ok(message) => Some(message),
            Err(RecvError::Disconnected) => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn take(&self, deadline: Deadline) -> Result<T, Failure> {
        with_buffer(|buffer| {
            let plain = self.handle.queue.take(deadline, |parts| {
                if let [whole, []] = parts
                    && let Some(message) = wire::decode_plain(whole)
                {
                    return Some(message);
                }
                // Other code than ours must not run while the queue is locked.
                for part in parts {
                    buffer.extend_from_slice(part);
                }
                None
            });
            let message = match plain {
                Ok(Some(message)) => message,
                Ok(None) => wire::decode(buffer),
                Err(NotTaken::Empty) => return Err(Failure::Empty),
                Err(NotTaken::Disconnected) => return Err(Failure::Disconnected),
                Err(NotTaken::NoMemory(error)) => {
                    return Err(Failure::Decode(format!("no memory to map it: {error}")));
                }
            };
            message.map_err(|error| Failure::Decode(error.to_string()))
        })
    }
}

enum Failure {
    Empty,
    Disconnected,
    Decode(String),
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            message: PhantomData,
        }
    }
}

/// The messages of a [`Receiver`] that is borrowed.
#[derive(Debug)]
pub struct Iter<'a, T>(&'a Receiver<T>);

impl<T: Portable> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.next()
    }
}

impl<'a, T: Portable> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    /// The messages, as of [`Receiver::iter`].
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// The messages of a [`Receiver`].
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<T: Portable> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.next()
    }
}

impl<T: Portable> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    /// The messages, as of [`Receiver::iter`].
    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
