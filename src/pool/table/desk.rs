//! Who works, looks for work or sleeps, and how sleepers are called.
//!
//! A worker that looks for work need not be called: it finds what was offered. When it does, it
//! stops looking, and calls another if there is more. So the parent, which offers chunk after
//! chunk, seldom has to make the system call that wakes a sleeper.

use std::sync::atomic::Ordering::*;

use super::Table;
use super::sync::{AtomicU32, fence, futex};

/// The worker has a chunk, or is on its way to one.
const AT_WORK: u32 = 0;
/// The worker has none, and is about to look for one.
const LOOKING: u32 = 1;
/// The worker sleeps, or is about to. Who calls it writes [`LOOKING`] first.
pub(super) const ASLEEP: u32 = 2;

/// The worker asks whether it is to leave.
const DUE: u32 = 1;
const LEAVE: u32 = 2;
const STAY: u32 = 3;

/// What a worker says about itself.
#[repr(C, align(64))]
#[derive(Default)]
pub(super) struct Desk {
    /// What the worker is doing. It sleeps on this word.
    pub(super) doing: AtomicU32,
    /// 1 once the worker's initializer has succeeded.
    pub(super) ready: AtomicU32,
    /// Whether the worker has run its number of chunks, and what the parent says to that. It sleeps
    /// on this word until then.
    pub(super) due: AtomicU32,
}

impl Table {
    /// Sees to it that `count` workers look for work, if there are so many that have none.
    ///
    /// It is enough that they look: whoever finds work calls the next if there is more.
    pub(in crate::pool) fn call(&self, count: usize) {
        fence(SeqCst);
        let doing = |worker| &self.desk(worker).doing;
        let is_looking = |&worker: &usize| doing(worker).load(Relaxed) == LOOKING;
        let mut missing = count.saturating_sub((0..self.workers).filter(is_looking).count());
        for worker in 0..self.workers {
            if missing == 0 {
                break;
            }
            let doing = doing(worker);
            if doing.load(Relaxed) == ASLEEP
                && doing
                    .compare_exchange(ASLEEP, LOOKING, Relaxed, Relaxed)
                    .is_ok()
            {
                futex::wake(doing, 1);
                missing -= 1;
            }
        }
    }

    /// Parent: calls all workers.
    pub(in crate::pool) fn call_all(&self) {
        fence(SeqCst);
        for worker in 0..self.workers {
            let doing = &self.desk(worker).doing;
            let _ = doing.compare_exchange(ASLEEP, LOOKING, Relaxed, Relaxed);
            // Whatever the word says: who wrote it may have been killed before it called.
            futex::wake(doing, 1);
        }
    }

    /// Worker: looks for work. As long as it does, nobody needs to be woken for the next chunk.
    pub(in crate::pool) fn look(&self, worker: usize) {
        self.desk(worker).doing.store(LOOKING, Relaxed);
    }

    /// Worker: whether it had no work until now.
    #[inline]
    pub(super) fn is_looking(&self, worker: usize) -> bool {
        self.desk(worker).doing.load(Relaxed) != AT_WORK
    }

    /// Worker: was the one that looked, and has taken the chunk at `position`.
    pub(super) fn stop_looking(&self, worker: usize, position: u64) {
        self.desk(worker).doing.store(AT_WORK, Relaxed);
        // Either whoever offers the next chunk sees that nobody looks, or it is seen here.
        fence(SeqCst);
        if position + 1 < self.head().end.0.load(Relaxed) {
            self.call(1);
        }
    }

    // ANCHOR: sleep
    /// Worker: sleeps until it is called, unless there is work. If the
    /// parent wants to know, it is woken by `ring`.
    pub(in crate::pool) fn sleep(&self, worker: usize, ring: impl FnOnce()) {
        let doing = &self.desk(worker).doing;
        doing.store(ASLEEP, Relaxed);
        fence(SeqCst);
        if !self.has_work() && !self.is_closing() {
            if self.head().can_share.0.swap(0, Relaxed) != 0 {
                ring();
            }
            futex::wait(doing, ASLEEP, None);
        }
        // A store would do, but loom would order it too weakly.
        doing.swap(LOOKING, Relaxed);
    }
    // ANCHOR_END: sleep

    /// Whether a chunk may be ready.
    pub(in crate::pool) fn has_work(&self) -> bool {
        self.head().hint.0.load(Relaxed) < self.head().end.0.load(Relaxed)
    }

    /// Parent: tells the workers to leave when nothing is left to do.
    pub(in crate::pool) fn close(&self) {
        self.head().closing.0.store(1, Relaxed);
        self.call_all();
        self.answer_due(true);
    }

    /// Worker: has run its number of chunks, and waits for the parent's word. Returns whether it
    /// is to leave.
    pub(in crate::pool) fn is_to_leave(&self, worker: usize, ring: impl FnOnce()) -> bool {
        let due = &self.desk(worker).due;
        due.store(DUE, Relaxed);
        // Either the parent, when it closes the pool, sees that this worker asks, or that it
        // closes is seen here.
        fence(SeqCst);
        ring();
        while due.load(Relaxed) == DUE && !self.is_closing() {
            futex::wait(due, DUE, None);
        }
        due.load(Relaxed) != STAY
    }

    /// Parent: whether a worker waits for its word.
    pub(in crate::pool) fn any_due(&self) -> bool {
        (0..self.workers).any(|worker| self.desk(worker).due.load(Relaxed) == DUE)
    }

    /// Parent: the workers that asked leave, or stay.
    pub(in crate::pool) fn answer_due(&self, leave: bool) {
        let answer = if leave { LEAVE } else { STAY };
        for worker in 0..self.workers {
            let due = &self.desk(worker).due;
            let answered = due.compare_exchange(DUE, answer, Relaxed, Relaxed);
            if answered.is_ok() {
                futex::wake(due, 1);
            }
        }
    }

    pub(in crate::pool) fn is_closing(&self) -> bool {
        self.head().closing.0.load(Relaxed) != 0
    }

    /// Parent: the desk of a worker that is gone, for its successor.
    pub(in crate::pool) fn clean_desk(&self, worker: usize) {
        let desk = self.desk(worker);
        desk.doing.store(AT_WORK, Relaxed);
        desk.ready.store(0, Relaxed);
        desk.due.store(0, Relaxed);
    }

    /// Worker: its initializer has succeeded.
    pub(in crate::pool) fn set_ready(&self, worker: usize) {
        self.desk(worker).ready.store(1, Relaxed);
    }

    pub(in crate::pool) fn is_ready(&self, worker: usize) -> bool {
        self.desk(worker).ready.load(Relaxed) != 0
    }
}
