//! Locks, permits, events, barriers and conditions for processes, as [`std::sync`] and [`threading`] have them
//! for threads.
//!
//! | | for | when a process dies |
//! |---|---|---|
//! | [`Mutex`] | a value that one process at a time may use | the next one to lock it gets a [`PoisonError`] |
//! | [`Semaphore`] | at most n processes at a time | its permit is free again |
//! | [`Event`] | waiting until something has happened | nothing changes |
//! | [`Barrier`] | waiting until all have come | the barrier is broken, and nobody waits on |
//! | [`Condition`] | waiting until the value of a mutex is as one needs it | if it held the mutex, a [`PoisonError`] |
//!
//! Each is a handle of something in shared memory. A clone is another handle of the same thing;
//! children may get a clone or borrow the original.
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
