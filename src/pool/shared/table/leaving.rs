//! How workers come and go: when they are ready, and when they leave.

use std::sync::atomic::Ordering::*;

use super::Table;
use super::status::{AT_WORK, DUE, LEAVE, STAY};
use super::sync::{fence, futex};

impl Table {
    /// Worker: its initializer has succeeded.
    pub(in crate::pool) fn set_ready(&self, worker: usize) {
        self.status(worker).ready.store(1, Relaxed);
    }

    pub(in crate::pool) fn is_ready(&self, worker: usize) -> bool {
        self.status(worker).ready.load(Relaxed) != 0
    }

    /// Worker: has run its number of chunks, and waits for the parent's answer. Returns whether it
    /// must leave.
    pub(in crate::pool) fn is_to_leave(&self, worker: usize, ring: impl FnOnce()) -> bool {
        let due = &self.status(worker).due;
        due.store(DUE, Relaxed);
        // Either the parent, when it closes the pool, sees that this worker asks, or this worker
        // sees that the pool is closing.
        fence(SeqCst);
        ring();
        while due.load(Relaxed) == DUE && !self.is_closing() {
            futex::wait(due, DUE, None);
        }
        due.load(Relaxed) != STAY
    }

    /// Parent: whether a worker is waiting for an answer.
    pub(in crate::pool) fn any_due(&self) -> bool {
        (0..self.workers).any(|worker| self.status(worker).due.load(Relaxed) == DUE)
    }

    /// Parent: tells the workers that asked to leave or to stay.
    pub(in crate::pool) fn answer_due(&self, leave: bool) {
        let answer = if leave { LEAVE } else { STAY };
        for worker in 0..self.workers {
            let due = &self.status(worker).due;
            let answered = due.compare_exchange(DUE, answer, Relaxed, Relaxed);
            if answered.is_ok() {
                futex::wake(due, 1);
            }
        }
    }

    /// Parent: tells the workers to leave when nothing is left to do.
    pub(in crate::pool) fn close(&self) {
        self.head().closing.0.store(1, Relaxed);
        self.wake_all();
        self.answer_due(true);
    }

    pub(in crate::pool) fn is_closing(&self) -> bool {
        self.head().closing.0.load(Relaxed) != 0
    }

    /// Parent: resets the status of a worker that is gone, for its successor.
    pub(in crate::pool) fn reset_status(&self, worker: usize) {
        let status = self.status(worker);
        status.doing.store(AT_WORK, Relaxed);
        status.ready.store(0, Relaxed);
        status.due.store(0, Relaxed);
    }
}
