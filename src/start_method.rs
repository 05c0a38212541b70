//! Start methods: how a child process comes into being.
//!
//! ```
//! use multiprocessing::{StartMethod, process};
//!
//! // Another thread runs, so a fork is refused. The fork server does not mind.
//! let (stop, stopped) = std::sync::mpsc::channel::<()>();
//! let thread = std::thread::spawn(move || stopped.recv());
//! let builder = process::Builder::new().start_method(StartMethod::ForkServer);
//! let child = builder.spawn_fn(|x: i32| x * 7, 6)?;
//! assert_eq!(child.join()?, 42);
//! # drop(stop);
//! # thread.join().unwrap().unwrap_err();
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! | | [`Fork`](StartMethod::Fork) | [`ForkServer`](StartMethod::ForkServer) | [`Spawn`](StartMethod::Spawn) |
//! |---|---|---|---|
//! | beside other threads | refused | works | works |
//! | memory of the parent | a copy | nothing | nothing |
//! | open files | those of the program | 0, 1 and 2 | 0, 1 and 2 |
//! | closures | may capture | must not | must not |
//! | arguments and answers | need not be sent; are sent | are sent | are sent |
//! | handles of shared memory | are inherited | are sent in the argument | are sent in the argument |
//! | takes longer the more memory the parent has | yes | no | no |
//!
//! A pool starts all its workers by the same method, with [`pool::Builder::start_method`]. By the two
//! that work beside threads, its workers are replaced there as well; a worker's state is made by a
//! function and an argument, with [`initializer_fn`]. A task costs the same by each method.
//!
//! [`pool::Builder::start_method`]: crate::pool::Builder::start_method
//! [`initializer_fn`]: crate::pool::Builder::initializer_fn
//!
//! # Handles in the argument
//!
//! The ends of channels, mutexes, semaphores, events, barriers, conditions and shared atomics can be
//! part of the argument of [`spawn_fn`], by each method. They are then the child's, as if they had
//! been moved into the closure of a child that is forked:
//!
//! ```
//! use multiprocessing::{Mutex, Sender, StartMethod, channel, process};
//!
//! let count = Mutex::new(0)?;
//! let (sender, receiver) = channel()?;
//! let work = |(count, sender): (Mutex<u32>, Sender<String>)| {
//!     *count.lock().unwrap() += 1;
//!     sender.send("done".to_owned()).unwrap();
//! };
//! let builder = process::Builder::new().start_method(StartMethod::ForkServer);
//! let child = builder.spawn_fn(work, (count.clone(), sender))?;
//! assert_eq!(receiver.iter().collect::<Vec<_>>(), ["done"]);
//! child.join()?;
//! assert_eq!(*count.lock()?, 1);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! At most 240 can be sent at once, and each needs a descriptor of its memory, of which a process
//! keeps a quarter of its limit (`ulimit -n`); otherwise [`Error::Encode`](crate::Error::Encode) says
//! so. A handle is no answer of a process: send it in a [message](mod@crate::channel#handles-in-messages).
//! An [`Array`](crate::Array) is sent as a copy of its elements; by a fork it can't be moved but is
//! [lent](crate::process::Scope::spawn_with).
//!
//! [`spawn_fn`]: crate::process::Builder::spawn_fn
//!
//! # The fork server
//!
//! The first start by [`ForkServer`](StartMethod::ForkServer) executes the program once more. That
//! process does not come as far as `main`: it waits at a socket that nobody else knows, runs no
//! thread, and for each request forks a child. The child calls the function that it was asked to
//! call, and is a child of the requester's in all respects. Since all of them are the same program,
//! a function is sent as its distance from where the program was loaded. The executable may be
//! replaced or deleted on disk meanwhile: what runs is the file that the parent runs.
//!
//! The server ends with the process that it serves. One that was killed or stopped, or that has
//! another user, group, process group or session than the process has by now, is replaced. It is a
//! child of the program's: code that waits for any child (`waitpid(-1)`) until there is none would
//! wait for ever.
//!
//! # What a child has
//!
//! The environment, the limits and the priority are those that the server was started with; the
//! current directory, stdout and stderr are the parent's at the moment of the start. Static
//! variables have their first values. Static constructors run, of which those that the linker put
//! behind this library's do not; `main` does not run, so nothing needs Python's
//! `if __name__ == "__main__"`. A stack overflow is a SIGSEGV, without the message that a Rust program
//! prints. A program that gives up rights by a sandbox should do so before its first start.
//!
//! # Why a fork is sound there
//!
//! A fork copies locks as they are, and only the thread that calls it. The server has one thread and
//! has run none of the program's code but static constructors; it looks whether these have started
//! threads, and if so, each child is executed anew, as by [`Spawn`](StartMethod::Spawn). Nor does it
//! matter that the C library's `fork` is passed by, which can't make a child of the requester: what
//! that function does beyond the system call is done here, or needs other threads to be of use.

mod child;
mod entry;
mod errand;
mod request;
mod requester;
mod server;

pub(crate) use errand::{Errand, Received, offset, refused};
pub(crate) use requester::start;

/// How a child process comes into being; see [the module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StartMethod {
    /// The parent forks: the child has a copy of its memory. It is refused while other threads run.
    #[default]
    Fork,
    /// A process without threads forks on request: the child inherits nothing. It works beside
    /// threads, and takes as long however large the parent is.
    ForkServer,
    /// The program is executed anew for each child, which inherits nothing. It takes longer than the
    /// fork server, and needs none.
    Spawn,
}
