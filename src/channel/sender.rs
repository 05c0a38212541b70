//! The sending end of a channel.

use std::fmt;
use std::marker::PhantomData;

use super::Handle;
use super::errors::SendError;
use crate::wire::Portable;

/// The sending end of a [`channel`](super::channel()).
///
/// # Panics
/// Cloning panics if there are already 65 536 senders.
pub struct Sender<T> {
    handle: Handle,
    message: PhantomData<fn(T)>,
}

impl<T> Sender<T> {
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

impl<T: Portable> Sender<T> {
    /// Sends a message without waiting for a receiver. It does wait for a process that was stopped,
    /// as by SIGSTOP, in the middle of a send or a receive, and so does cloning a handle.
    ///
    /// # Errors
    /// [`SendError::Disconnected`] if no receiver is left. If the last one was killed, it may take
    /// 20 ms to notice. [`SendError::Encode`] if the message can't be encoded, or if the machine
    /// lacks the memory to hold it.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.handle.send_at_last(message)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            message: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
