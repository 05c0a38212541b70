//! How a child, or a task in one, ended without an answer.

use std::fmt;
use std::time::Duration;

use nix::libc::SIGRTMIN;
use nix::sys::signal::Signal as KnownSignal;

use super::debug;
use crate::sys::signals::children_are_discarded;

/// How a child ended that gave no answer.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} (pid {pid}) {cause}{}", not_replaced(*.beside_threads))]
#[non_exhaustive]
pub struct ChildError {
    /// The child's name.
    pub name: String,
    /// Its process id.
    pub pid: u32,
    /// What ended it.
    pub cause: Cause,
    /// It was a worker, and the pool can't start another while other threads run.
    pub(crate) beside_threads: bool,
}

fn not_replaced(beside_threads: bool) -> &'static str {
    if beside_threads {
        "; the pool now has one worker fewer, since none can be forked while other threads run in \
         this process; a pool built with `start_method(StartMethod::ForkServer)` replaces its workers"
    } else {
        ""
    }
}

impl ChildError {
    /// The backtrace of a panic, if `RUST_BACKTRACE` asks for it.
    pub fn backtrace(&self) -> Option<&str> {
        match &self.cause {
            Cause::Panic(panic) => panic.backtrace.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Debug for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, self, self.backtrace())
    }
}

/// A task of a pool that gave no result. The other tasks are not affected.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {index}: {worker}")]
#[non_exhaustive]
pub struct TaskError {
    /// The item's index among the inputs, counted from 0.
    pub index: usize,
    /// The worker that ran it, and what happened.
    pub worker: ChildError,
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, self, self.worker.backtrace())
    }
}

/// What ended a process, or a task in it, before it gave its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It exited with this code. Even 0 is not an answer.
    Exit(i32),
    /// A signal ended it.
    Signal(Signal),
    /// Its code panicked.
    Panic(Panic),
    /// It returned a value that could not be sent.
    Encode(String),
    /// What it was sent, or what it sent, is not a value of the expected type.
    Decode(String),
    /// It ran longer than its timeout, and was killed.
    Timeout(Duration),
    /// It was killed because this process, its parent, closed the library's descriptor with this
    /// number. The kernel closes it when a parent ends, and that ends the parent's children.
    LostDescriptor(i32),
    /// It is gone, and the operating system does not say how it ended: the program ignores SIGCHLD,
    /// or other code in it has waited for the process.
    Unknown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exited with code {code} before it gave its answer"),
            Self::Signal(signal) => write!(f, "was killed by {signal}{}", signal.explanation()),
            Self::Panic(panic) => write!(f, "{panic}"),
            Self::Encode(reason) => write!(f, "returned a value that cannot be sent: {reason}"),
            Self::Decode(reason) => f.write_str(reason),
            Self::Timeout(timeout) => write!(f, "ran longer than its timeout of {timeout:?}"),
            Self::LostDescriptor(number) => write!(
                f,
                "was killed because this process has closed descriptor {number} of \
                 `multiprocessing`, which ends children with their parent; close only what is your \
                 own"
            ),
            Self::Unknown => {
                let reason = if children_are_discarded() {
                    "this program ignores SIGCHLD"
                } else {
                    "something else in this program has waited for it; wait for specific processes \
                     there, not for any"
                };
                write!(f, "ended, and its exit status is lost, because {reason}")
            }
        }
    }
}

/// A panic in another process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panic {
    /// The panic's message.
    pub message: String,
    /// Where it happened: file, line and column, separated by colons. It is unknown if the payload
    /// was made for [`resume_unwind`](std::panic::resume_unwind), or if the process has
    /// [taken](std::panic::take_hook) the panic hook and does not call it.
    pub location: String,
    /// The backtrace, if `RUST_BACKTRACE` asks for it.
    pub backtrace: Option<String>,
}

impl Panic {
    /// Returns it as one text of at most `most` bytes, to be sent to another process. If it is too
    /// long, the backtrace is cut first, then the message.
    pub(crate) fn to_text(&self, most: usize) -> String {
        let cut = |text: &str, room: usize| text[..text.floor_char_boundary(room)].to_owned();
        let location = cut(&self.location, most / 4);
        let message = cut(&self.message, most - location.len() - 2);
        let backtrace = self.backtrace.as_deref().unwrap_or_default();
        let backtrace = cut(backtrace, most - location.len() - message.len() - 2);
        [location, backtrace, message].join("\0")
    }

    pub(crate) fn from_text(text: &str) -> Self {
        let mut parts = text.splitn(3, '\0').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let (location, backtrace, message) = (next(), next(), next());
        Self {
            message,
            location,
            backtrace: Some(backtrace).filter(|text| !text.is_empty()),
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked at {}: {}", self.location, self.message)
    }
}

/// The number of a signal. It displays as the signal's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(pub i32);

impl Signal {
    fn explanation(self) -> &'static str {
        match KnownSignal::try_from(self.0) {
            Ok(KnownSignal::SIGSEGV) => {
                " (it touched memory that is not its own, such as a shared array not lent to it)"
            }
            _ => "",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KnownSignal::try_from(self.0) {
            Ok(known) => f.write_str(known.as_str()),
            Err(_) => match self.0 - SIGRTMIN() {
                0 => f.write_str("SIGRTMIN"),
                above => write!(f, "SIGRTMIN{above:+}"),
            },
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
