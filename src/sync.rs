//! Mutexes, semaphores, events, barriers and conditions for processes, as [`std::sync`] and
//! [`threading`] have them for threads.
//!
//! | | for | when a process dies |
//! |---|---|---|
//! | [`Mutex`] | a value that only one process at a time may use | the next one to lock it gets a [`PoisonError`] |
//! | [`Semaphore`] | at most n processes at a time | its permit is free again |
//! | [`Event`] | waiting until something has happened | nothing changes |
//! | [`Barrier`] | waiting until all have arrived | the barrier is broken, and nobody goes on waiting |
//! | [`Condition`] | waiting until the value of a mutex is as needed | if it held the mutex, a [`PoisonError`] |
//!
//! Each is a handle to something in shared memory. A clone is another handle to the same thing;
//! children can own a clone or borrow the original.
//!
//! [`threading`]: https://docs.python.org/3/library/threading.html

mod barrier;
mod condition;
mod event;
mod mutex;
mod semaphore;

pub use barrier::{Barrier, BarrierWaitResult, BrokenBarrier};
pub use condition::{Condition, WaitTimeoutResult};
pub use event::Event;
pub use mutex::{Mutex, MutexGuard, PoisonError, TryLockError};
pub use semaphore::{Permit, Semaphore};
