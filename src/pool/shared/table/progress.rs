//! How far a worker has got with a chunk, and whether its item has timed out.

use std::sync::atomic::Ordering::*;

use super::slot::Slot;

/// In `progress`: the running item has timed out, and its worker must not finish it.
const TIMED_OUT: u64 = 1 << 63;

/// How far a worker has got with a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) struct Progress {
    pub(in crate::pool) finished: u64,
    pub(in crate::pool) running: bool,
}

impl Slot {
    /// Worker: item `i` begins.
    #[inline]
    pub(in crate::pool) fn begin_item(&self, i: u64) {
        self.progress.store(2 * i + 1, Release);
    }

    /// Worker: as [`begin_item`](Self::begin_item), if tasks have a timeout. Returns false if the
    /// parent considers this worker stalled, and kills it.
    pub(in crate::pool) fn begin_timed_item(&self, i: u64, now: u64) -> bool {
        self.started.store(now, Relaxed);
        let before = self.progress.load(Relaxed);
        let begun = self
            .progress
            .compare_exchange(before, 2 * i + 1, Release, Relaxed);
        before < TIMED_OUT && begun.is_ok()
    }

    /// Worker: has begun no item after all.
    pub(in crate::pool) fn begin_none(&self) {
        self.progress.store(0, Relaxed);
    }

    /// Worker: item `i` is finished, and its result is in the output that was set.
    #[inline]
    pub(in crate::pool) fn finish_item(&self, i: u64) {
        self.progress.store(2 * (i + 1), Release);
    }

    /// Worker: as [`finish_item`](Self::finish_item), if tasks have a timeout. Returns false if the
    /// parent was faster, and kills this worker.
    pub(in crate::pool) fn finish_timed_item(&self, i: u64) -> bool {
        let (running, finished) = (2 * i + 1, 2 * (i + 1));
        let swapped = self
            .progress
            .compare_exchange(running, finished, Release, Relaxed);
        swapped.is_ok()
    }

    /// Parent: item `i` has timed out. Returns false if the worker has just finished it; then it
    /// must live, since it may be running another.
    pub(in crate::pool) fn time_out(&self, i: u64) -> bool {
        let running = 2 * i + 1;
        let swapped =
            self.progress
                .compare_exchange(running, running | TIMED_OUT, Relaxed, Relaxed);
        swapped.is_ok()
    }

    /// Parent: as [`time_out`](Self::time_out), if no item is running and `progress` has not
    /// changed.
    pub(in crate::pool) fn time_out_idle(&self, progress: Progress) -> bool {
        let word = 2 * progress.finished;
        let swapped = self
            .progress
            .compare_exchange(word, word | TIMED_OUT, Relaxed, Relaxed);
        !progress.running && swapped.is_ok()
    }

    /// Worker: whether the parent is killing it.
    pub(in crate::pool) fn is_timed_out(&self) -> bool {
        self.progress.load(Relaxed) >= TIMED_OUT
    }

    pub(in crate::pool) fn progress(&self) -> Progress {
        let progress = self.progress.load(Acquire) & !TIMED_OUT;
        Progress {
            finished: progress / 2,
            running: progress % 2 == 1,
        }
    }

    /// The running item and when it started, unless it has timed out.
    pub(in crate::pool) fn running_since(&self) -> Option<(u64, u64)> {
        let progress = self.progress.load(Acquire);
        (progress % 2 == 1 && progress < TIMED_OUT)
            .then(|| (progress / 2, self.started.load(Relaxed)))
    }
}
