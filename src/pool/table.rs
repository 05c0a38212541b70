//! The table of chunks in shared memory: where the parent offers work, and workers take it.
//!
//! # The life of a chunk
//!
//! Each chunk has a position, counted from 0 for as long as the pool lives, and lies in the slot
//! `position % SLOTS`. The slot's state word says how far it is:
//!
//! ```text
//!            offer                 claim                  finish
//!   EMPTY ──────────▶ READY ──────────────────▶ CLAIMED ───────────▶ DONE
//!     ▲   parent        │    worker w: compare-   by w     worker w  by w
//!     │                 │    and-swap                │                │
//!     ├─────────────────┘                            │                │
//!     │  revoke (parent: compare-and-swap)           │                │
//!     ├──────────────────────────────────────────────┘                │
//!     │  clear (parent: after it has reaped w)                        │
//!     └───────────────────────────────────────────────────────────────┘
//!        clear (parent: after it has seen DONE)
//! ```
//!
//! A chunk of which an item failed is DONE like any other, but its word says so.
//!
//! Three things make this safe against a worker that is killed at any instruction:
//!
//! - A claim is one compare-and-swap that writes the claimant's number into the word. There is no
//!   moment at which a chunk is taken and nobody knows by whom.
//! - The state word has one writer in each state but READY, and in READY the swap decides. The
//!   parent clears a CLAIMED slot only when the claimant is dead, so nobody else can be writing.
//! - The word holds the lap, which is how often the ring has gone round. A worker that slept since
//!   it read an old position fails its swap.
//!
//! What the table says about a chunk is in `slot.rs`, and which of its items its worker has taken
//! in `share.rs`; who works, and who sleeps, in `desk.rs`.
//!
//! The tests of this file run these functions step by step, in every order in which the steps of
//! the parent and of two workers can follow each other, and with a kill at every step.
//!
//! Everything in the table is an atomic, so that every bit pattern is a value, and a wrong one can
//! at most be a wrong number. What the parent reads of a worker's numbers, it checks.

mod desk;
mod share;
mod slot;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::Ordering::*;
#[cfg(not(test))]
use std::sync::atomic::{AtomicU32, AtomicU64, fence};

use crate::sys::memory::SharedMemory;
use desk::Desk;
pub(super) use share::MOST_ITEMS;
pub(super) use slot::{Input, Output, Progress, Size, Slot};
#[cfg(test)]
use steps::{AtomicU32, AtomicU64, fence};

/// How many chunks can be offered at the same time. Few in tests, where laps are to be short.
pub(super) const SLOTS: u64 = if cfg!(test) { 32 } else { 2048 };
/// More workers than this have no number. More would have no chunk either.
pub(super) const MOST_WORKERS: usize = 1 << 11;
/// The parent does not wait for any position.
pub(super) const AWAKE: u64 = u64::MAX;

const EMPTY: u64 = 0;
const READY: u64 = 1;
const CLAIMED: u64 = 2;
const DONE: u64 = 3;
const FAILED: u64 = 4;

/// What the state word of a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Empty,
    Ready,
    Claimed(usize),
    Done {
        worker: usize,
        /// Some of its items failed.
        failed: bool,
    },
}

/// The state as a word: three bits of state, eleven of worker, and the rest of lap.
fn word(position: u64, state: State) -> u64 {
    let (state, worker) = match state {
        State::Empty => (EMPTY, 0),
        State::Ready => (READY, 0),
        State::Claimed(worker) => (CLAIMED, worker),
        State::Done { worker, failed } => (if failed { FAILED } else { DONE }, worker),
    };
    (position / SLOTS) << 14 | (worker as u64) << 3 | state
}

/// `None`: the word belongs to another lap than `position` does.
fn state(position: u64, word: u64) -> Option<State> {
    let worker = (word >> 3) as usize % MOST_WORKERS;
    (word >> 14 == position / SLOTS).then_some(match word & 7 {
        READY => State::Ready,
        CLAIMED => State::Claimed(worker),
        done @ (DONE | FAILED) => State::Done {
            worker,
            failed: done == FAILED,
        },
        _ => State::Empty,
    })
}

/// What the whole table has once. Each field is on a cache line of its own, since each is written
/// by other processes at other times.
#[repr(C, align(64))]
struct Head {
    /// One past the last position offered. Written by the parent.
    end: Line<AtomicU64>,
    /// Where to look for a READY chunk: none lies before. Only a hint: whoever finds it too low
    /// moves it up.
    hint: Line<AtomicU64>,
    /// The parent sleeps, and wants to be woken when a chunk at this position or a later one is
    /// DONE.
    wanted: Line<AtomicU64>,
    /// Not 0: the parent sleeps, and wants to be woken when a worker finds nothing to do, since
    /// another has more than it is at.
    can_share: Line<AtomicU32>,
    /// Not 0: workers leave instead of sleeping.
    closing: Line<AtomicU32>,
}

#[repr(C, align(64))]
struct Line<T>(T);

/// The table; parent and workers each have it in their memory.
#[derive(Debug)]
pub(super) struct Table {
    memory: SharedMemory,
    workers: usize,
}

impl Table {
    pub(super) fn new(workers: usize) -> io::Result<Self> {
        let size =
            size_of::<Head>() + workers * size_of::<Desk>() + SLOTS as usize * size_of::<Slot>();
        let mut memory = SharedMemory::lazy(size)?;
        memory.keep_from_children();
        let table = Self { memory, workers };
        table.head().wanted.0.store(AWAKE, Relaxed);
        Ok(table)
    }

    /// Whether children that are forked from now on have the table.
    pub(super) fn lend(&self, lent: bool) {
        self.memory.lend(lent);
    }

    fn head(&self) -> &Head {
        // SAFETY: the mapping begins with a `Head`, is aligned to a page, and lives as long as
        // `self`. All fields are atomics, for which zeroes, and all other bits, are values.
        unsafe { self.memory.start().cast().as_ref() }
    }

    fn desk(&self, worker: usize) -> &Desk {
        assert!(worker < self.workers, "worker {worker} of {}", self.workers);
        let at = size_of::<Head>() + worker * size_of::<Desk>();
        // SAFETY: `new` made room for this many desks behind the head.
        let desk = unsafe { self.memory.start().add(at) };
        // SAFETY: as in `head`; the sizes before it are multiples of its alignment.
        unsafe { desk.cast().as_ref() }
    }

    pub(super) fn slot(&self, position: u64) -> &Slot {
        let before = size_of::<Head>() + self.workers * size_of::<Desk>();
        let at = before + (position % SLOTS) as usize * size_of::<Slot>();
        // SAFETY: `new` made room for `SLOTS` slots behind the desks.
        let slot = unsafe { self.memory.start().add(at) };
        // SAFETY: as in `desk`.
        unsafe { slot.cast().as_ref() }
    }

    pub(super) fn state(&self, position: u64) -> Option<State> {
        state(position, self.slot(position).state.load(Acquire))
    }

    /// Parent: offers the chunk that was written into the slot of `position`.
    pub(super) fn offer(&self, position: u64) {
        let slot = self.slot(position);
        slot.progress.store(0, Relaxed);
        slot.state.store(word(position, State::Ready), Release);
        self.head().end.0.store(position + 1, Release);
    }

    /// Parent: takes back a chunk, unless a worker has it.
    pub(super) fn revoke(&self, position: u64) -> bool {
        self.swap(position, State::Ready, State::Empty)
    }

    /// Parent: the slot is free for a later lap.
    pub(super) fn clear(&self, position: u64) {
        let empty = word(position, State::Empty);
        self.slot(position).state.store(empty, Release);
    }

    // ANCHOR: claim
    /// Worker: takes the first chunk that is ready.
    pub(super) fn claim(&self, worker: usize) -> Option<u64> {
        let head = self.head();
        let hint = head.hint.0.load(Relaxed);
        let end = head.end.0.load(Acquire);
        let mut position = hint;
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
            && self.is_looking(worker)
        {
            self.stop_looking(worker, position);
        }
        claimed
    }
    // ANCHOR_END: claim

    /// Worker: the chunk is done, or items of it `failed`, of which the parent wants to know soon.
    /// Returns whether the parent sleeps and must be woken.
    pub(super) fn finish(&self, position: u64, worker: usize, failed: bool) -> bool {
        let done = word(position, State::Done { worker, failed });
        // The swap is a full barrier: either this worker sees that the parent wants to be woken,
        // or the parent, which looks at the states after it has said so, sees the chunk DONE.
        self.slot(position).state.swap(done, SeqCst);
        let wanted = &self.head().wanted.0;
        let seen = wanted.load(SeqCst);
        seen != AWAKE && (failed || position >= seen) && wanted.swap(AWAKE, Relaxed) != AWAKE
    }

    fn swap(&self, position: u64, from: State, to: State) -> bool {
        let (from, to) = (word(position, from), word(position, to));
        let state = &self.slot(position).state;
        state.compare_exchange(from, to, AcqRel, Relaxed).is_ok()
    }

    /// Parent: wants to be woken when `position` or a later one is DONE and, if it `can_share`,
    /// when a worker finds nothing to do. It looks at the table once more before it sleeps.
    pub(super) fn want(&self, position: u64, can_share: bool) {
        self.head().wanted.0.store(position, Relaxed);
        self.head().can_share.0.store(can_share.into(), Relaxed);
        fence(SeqCst);
    }

    /// Parent: is awake.
    pub(super) fn want_nothing(&self) {
        self.head().wanted.0.store(AWAKE, Relaxed);
        self.head().can_share.0.store(0, Relaxed);
    }
}
