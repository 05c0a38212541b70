//! Processes: start one, wait for it, and get its answer.
//!
//! ```
//! use multiprocessing::process;
//!
//! let child = process::spawn(|| 6 * 7)?;
//! assert_eq!(child.join()?, 42);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! The interface is that of [`std::thread`], and mostly behaves like it. The differences follow
//! from what a process is: a child gets a *copy* of its parent's memory, made by `fork` at the
//! moment it starts.
//!
//! - What the closure captures is copied, and the parent sees nothing of what the child does to it.
//!   The parent's original is dropped as soon as the child has been started. So captures need not
//!   be [`Send`]: even an [`Rc`](std::rc::Rc) may cross.
//! - The answer is sent back as bytes, so it must be a [`Portable`].
//! - A child can end in ways that a thread cannot: it can be killed, or call `exit`. Then
//!   [`join`](Process::join) says so.
//! - A child never outlives its parent. (The exception is a child of root that has both changed its
//!   user and closed the library's descriptors.) Nor does it outlive its handle: dropping a
//!   [`Process`] that was not joined kills the child. A process that runs as root should drop its
//!   privileges before it starts children. Later it would no longer be allowed to kill them, and
//!   would wait for them to end instead.
//!
//! # What a copy of the memory means
//!
//! A `std` lock that the parent holds at the start (of a `Mutex`, or of stdin) is locked in the
//! child, and nobody will unlock it there. Both processes write what a captured `BufWriter` has not
//! written yet. And a random generator that was already seeded gives both the same numbers.
//!
//! A file that was already open has one position for all: what one process reads, the others skip.
//! Use [`read_at`](std::os::unix::fs::FileExt::read_at), or open the file in the child. A tokio
//! runtime that already exists loses events, since parent and child take them from one queue: make
//! it in the child. A thread's random generator that was already used (`rand::rng`, `fastrand`,
//! random UUIDs) draws the same numbers in every child: seed it there. A captured value is dropped
//! in both processes, so a side effect such as removing a temporary folder happens when the first
//! of them drops it: let the parent keep it, and capture its path. Memory that a library shares
//! with a device or a file (io_uring, LMDB, a GPU) is not copied: open such things in the child.
//!
//! A child ends when its function returns, without waiting for the threads it has started: join
//! them.
//!
//! # Signals
//!
//! A child inherits its parent's signal handlers, as with every fork, and may register others. So a
//! handler registered by `signal-hook` or tokio works in a child, whether or not the parent had
//! registered one for the same signal. It also means that if the parent handles SIGTERM,
//! [`terminate`](Process::terminate) only asks a child to end.
//!
//! A handler that notifies the parent through a pipe (`signal_hook::low_level::pipe`, or one made
//! by hand) writes into that same pipe when it runs in a child. Where that matters, call
//! [`reset_signal_handlers`] first thing in the child. Flags and the iterators of `signal-hook`
//! record signals in memory, of which the child has its own copy; they use a pipe only to wake up.
//! So does tokio, but all copies share one pipe: the first to read it may leave the other asleep.
//! Let only one of parent and child run a tokio runtime that waits for signals.
//!
//! # Ctrl-C: finishing what has begun
//!
//! A terminal sends SIGINT to all processes of the program, and it ends those that do not handle
//! it. To let them finish, register a flag before the first child is started: the children inherit
//! the handler, and each has its own copy of the flag. With `signal-hook`:
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
//! use multiprocessing::process;
//! use signal_hook::{consts::SIGINT, flag, low_level::raise};
//!
//! let stop = Arc::new(AtomicBool::new(false));
//! flag::register_conditional_shutdown(SIGINT, 130, stop.clone()).unwrap(); // the second Ctrl-C
//! flag::register(SIGINT, stop.clone()).unwrap(); // the first
//! let child = process::spawn(move || {
//!     let mut done = 0;
//!     while !stop.load(Relaxed) {
//!         done += 1; // a piece of work, which is never cut short
//! #       raise(SIGINT).unwrap(); // as the terminal does
//!     }
//!     done
//! })?;
//! assert_eq!(child.join()?, 1);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! `kill -INT` and a supervisor such as systemd may signal only the first process. Then let it pass
//! the signal on, with an [`Event`](crate::Event) that the children check. A child that inherits
//! nothing, with another [start method](crate::start_method), must register the flag itself. A
//! pool's workers need nothing: they ignore Ctrl-C, and end with the pool.
//!
//! # Programs that a child starts
//!
//! When a child ends, the programs it started with [`Command`](std::process::Command) go on, just
//! as they would in a shell. Where that matters, `setpriv --pdeathsig KILL` makes a program end
//! with its parent. A pool can do this for you: see
//! [`kill_programs`](crate::pool::Builder::kill_programs).
//!
//! # Why starting is refused while other threads run
//!
//! `fork` copies the memory, but only the thread that calls it. A lock that another thread held at
//! that moment, such as that of stdout or of the environment, stays locked in the child for ever.
//! Python's `fork` warns and goes on; here it is an [`Error::ThreadsRunning`].
//!
//! Other [start methods](crate::start_method) work beside threads: in a program with a tokio
//! runtime, after rayon was used, and in a `#[test]`, which the usual harness runs in a thread of
//! its own.

mod builder;
mod handle;
mod scope;

pub use crate::child::exit_on_broken_pipe;
pub use crate::identity::{Current, current};
pub use builder::Builder;
pub use handle::Process;
pub use scope::{Scope, ScopedProcess, scope};

use crate::error::Error;
use crate::sys::signals;
use crate::wire::Portable;

/// Starts a child process that runs `f`, and returns its handle.
///
/// # Errors
/// [`Error::ThreadsRunning`] if this process has other threads, [`Error::LockHeld`] if it holds a
/// lock in shared memory, [`Error::System`] if the operating system refuses.
///
/// # Example
/// ```
/// use multiprocessing::process;
///
/// let numbers = vec![1, 2, 3];
/// let sum = process::spawn(move || numbers.iter().sum::<i32>())?;
/// assert_eq!(sum.join()?, 6);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
pub fn spawn<F, T>(f: F) -> Result<Process<T>, Error>
where
    F: FnOnce() -> T + 'static,
    T: Portable,
{
    Builder::new().spawn(f)
}

/// In a child: resets the handlers it inherited from its parent, so that each signal does what it
/// does in a program without handlers.
///
/// It is for programs whose handlers write into a pipe; see [signals](self#signals). Call it first
/// thing, as it also resets handlers that the child has registered. `signal-hook` and tokio do not
/// notice: a signal that the parent has registered with them can't be registered again in the
/// child. Ignored signals stay ignored, faults such as SIGSEGV keep their handlers, and in a pool's
/// worker, Ctrl-C still does nothing.
///
/// ```
/// use multiprocessing::{Cause, Error, process};
/// use signal_hook::consts::SIGTERM;
/// use signal_hook::low_level::{pipe, raise};
///
/// let (reader, writer) = std::io::pipe().unwrap();
/// pipe::register(SIGTERM, writer).unwrap();
/// let child = process::spawn(|| {
///     process::reset_signal_handlers();
///     raise(SIGTERM).unwrap(); // would write into the parent's pipe
/// })?;
/// let Err(Error::Child(error)) = child.join() else { panic!() };
/// assert_eq!(error.to_string(), format!("Process-1 (pid {}) was killed by SIGTERM", error.pid));
/// # drop(reader);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
pub fn reset_signal_handlers() {
    signals::reset_handlers();
}
