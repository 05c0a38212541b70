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
//! Three things make this safe against a worker that is killed at any instruction:
//!
//! - A claim is one compare-and-swap that writes the claimant's number into the word. There is no
//!   moment at which a chunk is taken and nobody knows by whom.
//! - A word has one writer in each state but READY, and in READY the swap decides. The parent
//!   clears a CLAIMED slot only when the claimant is dead, so nobody else can be writing.
//! - The word holds the lap, which is how often the ring has gone round. A worker that slept since
//!   it read an old position fails its swap.
//!
//! The tests of this file run these functions step by step, in every order in which the steps of
//! the parent and of two workers can follow each other, and with a kill at every step.
//!
//! Everything in the table is an atomic, so that every bit pattern is a value, and a wrong one can
//! at most be a wrong number. What the parent reads of a worker's numbers, it checks.

#[cfg(test)]
mod steps;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::Ordering::*;
#[cfg(not(test))]
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence};

use super::arena::Block;
use super::small::Small;
#[cfg(not(test))]
use crate::sys::futex;
use crate::sys::memory::SharedMemory;
#[cfg(test)]
use steps::{AtomicU32, AtomicU64, AtomicUsize, fence, futex};

/// How many chunks can be offered at the same time. Few in tests, where laps are to be short.
pub(super) const SLOTS: u64 = if cfg!(test) { 32 } else { 2048 };
/// More workers than this have no number.
pub(super) const MOST_WORKERS: usize = 1 << 12;
/// The parent does not wait for any position.
pub(super) const AWAKE: u64 = u64::MAX;

/// In `progress`: the running item has had its time, and its worker must not finish it.
const CONDEMNED: u64 = 1 << 63;

/// In `small_len`: the bytes lie in an arena.
const LARGE: u64 = u64::MAX;

const EMPTY: u64 = 0;
const READY: u64 = 1;
const CLAIMED: u64 = 2;
const DONE: u64 = 3;

/// The worker has a chunk, or is on its way to one.
const AT_WORK: u32 = 0;
/// The worker has none, and is about to look for one.
const LOOKING: u32 = 1;
/// The worker sleeps, or is about to. Who calls it writes [`LOOKING`] first.
const ASLEEP: u32 = 2;

/// What the state word of a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Empty,
    Ready,
    Claimed(usize),
    Done(usize),
}

/// The state as a word: two bits of state, twelve of worker, and the rest of lap.
fn word(position: u64, state: State) -> u64 {
    let (state, worker) = match state {
        State::Empty => (EMPTY, 0),
        State::Ready => (READY, 0),
        State::Claimed(worker) => (CLAIMED, worker),
        State::Done(worker) => (DONE, worker),
    };
    (position / SLOTS) << 14 | (worker as u64) << 2 | state
}

/// `None`: the word belongs to another lap than `position` does.
fn state(position: u64, word: u64) -> Option<State> {
    let worker = (word >> 2) as usize % MOST_WORKERS;
    (word >> 14 == position / SLOTS).then_some(match word & 3 {
        READY => State::Ready,
        CLAIMED => State::Claimed(worker),
        DONE => State::Done(worker),
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
    /// Not 0: workers leave instead of sleeping.
    closing: Line<AtomicU32>,
}

#[repr(C, align(64))]
struct Line<T>(T);

/// What a worker says about itself.
#[repr(C, align(64))]
#[derive(Default)]
pub(super) struct Desk {
    /// What the worker is doing. It sleeps on this word.
    doing: AtomicU32,
    /// 1 once the worker's initializer has succeeded.
    ready: AtomicU32,
}

/// What the parent writes about a chunk, and the worker that carries it out.
///
/// It takes up two cache lines. The second is for chunks that are not small, and for time limits;
/// for all others, one line goes from the parent to the worker and back.
#[repr(C, align(64))]
pub(super) struct Slot {
    state: AtomicU64,
    /// Twice the number of items finished, plus 1 while the next one runs; and [`CONDEMNED`].
    progress: AtomicU64,
    pub(super) run: AtomicUsize,
    pub(super) call: AtomicUsize,
    /// The number of items. The parent may make it less while a worker is at them.
    pub(super) count: AtomicU64,
    /// The input, if it is small, and later the result, if that is.
    small: [AtomicU64; 2],
    /// How many bytes of `small` are used. [`LARGE`]: they lie elsewhere.
    small_len: AtomicU64,

    input_at: AtomicU64,
    input_len: AtomicU64,
    /// Where the inputs of the last two items begun end; that of item `i` is at `i % 2`.
    input_ends: [AtomicU64; 2],
    output_segment: AtomicU64,
    output_at: AtomicU64,
    output_len: AtomicU64,
    /// When the running item started, in nanoseconds of the monotonic clock.
    started: AtomicU64,
}

/// The input of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Input {
    Small(Small),
    /// Where it lies in the parent's arena.
    At {
        at: u64,
        len: u64,
    },
}

/// How far a worker came with a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) finished: u64,
    pub(super) running: bool,
    /// Where, in the input, the items begin that were not begun, if there are any.
    pub(super) rest_at: u64,
}

/// The results of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    Small(Small),
    /// Where they lie in the worker's arena.
    In(Block),
}

impl Slot {
    /// Parent: what the chunk is made of.
    #[inline]
    pub(super) fn set_input(&self, input: Input, count: u64) {
        self.count.store(count, Relaxed);
        match input {
            Input::Small(small) => self.set_small(small),
            Input::At { at, len } => {
                self.small_len.store(LARGE, Relaxed);
                self.input_at.store(at, Relaxed);
                self.input_len.store(len, Relaxed);
            }
        }
    }

    /// Worker: what the chunk is made of. From now on, there are no results rather than an input.
    #[inline]
    pub(super) fn take_input(&self) -> Input {
        let input = self.small().map_or_else(
            || Input::At {
                at: self.input_at.load(Relaxed),
                len: self.input_len.load(Relaxed),
            },
            Input::Small,
        );
        self.small_len.store(0, Relaxed);
        input
    }

    #[inline]
    fn set_small(&self, small: Small) {
        for (to, word) in self.small.iter().zip(small.words()) {
            to.store(word, Relaxed);
        }
        self.small_len.store(small.len(), Relaxed);
    }

    #[inline]
    fn small(&self) -> Option<Small> {
        let words = self.small.each_ref().map(|word| word.load(Relaxed));
        Small::from_words(words, self.small_len.load(Relaxed))
    }

    /// Worker: item `i`, whose input ends at `input_end`, begins. `now` is for time limits.
    #[inline]
    pub(super) fn begin_item(&self, i: u64, input_end: u64, now: Option<u64>) {
        if let Some(now) = now {
            self.started.store(now, Relaxed);
        }
        // Behind the last item, there is no rest.
        if i + 1 < self.count.load(Relaxed) {
            // The end of the item before stays readable until this item is announced, so that the
            // parent knows where the rest begins, whenever the worker is killed.
            self.input_ends[i as usize % 2].store(input_end, Release);
        }
        self.progress.store(2 * i + 1, Release);
    }

    /// Worker: item `i` is finished, and all results so far are `output`.
    #[inline]
    pub(super) fn finish_item(&self, i: u64, output: Output) {
        self.set_output(output);
        self.progress.store(2 * (i + 1), Release);
    }

    /// Worker: as [`finish_item`](Self::finish_item), where items have a time limit. False: the
    /// parent was faster, and ends this worker.
    pub(super) fn finish_timed_item(&self, i: u64, output: Output) -> bool {
        self.set_output(output);
        let (running, finished) = (2 * i + 1, 2 * (i + 1));
        let swapped = self
            .progress
            .compare_exchange(running, finished, AcqRel, Relaxed);
        swapped.is_ok()
    }

    /// Parent: item `i` has had its time. False: the worker has just finished it, and must live,
    /// since it may be at an item that is innocent.
    pub(super) fn condemn(&self, i: u64) -> bool {
        let running = 2 * i + 1;
        let swapped = self
            .progress
            .compare_exchange(running, running | CONDEMNED, AcqRel, Relaxed);
        swapped.is_ok()
    }

    /// Worker: all results so far. Those of a chunk of several items never are small, since a
    /// worker that is killed here must leave either the old or the new ones.
    #[inline]
    pub(super) fn set_output(&self, output: Output) {
        match output {
            Output::Small(small) => self.set_small(small),
            Output::In(Block { segment, at, len }) => {
                self.output_segment.store(segment, Relaxed);
                self.output_at.store(at, Relaxed);
                self.output_len.store(len, Relaxed);
                self.small_len.store(LARGE, Relaxed);
            }
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let progress = self.progress.load(Acquire) & !CONDEMNED;
        let finished = progress / 2;
        let running = progress % 2 == 1;
        let begun = finished + u64::from(running);
        Progress {
            finished,
            running,
            rest_at: match begun.checked_sub(1) {
                Some(last) => self.input_ends[last as usize % 2].load(Acquire),
                None => 0,
            },
        }
    }

    /// Parent: the results of the items that are finished. Only where they lie is certain here;
    /// whoever reads them checks that there is something.
    #[inline]
    pub(super) fn output(&self) -> Output {
        self.small().map_or_else(
            || {
                Output::In(Block {
                    segment: self.output_segment.load(Relaxed),
                    at: self.output_at.load(Relaxed),
                    len: self.output_len.load(Relaxed),
                })
            },
            Output::Small,
        )
    }

    /// The running item and the moment it started, if one runs that is not condemned.
    pub(super) fn running_since(&self) -> Option<(u64, u64)> {
        let progress = self.progress.load(Acquire);
        (progress % 2 == 1 && progress < CONDEMNED)
            .then(|| (progress / 2, self.started.load(Relaxed)))
    }
}

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
        let table = Self {
            memory: SharedMemory::lazy(size)?,
            workers,
        };
        table.head().wanted.0.store(AWAKE, Relaxed);
        Ok(table)
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
        if next != hint {
            let _ = head.hint.0.compare_exchange(hint, next, Relaxed, Relaxed);
        }
        if let Some(position) = claimed
            && self.desk(worker).doing.load(Relaxed) != AT_WORK
        {
            self.stop_looking(worker, position);
        }
        claimed
    }
    // ANCHOR_END: claim

    /// Worker: the chunk is done. Returns whether the parent sleeps and wants to know, in which
    /// case it must be woken.
    pub(super) fn finish(&self, position: u64, worker: usize, urgent: bool) -> bool {
        let done = word(position, State::Done(worker));
        // The swap is a full barrier: either this worker sees that the parent wants to be woken,
        // or the parent, which looks at the states after it has said so, sees the chunk DONE.
        self.slot(position).state.swap(done, SeqCst);
        let wanted = &self.head().wanted.0;
        let seen = wanted.load(SeqCst);
        seen != AWAKE && (urgent || position >= seen) && wanted.swap(AWAKE, Relaxed) != AWAKE
    }

    fn swap(&self, position: u64, from: State, to: State) -> bool {
        let (from, to) = (word(position, from), word(position, to));
        let state = &self.slot(position).state;
        state.compare_exchange(from, to, AcqRel, Relaxed).is_ok()
    }

    /// Parent: wants to be woken when `position` or a later one is DONE. It looks at the table
    /// once more before it sleeps.
    pub(super) fn want(&self, position: u64) {
        self.head().wanted.0.store(position, Relaxed);
        fence(SeqCst);
    }

    /// Parent: is awake.
    pub(super) fn want_nothing(&self) {
        self.head().wanted.0.store(AWAKE, Relaxed);
    }

    /// Sees to it that `count` workers look for work, if there are so many that have none.
    ///
    /// It is enough that they look: whoever finds work calls the next if there is more.
    pub(super) fn call(&self, count: usize) {
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
    pub(super) fn call_all(&self) {
        fence(SeqCst);
        for worker in 0..self.workers {
            let doing = &self.desk(worker).doing;
            let _ = doing.compare_exchange(ASLEEP, LOOKING, Relaxed, Relaxed);
            // Whatever the word says: who wrote it may have been killed before it called.
            futex::wake(doing, 1);
        }
    }

    /// Worker: looks for work. As long as it does, nobody needs to be woken for the next chunk.
    pub(super) fn look(&self, worker: usize) {
        self.desk(worker).doing.store(LOOKING, Relaxed);
    }

    /// Worker: was the one that looked, and has taken the chunk at `position`.
    fn stop_looking(&self, worker: usize, position: u64) {
        self.desk(worker).doing.store(AT_WORK, Relaxed);
        // Either whoever offers the next chunk sees that nobody looks, or it is seen here.
        fence(SeqCst);
        if position + 1 < self.head().end.0.load(Acquire) {
            self.call(1);
        }
    }

    // ANCHOR: sleep
    /// Worker: sleeps until it is called, unless there is work.
    pub(super) fn sleep(&self, worker: usize) {
        let doing = &self.desk(worker).doing;
        doing.store(ASLEEP, Relaxed);
        fence(SeqCst);
        if !self.has_work() && !self.is_closing() {
            futex::wait(doing, ASLEEP, None);
        }
        doing.store(LOOKING, Relaxed);
    }
    // ANCHOR_END: sleep

    /// Whether a chunk may be ready.
    pub(super) fn has_work(&self) -> bool {
        self.head().hint.0.load(Relaxed) < self.head().end.0.load(Acquire)
    }

    /// Parent: tells the workers to leave when nothing is left to do.
    pub(super) fn close(&self) {
        self.head().closing.0.store(1, SeqCst);
        self.call_all();
    }

    pub(super) fn is_closing(&self) -> bool {
        self.head().closing.0.load(Relaxed) != 0
    }

    /// Parent: the desk of a worker that is gone, for its successor.
    pub(super) fn clean_desk(&self, worker: usize) {
        let desk = self.desk(worker);
        desk.doing.store(AT_WORK, Relaxed);
        desk.ready.store(0, Relaxed);
    }

    /// Worker: its initializer has succeeded.
    pub(super) fn set_ready(&self, worker: usize) {
        self.desk(worker).ready.store(1, Release);
    }

    pub(super) fn is_ready(&self, worker: usize) -> bool {
        self.desk(worker).ready.load(Acquire) != 0
    }
}
