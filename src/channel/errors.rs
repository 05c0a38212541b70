//! Why a message was not sent, or why none was received.
//!
//! The names are those of [`std::sync::mpsc`]. A process can return these errors, as in
//! `process::spawn(move || sender.send(1))`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sys::copies::hint;

/// Why [`Sender::send`](super::Sender::send) failed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SendError<T> {
    /// All receivers are gone, so nobody would ever read the message. It is given back.
    #[error("nothing was sent: all receivers of the channel are gone{}", hint())]
    Disconnected(T),
    /// The message could not be encoded, or there was no memory for it.
    #[error("nothing was sent: {reason}")]
    Encode {
        /// The message.
        message: T,
        /// What went wrong.
        reason: String,
    },
}

/// Why [`SyncSender::try_send`](super::SyncSender::try_send) failed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TrySendError<T> {
    /// The channel is full. The message is given back.
    #[error("nothing was sent: the channel is full")]
    Full(T),
    /// As [`SendError::Disconnected`].
    #[error("nothing was sent: all receivers of the channel are gone{}", hint())]
    Disconnected(T),
    /// As [`SendError::Encode`].
    #[error("nothing was sent: {reason}")]
    Encode {
        /// The message.
        message: T,
        /// What went wrong.
        reason: String,
    },
}

/// Why [`SyncSender::send_timeout`](super::SyncSender::send_timeout) failed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SendTimeoutError<T> {
    /// There was no room in time. The message is given back.
    #[error("nothing was sent: the channel stayed full")]
    Timeout(T),
    /// As [`SendError::Disconnected`].
    #[error("nothing was sent: all receivers of the channel are gone{}", hint())]
    Disconnected(T),
    /// As [`SendError::Encode`].
    #[error("nothing was sent: {reason}")]
    Encode {
        /// The message.
        message: T,
        /// What went wrong.
        reason: String,
    },
}

/// Why [`Receiver::recv`](super::Receiver::recv) failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum RecvError {
    /// All messages were received, and all senders are gone, so no more will arrive.
    #[error("nothing was received: all senders of the channel are gone{}", hint())]
    Disconnected,
    /// A message arrived that could not be decoded or mapped; later messages are unaffected.
    #[error("a message was lost: {0}")]
    Decode(String),
}

/// Why [`Receiver::try_recv`](super::Receiver::try_recv) failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TryRecvError {
    /// There is no message at the moment.
    #[error("nothing was received: there is no message")]
    Empty,
    /// As [`RecvError::Disconnected`].
    #[error("nothing was received: all senders of the channel are gone{}", hint())]
    Disconnected,
    /// As [`RecvError::Decode`].
    #[error("a message was lost: {0}")]
    Decode(String),
}

/// Why [`Receiver::recv_timeout`](super::Receiver::recv_timeout) failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum RecvTimeoutError {
    /// No message arrived in time.
    #[error("nothing was received: no message arrived in time")]
    Timeout,
    /// As [`RecvError::Disconnected`].
    #[error("nothing was received: all senders of the channel are gone{}", hint())]
    Disconnected,
    /// As [`RecvError::Decode`].
    #[error("a message was lost: {0}")]
    Decode(String),
}

/// For errors that give the message back. It may be long, and need not be [`Debug`](fmt::Debug).
macro_rules! gives_back {
    ($($error:ident($($variant:ident),+))*) => {$(
        /// Leaves out the message.
        impl<T> fmt::Debug for $error<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(_) => f.write_str(concat!(stringify!($variant), "(..)")),)+
                    Self::Encode { reason, .. } => write!(f, "Encode {{ reason: {reason:?}, .. }}"),
                }
            }
        }

        impl<T> $error<T> {
            /// The message that was not sent.
            pub fn into_inner(self) -> T {
                match self {
                    $(Self::$variant(message))|+ | Self::Encode { message, .. } => message,
                }
            }
        }

        /// For `?` in a function that returns an [`Error`].
        impl<T> From<$error<T>> for Error {
            fn from(error: $error<T>) -> Self {
                let reason = error.to_string();
                match error {
                    $error::Disconnected(_) => Self::Disconnected { reason },
                    _ => Self::Message { reason },
                }
            }
        }
    )*};
}

gives_back! {
    SendError(Disconnected)
    TrySendError(Full, Disconnected)
    SendTimeoutError(Timeout, Disconnected)
}

macro_rules! into_error {
    ($($error:ident)*) => {$(
        /// For `?` in a function that returns an [`Error`].
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                let reason = error.to_string();
                match error {
                    $error::Disconnected => Self::Disconnected { reason },
                    _ => Self::Message { reason },
                }
            }
        }
    )*};
}

into_error!(RecvError TryRecvError RecvTimeoutError);
