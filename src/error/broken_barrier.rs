//! Why a barrier is broken.

use serde::{Deserialize, Serialize};

/// Why a [`Barrier`](crate::Barrier) is broken. It stays broken until it is
/// [`reset`](crate::Barrier::reset).
///
/// A process can return it, as in `process::spawn(move || barrier.wait().map(drop))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum BrokenBarrier {
    /// A process died while it waited, or while it owned a handle.
    #[error("the barrier is broken: process {pid}, one of its participants, died")]
    Died {
        /// Its process id.
        pid: u32,
    },
    /// A participant stopped waiting because the others did not arrive in time.
    #[error("the barrier is broken: not all participants arrived in time")]
    Timeout,
    /// A process called [`abort`](crate::Barrier::abort).
    #[error("the barrier is broken: a process aborted it")]
    Aborted,
    /// A process called [`reset`](crate::Barrier::reset) while others waited.
    #[error("the barrier was reset while this process waited")]
    Reset,
}

const PID_BITS: u32 = 32;

impl BrokenBarrier {
    /// For shared memory.
    pub(crate) fn word(self) -> u64 {
        match self {
            Self::Died { pid } => u64::from(pid),
            Self::Timeout => 1 << PID_BITS,
            Self::Aborted => 2 << PID_BITS,
            Self::Reset => 3 << PID_BITS,
        }
    }

    pub(crate) fn from_word(word: u64) -> Self {
        match word >> PID_BITS {
            0 => Self::Died { pid: word as u32 },
            1 => Self::Timeout,
            2 => Self::Aborted,
            _ => Self::Reset,
        }
    }
}
