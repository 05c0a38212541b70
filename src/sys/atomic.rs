//! The atomics in memory that processes share, and sleeping on them.
//!
//! They are the standard ones and the kernel's futex. Built with `--cfg loom` they are loom's,
//! which tries every value that a load may return and every order of the threads. Only code that a
//! loom model runs uses this module: a loom atomic is not a plain word, and can't lie in a mapping
//! or exist outside a model.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence};

#[cfg(not(loom))]
pub(crate) use super::futex;

/// The kernel's futex, as far as a model needs it.
#[cfg(loom)]
pub(crate) mod futex {
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::sync::atomic::Ordering::Relaxed;
    use std::time::Duration;

    use loom::sync::{Condvar, Mutex};

    use super::AtomicU32;

    /// The kernel checks the word and queues the sleeper under a lock, which a waker also takes.
    #[derive(Default)]
    struct Queue {
        sleepers: Mutex<usize>,
        woken: Condvar,
    }

    loom::lazy_static! {
        /// By the addresses of their words. It is not part of what is explored.
        static ref QUEUES: std::sync::Mutex<HashMap<usize, Arc<Queue>>> = Default::default();
    }

    fn queue(word: &AtomicU32) -> Arc<Queue> {
        let mut queues = QUEUES.lock().expect("no model goes on after a panic");
        let queue = queues.entry(std::ptr::from_ref(word) as usize);
        Arc::clone(queue.or_default())
    }

    pub(crate) fn wait(word: &AtomicU32, expected: u32, _: Option<Duration>) {
        let queue = queue(word);
        let mut sleepers = queue.sleepers.lock().expect("as above");
        if word.load(Relaxed) == expected {
            *sleepers += 1;
            drop(queue.woken.wait(sleepers).expect("as above"));
        }
    }

    pub(crate) fn wake(word: &AtomicU32, count: u32) -> usize {
        let queue = queue(word);
        let mut sleepers = queue.sleepers.lock().expect("as above");
        let woken = (*sleepers).min(count as usize);
        *sleepers -= woken;
        for _ in 0..woken {
            queue.woken.notify_one();
        }
        woken
    }
}
