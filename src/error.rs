//! What can go wrong, and what to do then.

use std::any::type_name;
use std::fmt;
use std::io;
use std::time::Duration;

use nix::libc::SIGRTMIN;
use nix::sys::signal::Signal as KnownSignal;

use crate::sys::generation::Generation;

/// An error of this library.
///
/// Its text is one line that says what happened, to which process or item, and what to do. The
/// `Debug` text is the same, so that a `main` that returns this error prints that line.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Other threads run, and a child would inherit whatever locks they hold at this moment,
    /// locked for ever.
    #[error(
        "{name} was not started: {count} other thread(s) run in this process, and a child made \
         now could wait for ever for a lock that one of them holds; start processes first, \
         threads later"
    )]
    ThreadsRunning {
        /// The name of the process that was to be started.
        name: String,
        /// The number of threads beside the caller's.
        count: usize,
    },

    /// The calling process holds a lock in shared memory, and the child would hold it too.
    #[error(
        "{name} was not started: this process holds a lock in shared memory, and its child would \
         hold it as well; drop the guard first"
    )]
    LockHeld {
        /// The name of the process that was to be started.
        name: String,
    },

    /// The operating system refused.
    #[error("cannot {action}: {source}{}", advice(.source))]
    System {
        /// What was tried, as in "start Process-3".
        action: String,
        /// The operating system's answer.
        source: io::Error,
    },

    /// A child ended without giving its answer.
    #[error(transparent)]
    Child(#[from] ChildError),

    /// A value could not be made into bytes, to send it to another process.
    #[error("cannot send a value of type {type_name}: {reason}")]
    Encode {
        /// The type of the value.
        type_name: &'static str,
        /// What the format said. The text of an error that the type's own `Serialize` returned is
        /// not kept.
        reason: String,
    },

    /// The bytes that came from another process are no value of the type that was expected.
    #[error("cannot read a value of type {type_name} that another process sent: {reason}")]
    Decode {
        /// The type that was expected.
        type_name: &'static str,
        /// What its `Deserialize` implementation or the format said.
        reason: String,
    },

    /// A task of a pool gave no result.
    #[error(transparent)]
    Task(#[from] TaskError),

    /// The pool was closed, or terminated.
    #[error("the pool is closed; make a new one")]
    Closed,

    /// The result of a task was returned before.
    #[error("the result was returned before, and there is no other")]
    Taken,

    /// The settings of a pool are impossible.
    #[error("cannot make a pool: {0}")]
    Settings(&'static str),

    /// The initializer of a pool failed in a worker.
    #[error("the initializer failed in {worker}: {reason}")]
    Initializer {
        /// The worker's name.
        worker: String,
        /// The initializer's error, its panic, or how the worker ended.
        reason: String,
    },

    /// No worker of the pool is left, and none can be started.
    #[error("the pool has no workers left, and cannot start one: {reason}")]
    NoWorkers {
        /// Why not.
        reason: Box<Error>,
    },

    /// Workers die although they do nothing: something outside of the program ends them.
    #[error("workers die before they begin a task; the last one: {last}")]
    WorkersKeepDying {
        /// How the last one ended.
        last: ChildError,
    },

    /// The other end of a channel is gone.
    #[error("{reason}")]
    Disconnected {
        /// Which end it was.
        reason: String,
    },

    /// A message was not sent or not received, though the other end of the channel is there.
    #[error("{reason}")]
    Message {
        /// What went wrong.
        reason: String,
    },

    /// A process ended while it held a lock in shared memory.
    #[error(
        "the value behind a mutex may be half-written, since a process ended while it held the \
         lock; take it by `OwnerDied::into_inner`, put it right, and call `clear_poison`"
    )]
    OwnerDied,

    /// Others hold the lock.
    #[error("the mutex was not locked: another holds it")]
    WouldBlock,

    /// A handle that a child inherited from its parent: what it stands for is the parent's.
    #[error("this {what} belongs to the parent process; make one of your own in the child")]
    Inherited {
        /// What kind of handle it is.
        what: &'static str,
    },
}

impl Generation {
    /// An error in a child that inherited what was made in this generation.
    pub(crate) fn check(self, what: &'static str) -> Result<(), Error> {
        if self.is_current() {
            Ok(())
        } else {
            Err(Error::Inherited { what })
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    pub(crate) fn system(action: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::System {
            action: action.into(),
            source: source.into(),
        }
    }

    pub(crate) fn encode<T>(reason: impl fmt::Display) -> Self {
        Self::Encode {
            type_name: type_name::<T>(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn decode<T>(reason: impl fmt::Display) -> Self {
        Self::Decode {
            type_name: type_name::<T>(),
            reason: reason.to_string(),
        }
    }
}

fn advice(error: &io::Error) -> &'static str {
    use nix::errno::Errno;
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EAGAIN) => "; the limit on processes may be reached (see `ulimit -u`)",
        Some(Errno::EMFILE) => "; too many files are open (see `ulimit -n`)",
        Some(Errno::ENOMEM) => "; ask for less, or end other programs",
        _ => "",
    }
}

/// How a child ended that did not give its answer.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} (pid {pid}) {cause}")]
#[non_exhaustive]
pub struct ChildError {
    /// The child's name.
    pub name: String,
    /// The process id it had.
    pub pid: u32,
    /// What ended it.
    pub cause: Cause,
}

impl fmt::Debug for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A task of a pool that gave no result. The other tasks are not affected.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {index}: {worker}")]
#[non_exhaustive]
pub struct TaskError {
    /// The item's place among the inputs, counted from 0.
    pub index: usize,
    /// The worker that had it, and what happened.
    pub worker: ChildError,
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What ended a process, or a task in it, before it gave its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It left with this exit code. Even 0 is no answer.
    Exit(i32),
    /// A signal ended it.
    Signal(Signal),
    /// Its code panicked.
    Panic(Panic),
    /// It returned a value that could not be sent.
    NotSent(String),
    /// What it was sent, or what it sent, is no value of the type that was expected.
    Unreadable(String),
    /// It ran longer than the time limit, and was killed.
    TimeLimit(Duration),
    /// It is gone, and the operating system does not say how: the program ignores SIGCHLD.
    Unknown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exited with code {code} before it gave its answer"),
            Self::Signal(signal) => write!(f, "was killed by {signal}{}", signal.explanation()),
            Self::Panic(panic) => write!(f, "{panic}"),
            Self::NotSent(reason) => write!(f, "returned a value that cannot be sent: {reason}"),
            Self::Unreadable(reason) => f.write_str(reason),
            Self::TimeLimit(limit) => write!(f, "ran longer than the limit of {limit:?}"),
            Self::Unknown => write!(
                f,
                "ended, and its exit status is lost, since this program ignores SIGCHLD"
            ),
        }
    }
}

/// A panic in another process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panic {
    /// The panic's message.
    pub message: String,
    /// Where it happened: file, line and column, with colons between them.
    pub place: String,
}

impl Panic {
    /// As one text, place first, to be sent to another process.
    pub(crate) fn to_text(place: &str, message: &str) -> String {
        format!("{place}\0{message}")
    }

    pub(crate) fn from_text(text: &str) -> Self {
        let (place, message) = text.split_once('\0').unwrap_or(("", text));
        Self {
            message: message.to_owned(),
            place: place.to_owned(),
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked at {}: {}", self.place, self.message)
    }
}

/// The number of a signal, which displays as its name.
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
