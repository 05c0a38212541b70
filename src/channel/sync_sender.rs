//! The sending end of a bounded channel.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::errors::{SendError, SendTimeoutError, TrySendError};
use super::{Handle, NotSent};
use crate::sys::monitor::Deadline;
use crate::wire::Portable;

/// The sending end of a [`sync_channel`](super::sync_channel()).
///
/// # Panics
/// Cloning panics if there are already 65 536 senders.
pub struct SyncSender<T> {
    handle: Handle,
    message: PhantomData<fn(T)>,
}

impl<T> SyncSender<T> {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            handle,
            message: PhantomData,
        }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl<T: Portable> SyncSender<T> {
    /// Sends a message, waiting for room if the channel is full.
    ///
    /// # Errors
    /// [`SendError::Disconnected`] if no receiver is left, even while this waits. If the last one
    /// was killed, it may take 40 ms to notice. [`SendError::Encode`] as in
    /// [`Sender::send`](super::Sender::send).
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.handle.send_at_last(message)
    }

    /// Sends a message if there is room: [`send_timeout`](Self::send_timeout) with a timeout of 0.
    ///
    /// # Errors
    /// [`TrySendError::Full`] if there is none, and as [`send`](Self::send).
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match self.handle.send(&message, Deadline::after(Duration::ZERO)) {
            Ok(()) => Ok(()),
            Err(NotSent::Full) => Err(TrySendError::Full(message)),
            Err(NotSent::Disconnected) => Err(TrySendError::Disconnected(message)),
            Err(NotSent::Encode(reason)) => Err(TrySendError::Encode { message, reason }),
        }
    }

    /// Sends a message, waiting for room, but not longer than `timeout`.
    ///
    /// That holds even if a process was stopped, as by SIGSTOP, in the middle of a send or a
    /// receive. If a process there is waiting for a CPU, this may wait up to 5 s longer.
    ///
    /// # Errors
    /// [`SendTimeoutError::Timeout`] if there was no room in time, and as [`send`](Self::send).
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiprocessing::channel::{SendTimeoutError, sync_channel};
    ///
    /// let (sender, receiver) = sync_channel(1)?;
    /// let timeout = Duration::from_millis(1);
    /// sender.send_timeout(1, timeout)?;
    /// let late = sender.send_timeout(2, timeout);
    /// assert_eq!(late, Err(SendTimeoutError::Timeout(2)));
    /// drop(receiver);
    /// let gone = sender.send_timeout(3, timeout);
    /// assert_eq!(gone, Err(SendTimeoutError::Disconnected(3)));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        match self.handle.send(&message, Deadline::after(timeout)) {
            Ok(()) => Ok(()),
            Err(NotSent::Full) => Err(SendTimeoutError::Timeout(message)),
            Err(NotSent::Disconnected) => Err(SendTimeoutError::Disconnected(message)),
            Err(NotSent::Encode(reason)) => Err(SendTimeoutError::Encode { message, reason }),
        }
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            message: PhantomData,
        }
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}
