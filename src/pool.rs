//! A fixed number of worker processes that share the work.
//!
//! ```
//! use multiprocessing::Pool;
//!
//! let mut pool = Pool::new(4)?;
//! let squares = pool.map(|x: i64| x * x, [1, 2, 3, 4, 5])?;
//! assert_eq!(squares, [1, 4, 9, 16, 25]);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! Starting a process costs about a hundred times as much as a small task. A pool starts its
//! processes once, and then hands them tasks for as long as it lives.
//!
//! # What it promises
//!
//! - Every item has exactly one outcome: its value, or an error that says what became of it. No
//!   item is run twice, since an item that has begun may have had effects.
//! - No call waits for a dead worker. A death costs only the item that was running; its error names
//!   the worker, its pid and what ended it. The dead worker's other items go to other workers, and
//!   a new worker replaces it.
//! - When the pool is dropped, or its process ends, even by SIGKILL, no worker, memory or file is
//!   left.
//! - What a task printed is written before its result arrives.
//!
//! # What it does not do
//!
//! - It does nothing between calls: a worker that is killed then remains a zombie until the next
//!   call.
//! - A program that a task has started with [`Command`](std::process::Command) does not end with
//!   the worker, unless the pool was asked to [kill programs](Builder::kill_programs).
//! - Workers are forks, unless the pool has another [`start_method`](Builder::start_method), and
//!   have the memory that the parent had when they were started: a `static` that changes later
//!   keeps its old value in them. What they have copies of, and what they share, is described in
//!   [`process`](crate::process#what-a-copy-of-the-memory-means).
//! - Descriptors that are open when such a pool is made stay open in the workers. Make the pool
//!   before you open a pipe on which somebody waits for end of file.
//! - Threads that are started later, such as rayon's, do not disturb the workers. But while they
//!   run, no worker can be
//!   [forked](crate::process#why-starting-is-refused-while-other-threads-run), so one that dies is
//!   not replaced until they have ended. When none is left, calls return
//!   [`Error::NoWorkers`](crate::Error::NoWorkers), which says why. Nor does the pool use the fork
//!   server instead: such a worker would lack the memory that the others have. In a program with
//!   threads, make the pool with [`StartMethod::ForkServer`](crate::StartMethod::ForkServer).
//! - One thread at a time uses a pool. The pool may be moved to another thread. A thread that waits
//!   for a result of [`apply_async`](Pool::apply_async) while another uses the pool takes turns
//!   with it.
//! - The shared memory of a call is kept for the next: up to 80 MiB for items, and 160 MiB for
//!   results (or 1 MiB for each worker). If a call has used more, all of it is freed at the end of
//!   the call, or when the last result of [`apply_async`](Pool::apply_async) is dropped.
//!
//! How it works is described in `src/pool/README.md`.

mod async_result;
mod builder;
mod call;
mod engine;
mod handle;
mod imap;
mod map;
mod shared;
mod worker;

pub use async_result::AsyncResult;
pub use builder::Builder;
pub use handle::Pool;
pub use imap::Imap;
