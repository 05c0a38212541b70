//! What can go wrong, and what to do about it.

mod broken_barrier;
mod child;

use std::any::type_name;
use std::fmt;
use std::io;

pub use broken_barrier::BrokenBarrier;
pub use child::{Cause, ChildError, Panic, Signal, TaskError};

use crate::sys::call::name_of;
use crate::sys::copies::advice as advice_for_copies;
use crate::sys::generation::Generation;

/// An error from this library.
///
/// Its text is one line that says what happened, to which process or item, and what to do. The
/// `Debug` text is the same, so a `main` that returns this error prints that line. If
/// `RUST_BACKTRACE` asks for it, the backtrace of a panic follows.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Other threads are running, and any lock they hold now would stay locked in the child for
    /// ever.
    #[error(
        "{name} was not started: {count} other thread(s) run in this process ({}), and a child \
         made now could wait for ever for a lock that one of them holds; start \
         processes before threads, or with `start_method(StartMethod::ForkServer)`",
        threads.join(", ")
    )]
    ThreadsRunning {
        /// The name of the process that was to be started.
        name: String,
        /// The number of threads other than the caller's.
        count: usize,
        /// Their names, as the kernel knows them: cut to 15 bytes. A thread without a name has the
        /// program's.
        threads: Vec<String>,
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

    /// This start method can't pass the process what it was to run.
    #[error("{name} was not started: {obstacle}")]
    StartMethod {
        /// The name of the process that was to be started.
        name: String,
        /// What is in the way.
        obstacle: Obstacle,
    },

    /// The operating system refused.
    #[error("cannot {action}: {source}{}", advice(.source))]
    System {
        /// What was attempted, such as "start Process-3", and the system call that was refused.
        action: String,
        /// The operating system's answer.
        source: io::Error,
    },

    /// A child ended without an answer.
    #[error(transparent)]
    Child(#[from] ChildError),

    /// A value could not be encoded, to be sent to another process.
    #[error("cannot send {}a value of type {type_name}: {reason}", of_item(*.index))]
    Encode {
        /// The value's index among the inputs, counted from 0, if it is one of them.
        index: Option<usize>,
        /// The type of the value.
        type_name: &'static str,
        /// What its `Serialize` implementation or the format said.
        reason: String,
    },

    /// The bytes from another process are not a value of the expected type.
    #[error("cannot read a value of type {type_name} that another process sent: {reason}")]
    Decode {
        /// The expected type.
        type_name: &'static str,
        /// What its `Deserialize` implementation or the format said.
        reason: String,
    },

    /// A task of a pool gave no result.
    #[error(transparent)]
    Task(#[from] TaskError),

    /// The pool was closed or terminated.
    #[error("the pool is closed; make a new one")]
    Closed,

    /// A task's function is code that the pool's workers may not have.
    #[error(
        "the workers may not have the function: a library was loaded or unloaded after the pool \
         was made; make the pool once all code is loaded"
    )]
    LoadedLater,

    /// The result of a task has already been taken.
    #[error("the result has already been taken")]
    AlreadyTaken,

    /// A setting of a pool, or of one of its calls, is impossible.
    #[error("{0}")]
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

    /// Workers die while idle: something outside the program ends them.
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

    /// A message was not sent or not received, although the other end of the channel still exists.
    #[error("{reason}")]
    Message {
        /// What went wrong.
        reason: String,
    },

    /// A process ended while it held a lock in shared memory.
    #[error(
        "the value behind a mutex may be half-written, because a process ended while it held the \
         lock; get it with `PoisonError::into_inner`, repair it, and call `clear_poison`"
    )]
    Poisoned,

    /// Another thread or process holds the lock.
    #[error("the mutex was not locked: another process or thread holds it")]
    WouldBlock,

    /// A barrier is broken.
    #[error(transparent)]
    BrokenBarrier(#[from] BrokenBarrier),

    /// A child used a handle that it inherited: what it stands for belongs to the parent.
    #[error("this {what} belongs to {}", advice_for_copies())]
    Inherited {
        /// What kind of handle it is.
        what: &'static str,
    },
}

impl Generation {
    /// Returns an error in a child that inherited what was made in this generation.
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
        let backtrace = match self {
            Self::Child(error) => error.backtrace(),
            Self::Task(error) => error.worker.backtrace(),
            _ => None,
        };
        debug(f, self, backtrace)
    }
}

impl Error {
    pub(crate) fn system(action: impl Into<String>, source: impl Into<io::Error>) -> Self {
        let mut action = action.into();
        let (source, call) = name_of(source.into());
        if let Some(call) = call {
            action += &format!(" (by `{call}`)");
        }
        Self::System { action, source }
    }

    pub(crate) fn encode<T>(reason: impl fmt::Display) -> Self {
        Self::Encode {
            index: None,
            type_name: type_name::<T>(),
            reason: reason.to_string(),
        }
    }

    /// The same error, for the input at index `at`.
    pub(crate) fn of_item(mut self, at: usize) -> Self {
        if let Self::Encode { index, .. } = &mut self {
            *index = Some(at);
        }
        self
    }

    pub(crate) fn decode<T>(reason: impl fmt::Display) -> Self {
        Self::Decode {
            type_name: type_name::<T>(),
            reason: reason.to_string(),
        }
    }
}

fn of_item(index: Option<usize>) -> String {
    index.map_or_else(String::new, |index| format!("item {index}, "))
}

fn advice(error: &io::Error) -> &'static str {
    use nix::errno::Errno;
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EAGAIN) => {
            "; the limit on processes may be reached (see `ulimit -u`, and `pids.max` of the cgroup)"
        }
        Some(Errno::EMFILE) => "; too many files are open (see `ulimit -n`)",
        Some(Errno::ETOOMANYREFS) => {
            "; this user's processes are sending each other more descriptors at once than may be open \
             (see `ulimit -n`)"
        }
        Some(Errno::ENFILE) => "; the machine has too many files open (see fs.file-max)",
        Some(Errno::ENOSPC) => "; no memory is left for in-memory files: end other programs",
        Some(Errno::EFBIG) => {
            "; shared memory counts as a file, and must not be that long (see `ulimit -f`)"
        }
        Some(Errno::ENOMEM) if reserves_strictly() => {
            "; this machine reserves all writable memory in advance (vm.overcommit_memory is \
             2), and a child needs as much again as its parent: start processes before much memory \
             is in use, or raise vm.overcommit_ratio"
        }
        Some(Errno::ENOMEM) if mappings_are_used_up() => {
            "; this process has reached its limit on mappings (vm.max_map_count): drop channels, \
             arrays or locks, or raise the limit"
        }
        Some(Errno::ENOMEM) => "; ask for less, or end other programs",
        Some(Errno::ENOSYS) => {
            "; the kernel does not know the call (Linux 5.4 or newer does), or a sandbox hides it \
             (see its seccomp profile)"
        }
        Some(Errno::EPERM | Errno::EACCES) => {
            "; a sandbox may forbid the call (see its seccomp profile), or this process has \
             dropped the privileges that it had when it started its children"
        }
        _ => "",
    }
}

fn mappings_are_used_up() -> bool {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let most =
        read("/proc/sys/vm/max_map_count").and_then(|most| most.trim().parse::<usize>().ok());
    let mappings = read("/proc/self/maps").map(|maps| maps.lines().count());
    most.zip(mappings)
        .is_some_and(|(most, mappings)| mappings + 8 > most)
}

fn reserves_strictly() -> bool {
    std::fs::read_to_string("/proc/sys/vm/overcommit_memory").is_ok_and(|mode| mode.trim() == "2")
}

/// Why a function can't run in a process that does not inherit its parent's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// The closure captures something.
    #[error(
        "its closure captures values, which only `StartMethod::Fork` copies; use `spawn_fn`, or for a \
         pool's workers `initializer_fn`, with a function and an argument"
    )]
    Captures,
    /// The child borrows shared memory.
    #[error(
        "it borrows from an array, and only `StartMethod::Fork` starts children that inherit one; use \
         that method, or send the elements"
    )]
    Loan,
    /// The function belongs to a library that the program has loaded, or was made at run time.
    #[error(
        "its function is not part of the program itself but of a library, which the new process may \
         not have; write a function in the program that calls it, or use `StartMethod::Fork`"
    )]
    ForeignFunction,
    /// This library is not linked into the program itself, or its entry was removed.
    #[error(
        "this program lacks the entry of `multiprocessing`, so a new process would run its `main`: \
         link the library into the program itself, and keep its static constructors (`.init_array`)"
    )]
    NoEntry,
}

/// The text of an error, and below it the backtrace, if there is one.
fn debug(
    f: &mut fmt::Formatter<'_>,
    error: &impl fmt::Display,
    backtrace: Option<&str>,
) -> fmt::Result {
    write!(f, "{error}")?;
    match backtrace {
        Some(backtrace) => write!(f, "\n\nstack backtrace:\n{}", backtrace.trim_end()),
        None => Ok(()),
    }
}
