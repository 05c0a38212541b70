//! How idle workers spin and sleep, and how they are woken.
//!
//! A spinning worker need not be woken: it finds what was offered. It then stops spinning, and
//! wakes another worker if there is more. So the parent, which offers chunk after chunk, seldom has
//! to make the system call that wakes a sleeper.

use std::sync::atomic::Ordering::*;

use super::Table;
use super::status::{ASLEEP, AT_WORK, SPINNING};
use super::sync::{fence, futex};

impl Table {
    /// Makes `count` workers spin, if that many are idle.
    ///
    /// Spinning is enough: whoever finds work wakes the next if there is more.
    pub(in crate::pool) fn wake(&self, count: usize) {
        fence(SeqCst);
        let doing = |worker| &self.status(worker).doing;
        let is_spinning = |&worker: &usize| doing(worker).load(Relaxed) == SPINNING;
        let mut missing = count.saturating_sub((0..self.workers).filter(is_spinning).count());
        for worker in 0..self.workers {
            if missing == 0 {
                break;
            }
            let doing = doing(worker);
            if doing.load(Relaxed) == ASLEEP
                && doing
                    .compare_exchange(ASLEEP, SPINNING, Relaxed, Relaxed)
                    .is_ok()
            {
                futex::wake(doing, 1);
                missing -= 1;
            }
        }
    }

    /// Parent: wakes all workers.
    pub(in crate::pool) fn wake_all(&self) {
        fence(SeqCst);
        for worker in 0..self.workers {
            let doing = &self.status(worker).doing;
            let _ = doing.compare_exchange(ASLEEP, SPINNING, Relaxed, Relaxed);
            // This ignores the word: the process that wrote it may have been killed before it woke
            // the worker.
            futex::wake(doing, 1);
        }
    }

    /// Worker: has nothing to do. It need not be woken until it finds a chunk or sleeps.
    pub(in crate::pool) fn start_spinning(&self, worker: usize) {
        self.status(worker).doing.store(SPINNING, Relaxed);
    }

    /// Worker: whether it had nothing to do until now.
    #[inline]
    pub(super) fn was_idle(&self, worker: usize) -> bool {
        self.status(worker).doing.load(Relaxed) != AT_WORK
    }

    /// Worker: was spinning, and has claimed the chunk at `position`.
    pub(super) fn stop_spinning(&self, worker: usize, position: u64) {
        self.status(worker).doing.store(AT_WORK, Relaxed);
        // Either whoever offers the next chunk sees that nobody spins, or this worker sees the
        // chunk.
        fence(SeqCst);
        if position + 1 < self.head().end.0.load(Relaxed) {
            self.wake(1);
        }
    }

    // ANCHOR: sleep
    /// Worker: sleeps until it is woken, unless there is work. If the
    /// parent wants to know that it is idle, `ring` wakes the parent.
    pub(in crate::pool) fn sleep(&self, worker: usize, ring: impl FnOnce()) {
        let doing = &self.status(worker).doing;
        doing.store(ASLEEP, Relaxed);
        fence(SeqCst);
        if !self.has_work() && !self.is_closing() {
            if self.head().wake_when_idle.0.swap(0, Relaxed) != 0 {
                ring();
            }
            futex::wait(doing, ASLEEP, None);
        }
        // A store would do, but loom would order it too weakly.
        doing.swap(SPINNING, Relaxed);
    }
    // ANCHOR_END: sleep

    /// Whether a chunk may be ready.
    pub(in crate::pool) fn has_work(&self) -> bool {
        self.head().hint.0.load(Relaxed) < self.head().end.0.load(Relaxed)
    }
}
