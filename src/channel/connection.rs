//! Two channels, one each way.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Receiver, RecvError, RecvTimeoutError, SendError, Sender, TryRecvError, channel};
use crate::error::Error;
use crate::wire::Portable;

/// Makes a connection between two processes, and returns its two ends.
///
/// ```
/// use multiprocessing::{channel::pipe, process};
///
/// let (here, there) = pipe::<String, usize>()?;
/// let child = process::spawn(move || {
///     while let Ok(word) = there.recv() {
///         there.send(word.len())?;
///     }
///     Ok::<(), multiprocessing::channel::SendError<usize>>(())
/// })?;
/// here.send("hello".to_owned())?;
/// assert_eq!(here.recv()?, 5);
/// drop(here);
/// assert!(child.join()?.is_ok());
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// # Errors
/// As [`channel`].
#[allow(clippy::type_complexity, reason = "a pair of ends, as of `channel`")]
pub fn pipe<S: Portable, R: Portable>() -> Result<(Connection<S, R>, Connection<R, S>), Error> {
    let (sender, other_receiver) = channel()?;
    let (other_sender, receiver) = channel()?;
    let end = Connection { sender, receiver };
    let other_end = Connection {
        sender: other_sender,
        receiver: other_receiver,
    };
    Ok((end, other_end))
}

/// One end of a [`pipe`], which sends messages of type `S` and receives messages of type `R`.
///
/// The other end is gone once its process has dropped it or ended; then both directions are
/// disconnected.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "S: 'static, R: 'static")]
pub struct Connection<S, R> {
    /// Sends to the other end.
    pub sender: Sender<S>,
    /// Receives what the other end sends.
    pub receiver: Receiver<R>,
}

impl<S: Portable, R: Portable> Connection<S, R> {
    /// As [`Sender::send`].
    ///
    /// # Errors
    /// As there.
    pub fn send(&self, message: S) -> Result<(), SendError<S>> {
        self.sender.send(message)
    }

    /// As [`Receiver::recv`].
    ///
    /// # Errors
    /// As there.
    pub fn recv(&self) -> Result<R, RecvError> {
        self.receiver.recv()
    }

    /// As [`Receiver::try_recv`].
    ///
    /// # Errors
    /// As there.
    pub fn try_recv(&self) -> Result<R, TryRecvError> {
        self.receiver.try_recv()
    }

    /// As [`Receiver::recv_timeout`].
    ///
    /// # Errors
    /// As there.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<R, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout)
    }
}
