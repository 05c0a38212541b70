//! Python's `multiprocessing` in Rust: processes, pools of workers, and shared memory.
//!
//! ```
//! use multiprocessing::{Array, Pool, process};
//!
//! // A process returns its value.
//! let child = process::spawn(|| 6 * 7)?;
//! assert_eq!(child.join()?, 42);
//!
//! // Several work on one array, an element each, without a lock.
//! let mut numbers = Array::from_slice(&[2, 3, 6, 7])?;
//! process::scope(|s| {
//!     for x in numbers.lend_mut() {
//!         s.spawn_with(x, |x| *x *= *x);
//!     }
//! })?;
//! assert_eq!(*numbers, [4, 9, 36, 49]);
//!
//! // Four workers share the items.
//! let mut pool = Pool::new(4)?;
//! let squares = pool.map(|x: i64| x * x, [1, 2, 3, 4, 5])?;
//! assert_eq!(squares, [1, 4, 9, 16, 25]);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! # The map from Python
//!
//! | Python | here | what is different |
//! |---|---|---|
//! | `Process(target=f, args=(x,))`, `start()` | [`process::spawn`]`(move \|\| f(x))` | started at once |
//! | `Process(name=…)` | [`process::Builder::name`] | |
//! | `set_start_method("forkserver")` | [`process::Builder::start_method`], [`pool::Builder::start_method`] | for each process or pool |
//! | `p.join()` | [`Process::join`](process::Process::join) | returns what `f` returned, or how it failed |
//! | `p.join(timeout)` | [`Process::join_timeout`](process::Process::join_timeout) | |
//! | `p.is_alive()` | [`Process::is_running`](process::Process::is_running) | |
//! | `p.terminate()`, `p.kill()` | the same | |
//! | `p.exitcode` | [`Cause`] in the error of `join` | signals by name, panics with their location |
//! | a list of processes, all joined | [`process::scope`] | none is forgotten |
//! | `current_process().name` | [`process::current`]`().name()` | |
//! | `Array('i', [2, 3])` | [`Array::from_slice`]`(&[2, 3])` | elements are lent, so no lock is needed |
//! | `Value('i', 0)` | [`Shared::new`]`(AtomicI32::new(0))`, [`Mutex::new`]`(0)` | an atomic needs no lock |
//! | `Queue()` | [`channel()`] | unbounded; join whenever you like |
//! | `Queue(maxsize=n)` | [`sync_channel`]`(n)` | when the receivers are gone, `send` fails |
//! | `Pipe()` | [`channel::pipe`] | |
//! | `Lock()` | [`Mutex`] | guards its value; reports that a holder died |
//! | `Semaphore(n)` | [`Semaphore::new`]`(n)` | a killed holder's permit comes back |
//! | `Event()` | [`Event::new`]`()` | |
//! | `Barrier(n)` | [`Barrier::new`]`(n)` | breaks when a participant is killed |
//! | `Condition()` | [`Condition::new`]`()` | used with a [`Mutex`]; a holder that died is an error |
//! | `connection.wait([…])` | [`wait`]`(&[…], timeout)` | processes and receivers lend a descriptor |
//! | `Pool(4)` | [`Pool::new`]`(4)` | |
//! | `Pool(initializer=…)` | [`pool::Builder::initializer`] | makes a state that is passed to tasks |
//! | `Pool(maxtasksperchild=…)` | [`pool::Builder::max_chunks_per_worker`] | |
//! | `pool.map(f, xs)` | [`Pool::map`], [`Pool::map_results`] | a dead worker is an error, not a hang |
//! | `pool.apply(f, (x,))` | [`Pool::apply`] | |
//! | `pool.apply_async(f, (x,))` | [`Pool::apply_async`] | |
//! | `pool.imap(f, xs)` | [`Pool::imap`], [`Pool::imap_unordered`] | draws a few inputs ahead, not all |
//! | `pool.close()`, `pool.join()` | [`Pool::close`] | |
//! | `pool.terminate()` | [`Pool::terminate`], or drop | |
//! | pickle | [`Portable`]: serde | functions are sent as addresses |
//!
//! Three differences matter most. A fork is refused while other threads run, where Python warns:
//! see [`process`]. Dropping a handle ends what it stands for. And whatever happens to a process,
//! whoever waits for it gets an answer.
//!
//! # Where it runs
//!
//! It runs on 64-bit Linux, 5.4 or newer, with glibc 2.30 or newer, whatever the page size.
//! Elsewhere it does not compile; on an older kernel, or in a sandbox that forbids a call,
//! [`Error::System`] says what could not be done, and why.
//!
//! # Layout
//!
//! | file | what it is about |
//! |---|---|
//! | `process.rs`, `process/` | starting processes, singly or in a scope |
//! | `child.rs`, `child/` | a child: its fork, its mailbox, its end |
//! | `array.rs`, `array/` | arrays in shared memory, and how parts of them are lent |
//! | `channel.rs`, `channel/` | messages between processes |
//! | `sync.rs`, `sync/` | mutex, semaphore, event, barrier and condition |
//! | `wait.rs` | waiting for whatever comes first |
//! | `shared.rs` | atomics in shared memory |
//! | `identity.rs` | a process's name, and its place in the family |
//! | `holders.rs` | which processes hold an end of a channel, or a permit |
//! | `crossing.rs`, `crossing/` | handles on their way to another process |
//! | `pool.rs`, `pool/` | workers, and how they share the work; `pool/README.md` is its map |
//! | `start_method.rs`, `start_method/` | starting a child that inherits nothing |
//! | `trace.rs`, `trace/` | what ran where and when |
//! | `wire.rs`, `wire/` | values as bytes |
//! | `error.rs`, `error/` | what can go wrong |
//! | `fuzz.rs` | random input for what is decoded; tests only |
//! | `sys.rs`, `sys/` | the operating system, and most of the `unsafe` code |

#![deny(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("this library needs Linux: it relies on fork, pidfd, memfd and futex");

#[cfg(all(target_os = "linux", not(target_env = "gnu")))]
compile_error!("this library needs glibc, 2.30 or newer: others lack `pthread_mutex_clocklock`");

#[cfg(not(target_pointer_width = "64"))]
compile_error!("this library needs a 64-bit machine: it reserves more addresses than 32 bits have");

mod child;
mod crossing;
mod error;
#[cfg(test)]
mod fuzz;
mod holders;
mod identity;
mod sys;
mod wait;
mod wire;

pub mod array;
pub mod channel;
pub mod pool;
pub mod process;
pub mod shared;
pub mod start_method;
pub mod sync;
pub mod trace;

pub use array::Array;
pub use channel::{Receiver, Sender, SyncSender, channel, sync_channel};
pub use error::{Cause, ChildError, Error, Obstacle, Panic, Signal, TaskError};
pub use pool::Pool;
pub use shared::Shared;
pub use start_method::StartMethod;
pub use sync::{Barrier, Condition, Event, Mutex, MutexGuard, Semaphore};
pub use wait::wait;
pub use wire::Portable;
