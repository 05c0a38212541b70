//! The receiving end of a channel.

use std::fmt;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use super::errors::{RecvError, RecvTimeoutError, TryRecvError};
use super::queue::{NotTaken, Unpacking};
use super::{Handle, with_buffer};
use crate::crossing::{message, unpacking};
use crate::error::Error;
use crate::sys::monitor::Deadline;
use crate::sys::remote_bell::OwnBell;
use crate::wire::{self, Portable};

/// The receiving end of a [`channel`](super::channel()). Messages arrive in the order they were
/// sent.
///
/// # Panics
/// Cloning panics if there are already 65 536 receivers.
pub struct Receiver<T> {
    handle: Handle,
    /// Made when the descriptor is first asked for.
    bell: OwnBell,
    message: PhantomData<fn() -> T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            handle,
            bell: OwnBell::default(),
            message: PhantomData,
        }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl<T: Portable> Receiver<T> {
    /// Waits for a message. It also waits for a process that was stopped, as by SIGSTOP, in the
    /// middle of a send or a receive, and so does cloning a handle.
    ///
    /// # Errors
    /// [`RecvError::Disconnected`] if there is no message and no sender is left. If the last one
    /// was killed, it may take 40 ms to notice. [`RecvError::Decode`] if a message arrived that the
    /// type's `Deserialize` rejects.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.take(Deadline::NEVER).map_err(|failure| match failure {
            Failure::Disconnected => RecvError::Disconnected,
            Failure::Decode(reason) => RecvError::Decode(reason),
            Failure::Empty => unreachable!("without a deadline, a wait never times out"),
        })
    }

    /// Takes a message if there is one: [`recv_timeout`](Self::recv_timeout) with a timeout of 0.
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
    /// That holds even if a process was stopped, as by SIGSTOP, in the middle of a send or a
    /// receive. If a process there is waiting for a CPU, this may wait up to 5 s longer.
    ///
    /// # Errors
    /// [`RecvTimeoutError::Timeout`] if none arrived, and as [`recv`](Self::recv).
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.take(Deadline::after(timeout))
            .map_err(|failure| match failure {
                Failure::Empty => RecvTimeoutError::Timeout,
                Failure::Disconnected => RecvTimeoutError::Disconnected,
                Failure::Decode(reason) => RecvTimeoutError::Decode(reason),
            })
    }

    /// Iterates over the messages, waiting for each, until no sender is left.
    ///
    /// # Panics
    /// The iterator panics if a message can't be read; [`recv`](Self::recv) does not.
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
            let queue = &self.handle.queue;
            let taken = queue.take(deadline, |parts, has_handles| {
                if let [whole, []] = parts
                    && let Some(message) = wire::decode_plain(whole)
                {
                    return Taken::Plain(message);
                }
                // No code but ours may run while the queue is locked.
                for part in parts {
                    buffer.extend_from_slice(part);
                }
                match has_handles {
                    false => Taken::Bytes,
                    true => Taken::WithHandles(queue.begin_unpacking(buffer)),
                }
            });
            let message = match taken {
                Ok(Taken::Plain(message)) => message,
                Ok(Taken::Bytes) => wire::decode(buffer),
                Ok(Taken::WithHandles(begun)) => unpack(begun, buffer),
                Err(NotTaken::Empty) => {
                    if let Some(bell) = self.bell.get() {
                        // If this fails, the descriptor stays readable.
                        let _ = self.handle.queue.attend(bell);
                    }
                    return Err(Failure::Empty);
                }
                Err(NotTaken::Disconnected) => return Err(Failure::Disconnected),
                Err(NotTaken::NoMemory(error)) => {
                    return Err(Failure::Decode(format!("no memory to map it: {error}")));
                }
            };
            message.map_err(|error| Failure::Decode(error.to_string()))
        })
    }
}

/// Readable when a receive would not wait, because there is a message or no sender is left.
///
/// It can be passed to `poll`, or to tokio's `AsyncFd`, along with sockets and timers;
/// [`wait`](crate::wait()) does so for you. It may be readable for nothing, so take the message
/// with [`try_recv`](Receiver::try_recv). After [`TryRecvError::Empty`] it is not readable until
/// something has changed. Only wait for it to be readable; read nothing from it.
///
/// The first call makes a socket and an epoll instance, and opens one more descriptor for each
/// process that owns a sender. A channel whose receiver lends no descriptor pays nothing for this.
/// A sender notifies the receiver by a message to that socket, in the abstract namespace of Unix
/// sockets, so it must be in the same network namespace, and must be able to open a socket.
///
/// # Panics
/// If no descriptors are left, or the program has closed this one.
///
/// ```
/// use std::os::fd::AsFd;
/// use multiprocessing::channel;
/// use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
///
/// let (sender, receiver) = channel()?;
/// let is_readable = || {
///     let mut polled = [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)];
///     poll(&mut polled, PollTimeout::ZERO).unwrap() == 1
/// };
/// assert!(!is_readable());
/// sender.send(7)?;
/// assert!(is_readable());
/// assert_eq!(receiver.try_recv(), Ok(7));
/// assert!(!is_readable());
/// # Ok::<(), multiprocessing::Error>(())
/// ```
impl<T> AsFd for Receiver<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let lend = || {
            let bell = self.bell.get_or_make()?;
            self.handle.queue.attend(bell)?;
            bell.lend()
        };
        lend().unwrap_or_else(|error| panic!("a receiver can't lend a descriptor: {error}"))
    }
}

/// As [`AsFd`], which says when it is readable.
impl<T> AsRawFd for Receiver<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// A message that was taken out of the queue.
enum Taken<M> {
    Plain(M),
    /// Its bytes are in the buffer.
    Bytes,
    /// As above, and they are followed by where its handles are.
    WithHandles(Option<Unpacking>),
}

#[cold]
fn unpack<T: Portable>(begun: Option<Unpacking>, message: &[u8]) -> Result<T, Error> {
    let gone = "a handle in it is gone: its sender has given it up";
    // Held until the handles are taken.
    let _begun = begun.ok_or_else(|| Error::decode::<T>(gone))?;
    let (message, handles) = message::open(message).map_err(Error::decode::<T>)?;
    unpacking(handles, || wire::decode(message))
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
            bell: OwnBell::default(),
            message: PhantomData,
        }
    }
}

/// An iterator over the messages of a borrowed [`Receiver`].
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

    /// Iterates over the messages, as [`Receiver::iter`] does.
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// An iterator over the messages of a [`Receiver`].
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

    /// Iterates over the messages, as [`Receiver::iter`] does.
    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
