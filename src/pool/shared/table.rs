//! The table of chunks in shared memory, where the parent offers work and workers take it.
//!
//! The pool's `README.md` explains the life of a chunk, why a worker can be killed at any
//! instruction, and the memory orderings.
//!
//! Everything in the table is an atomic, so every bit pattern is valid, and a wrong one is at most
//! a wrong number. The parent checks the numbers that workers write.

mod head;
#[cfg(test)]
mod items;
mod leaving;
mod memory;
#[cfg(all(test, loom))]
mod models;
mod progress;
mod serve;
mod share;
mod sleeping;
mod slot;
mod state;
mod status;
mod sync;
#[cfg(all(test, not(loom)))]
mod tests;

use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering::*;

use head::{Head, NEVER};
use memory::Memory;
pub(in crate::pool) use progress::Progress;
pub(in crate::pool) use serve::serve;
pub(in crate::pool) use share::MOST_ITEMS;
pub(in crate::pool) use slot::{Input, Output, Size, Slot};
pub(in crate::pool) use state::{MOST_WORKERS, SLOTS, State};
use state::{state, word};
use status::Status;
use sync::fence;

use crate::sys::shared_part::SharedPart;

/// The table, which the parent and its workers each have mapped.
pub(in crate::pool) struct Table {
    memory: Memory,
    workers: usize,
}

impl Table {
    pub(in crate::pool) fn new(workers: usize) -> io::Result<Self> {
        Ok(Self::begin(Memory::new(workers)?, workers))
    }

    /// A table that can be sent.
    pub(in crate::pool) fn to_send(workers: usize) -> io::Result<Self> {
        let part = SharedPart::to_send(Self::len(workers))?;
        Ok(Self::begin(Memory::of(part, workers), workers))
    }

    fn begin(memory: Memory, workers: usize) -> Self {
        memory.head().wake_at.0.store(NEVER, Relaxed);
        Self { memory, workers }
    }

    /// Worker: a table that it was sent, in as many bytes as [`len`](Self::len) says.
    pub(in crate::pool) fn received(part: SharedPart, workers: usize) -> Self {
        let memory = Memory::of(part, workers);
        Self { memory, workers }
    }

    /// How many bytes a table takes up.
    pub(in crate::pool) fn len(workers: usize) -> usize {
        memory::len(workers)
    }

    /// What children must be lent or sent.
    pub(in crate::pool) fn memory(&self) -> Option<&SharedPart> {
        self.memory.part()
    }

    fn head(&self) -> &Head {
        self.memory.head()
    }

    fn status(&self, worker: usize) -> &Status {
        self.memory.status(worker)
    }

    #[inline]
    pub(in crate::pool) fn slot(&self, position: u64) -> &Slot {
        self.memory.slot(position)
    }

    pub(in crate::pool) fn state(&self, position: u64) -> Option<State> {
        state(position, self.slot(position).state.load(Acquire))
    }

    /// Parent: offers the chunk that was written into the slot of `position`.
    pub(in crate::pool) fn offer(&self, position: u64) {
        let slot = self.slot(position);
        slot.progress.store(0, Relaxed);
        slot.state.store(word(position, State::Ready), Relaxed);
        self.head().end.0.store(position + 1, Release);
    }

    /// Parent: takes back a chunk, unless a worker has it.
    pub(in crate::pool) fn revoke(&self, position: u64) -> bool {
        self.swap(position, State::Ready, State::Empty)
    }

    /// Parent: frees the slot for a later lap.
    pub(in crate::pool) fn clear(&self, position: u64) {
        let empty = word(position, State::Empty);
        self.slot(position).state.store(empty, Relaxed);
    }

    // ANCHOR: claim
    /// Worker: takes the first chunk that is ready.
    pub(in crate::pool) fn claim(&self, worker: usize) -> Option<u64> {
        let head = self.head();
        let hint = head.hint.0.load(Relaxed);
        let end = head.end.0.load(Acquire);
        // Nothing earlier can be READY, whatever a corrupt worker wrote.
        let mut position = hint.max(end.saturating_sub(SLOTS));
        let claimed = loop {
            if position >= end {
                break None;
            }
            if self.state(position) == Some(State::Ready)
                && self.swap(position, State::Ready, State::Claimed(worker))
            {
                break Some(position);
            }
            position += 1;
        };
        let next = claimed.map_or(end, |position| position + 1);
        if next > hint {
            let _ = head.hint.0.compare_exchange(hint, next, Relaxed, Relaxed);
        }
        if let Some(position) = claimed
            && self.was_idle(worker)
        {
            self.stop_spinning(worker, position);
        }
        claimed
    }
    // ANCHOR_END: claim

    /// Worker: marks the chunk as done. If any of its items `failed`, the parent should learn soon.
    /// Returns whether the parent sleeps and must be woken.
    pub(in crate::pool) fn finish(&self, position: u64, worker: usize, failed: bool) -> bool {
        let done = word(position, State::Done { worker, failed });
        self.slot(position).state.store(done, Release);
        // Either this worker sees that the parent wants to be woken, or the parent, which reads the
        // states after its own fence in `request_wake`, sees the chunk DONE.
        fence(SeqCst);
        let wake_at = &self.head().wake_at.0;
        let seen = wake_at.load(Relaxed);
        seen != NEVER && (failed || position >= seen) && wake_at.swap(NEVER, Relaxed) != NEVER
    }

    fn swap(&self, position: u64, from: State, to: State) -> bool {
        let (from, to) = (word(position, from), word(position, to));
        let state = &self.slot(position).state;
        state.compare_exchange(from, to, Relaxed, Relaxed).is_ok()
    }

    /// Parent: asks to be woken when `position` or a later one is DONE and, `when_idle`, when a
    /// worker finds nothing to do. It must read the table once more before it sleeps.
    pub(in crate::pool) fn request_wake(&self, position: u64, when_idle: bool) {
        self.head().wake_at.0.store(position, Relaxed);
        self.head()
            .wake_when_idle
            .0
            .store(when_idle.into(), Relaxed);
        fence(SeqCst);
    }

    /// Parent: restores what a corrupt worker may have overwritten in the head. READY chunks lie
    /// only at the positions `offered`.
    pub(in crate::pool) fn repair(&self, offered: Range<u64>) {
        let head = self.head();
        head.hint.0.store(offered.start, Relaxed);
        head.end.0.store(offered.end, Release);
        head.closing.0.store(0, Relaxed);
    }

    /// Parent: is awake.
    pub(in crate::pool) fn cancel_wake(&self) {
        self.head().wake_at.0.store(NEVER, Relaxed);
        self.head().wake_when_idle.0.store(0, Relaxed);
    }
}
