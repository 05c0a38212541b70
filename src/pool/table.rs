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
//! # Orderings
//!
//! Every access that is not in this list is relaxed: it is to a word that only one process uses at
//! a time, as agreed by means of these, or to one on whose value nothing else depends.
//!
//! | what is done | pairs with | so that |
//! |---|---|---|
//! | parent, `offer` and `repair`: `end` is stored, release | worker, `claim`: `end` is loaded, acquire | a worker that passes a position has seen its chunk READY, and one that claims it sees the input |
//! | worker, `finish`: the state is stored, release | parent, `state`: loaded, acquire | the parent sees the output of a chunk that is DONE, and what the share says |
//! | worker, `finish`: the state, fence, `wanted` | parent, `want`: `wanted`, fence, the states | one sees the other: the worker wakes the parent, or the parent does not sleep |
//! | parent, `offer` and `call`: `end`, fence, the desks | worker, `sleep`: its desk, fence, `end` | one sees the other: the worker is woken, or does not sleep |
//! | the same | worker, `stop_looking`: its desk, fence, `end` | the parent does not count on a worker that is busy, or that worker calls another |
//! | worker, `stop_looking` and `call`: fence, the desks | worker, `sleep`: its desk, fence, `end` | as above, where a worker calls another |
//! | parent, `want`: `can_share`, fence, the states | worker, `finish`: the state, fence; `sleep`: `can_share` | an idle worker rings, or the parent knows that it is idle |
//! | parent, `close` and `call_all`: `closing`, fence, the desks | worker, `sleep`: its desk, fence, `closing` | no worker sleeps in a pool that is closed |
//! | parent, `close`: `closing`, fence, `due` | worker, `is_to_leave`: `due`, fence, `closing` | no worker waits for the word of a parent that has closed the pool |
//! | worker, `begin_timed_item`: the progress is stored, release | parent, `running_since`: loaded, acquire | the time that is read is the running item's, or a later one's |
//! | worker, `begin_item`, `finish_item`, `finish_timed_item`: the progress is stored, release | parent, `progress`: loaded, acquire | the results of the items that count as finished are there |
//!
//! Where both sides store and then load, there are fences and not sequentially consistent
//! accesses: a fence orders all that stands before and after it, whichever words they are.
//!
//! That the last row holds for a worker that was killed needs no more of a processor than that
//! what a process has done becomes visible; but it keeps the compiler from finishing an item
//! before its results are stored.
//!
//! Each access and each fence in the list is tested: if it is left out, or made relaxed, a model in
//! `models.rs` fails, which runs this code under loom. Several rows share a fence (that of `call`,
//! for one), and these are tested together. `cargo test` alone would not notice a release or an
//! acquire that is missing, since x86 has them for nothing.
//!
//! # Whatever the bytes are
//!
//! Everything in the table is an atomic, so that every bit pattern is a value, and a wrong one can
//! at most be a wrong number. What the parent reads of a worker's numbers, it checks.

mod desk;
#[cfg(test)]
mod items;
mod memory;
#[cfg(all(test, loom))]
mod models;
mod share;
mod slot;
#[cfg(all(test, not(loom)))]
mod steps;
mod sync;
#[cfg(all(test, not(loom)))]
mod tests;

use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering::*;

use desk::Desk;
use memory::Memory;
pub(super) use share::MOST_ITEMS;
pub(super) use slot::{Input, Output, Progress, Size, Slot};
use sync::{AtomicU32, AtomicU64, fence};

/// How many chunks can be offered at the same time. Few in tests, where laps are to be short.
pub(super) const SLOTS: u64 = if cfg!(loom) {
    2
} else if cfg!(test) {
    32
} else {
    2048
};
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
#[derive(Default)]
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

#[derive(Default)]
#[repr(C, align(64))]
struct Line<T>(T);

/// The table; parent and workers each have it in their memory.
pub(super) struct Table {
    memory: Memory,
    workers: usize,
}

impl Table {
    pub(super) fn new(workers: usize) -> io::Result<Self> {
        let memory = Memory::new(workers)?;
        memory.head().wanted.0.store(AWAKE, Relaxed);
        Ok(Self { memory, workers })
    }

    /// Whether children that are forked from now on have the table.
    pub(super) fn lend(&self, lent: bool) {
        self.memory.lend(lent);
    }

    fn head(&self) -> &Head {
        self.memory.head()
    }

    fn desk(&self, worker: usize) -> &Desk {
        self.memory.desk(worker)
    }

    #[inline]
    pub(super) fn slot(&self, position: u64) -> &Slot {
        self.memory.slot(position)
    }

    pub(super) fn state(&self, position: u64) -> Option<State> {
        state(position, self.slot(position).state.load(Acquire))
    }

    /// Parent: offers the chunk that was written into the slot of `position`.
    pub(super) fn offer(&self, position: u64) {
        let slot = self.slot(position);
        slot.progress.store(0, Relaxed);
        slot.state.store(word(position, State::Ready), Relaxed);
        self.head().end.0.store(position + 1, Release);
    }

    /// Parent: takes back a chunk, unless a worker has it.
    pub(super) fn revoke(&self, position: u64) -> bool {
        self.swap(position, State::Ready, State::Empty)
    }

    /// Parent: the slot is free for a later lap.
    pub(super) fn clear(&self, position: u64) {
        let empty = word(position, State::Empty);
        self.slot(position).state.store(empty, Relaxed);
    }

    // ANCHOR: claim
    /// Worker: takes the first chunk that is ready.
    pub(super) fn claim(&self, worker: usize) -> Option<u64> {
        let head = self.head();
        let hint = head.hint.0.load(Relaxed);
        let end = head.end.0.load(Acquire);
        // Nothing earlier can be READY, whatever a broken worker wrote.
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
        self.slot(position).state.store(done, Release);
        // Either this worker sees that the parent wants to be woken, or the parent, which looks at
        // the states after its own fence in `want`, sees the chunk DONE.
        fence(SeqCst);
        let wanted = &self.head().wanted.0;
        let seen = wanted.load(Relaxed);
        seen != AWAKE && (failed || position >= seen) && wanted.swap(AWAKE, Relaxed) != AWAKE
    }

    fn swap(&self, position: u64, from: State, to: State) -> bool {
        let (from, to) = (word(position, from), word(position, to));
        let state = &self.slot(position).state;
        state.compare_exchange(from, to, Relaxed, Relaxed).is_ok()
    }

    /// Parent: wants to be woken when `position` or a later one is DONE and, if it `can_share`,
    /// when a worker finds nothing to do. It looks at the table once more before it sleeps.
    pub(super) fn want(&self, position: u64, can_share: bool) {
        self.head().wanted.0.store(position, Relaxed);
        self.head().can_share.0.store(can_share.into(), Relaxed);
        fence(SeqCst);
    }

    /// Parent: restores what a broken worker may have overwritten in the head. READY chunks lie at
    /// these positions alone.
    pub(super) fn repair(&self, offered: Range<u64>) {
        let head = self.head();
        head.hint.0.store(offered.start, Relaxed);
        head.end.0.store(offered.end, Release);
        head.closing.0.store(0, Relaxed);
    }

    /// Parent: is awake.
    pub(super) fn want_nothing(&self) {
        self.head().wanted.0.store(AWAKE, Relaxed);
        self.head().can_share.0.store(0, Relaxed);
    }
}
