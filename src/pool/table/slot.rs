//! What the table says about one chunk.

use std::sync::atomic::Ordering::*;

use super::share::{MOST_ITEMS, Share};
use super::sync::{AtomicU64, AtomicUsize};
use crate::pool::arena::Block;
use crate::pool::small::Small;

/// In `progress`: the running item has had its time, and its worker must not finish it.
const CONDEMNED: u64 = 1 << 63;

/// In `small_len`: the bytes lie in an arena.
const LARGE: u64 = u64::MAX;

/// What the parent writes about a chunk, and the worker that carries it out.
///
/// It takes up two cache lines. The second is for chunks that are not small, and for time limits;
/// for all others, one line goes from the parent to the worker and back.
#[derive(Default)]
#[repr(C, align(64))]
pub(in crate::pool) struct Slot {
    pub(super) state: AtomicU64,
    /// Twice the number of items finished, plus 1 while the next one runs; and [`CONDEMNED`].
    pub(super) progress: AtomicU64,
    /// The number of the function that is called with each item.
    pub(in crate::pool) function: AtomicUsize,
    pub(in crate::pool) share: Share,
    /// The input, if it is small, and later the result, if that is.
    pub(super) small: [AtomicU64; 2],
    /// How many bytes of `small` are used. [`LARGE`]: they lie elsewhere.
    pub(super) small_len: AtomicU64,

    pub(super) input_at: AtomicU64,
    pub(super) input_len: AtomicU64,
    /// The number of items that were offered.
    pub(super) count: AtomicU64,
    /// How many of them a worker takes at a time.
    pub(super) portion: AtomicU64,
    pub(super) output_segment: AtomicU64,
    pub(super) output_at: AtomicU64,
    pub(super) output_len: AtomicU64,
    /// When the running item started, in nanoseconds of the monotonic clock.
    pub(super) started: AtomicU64,
}

/// How many items there are in a chunk, and how many of them a worker takes at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) struct Size {
    pub(in crate::pool) count: u64,
    pub(in crate::pool) portion: u64,
}

impl Size {
    pub(in crate::pool) const ONE: Self = Self {
        count: 1,
        portion: 1,
    };

    /// What whoever claims the chunk takes by that.
    #[inline]
    pub(in crate::pool) fn first_portion(self) -> u64 {
        self.portion.min(self.count)
    }

    /// Parent: where the chunk ends, if its share says `end`. Only a broken worker could have moved
    /// that up, or given back its first portion.
    #[inline]
    pub(in crate::pool) fn bounded(self, end: u64) -> u64 {
        end.clamp(self.first_portion(), self.count)
    }
}

/// The input of a chunk. Only a chunk of one item is small.
#[derive(Clone, Copy, Debug)]
pub(in crate::pool) enum Input {
    Small(Small),
    /// Where it lies in the parent's arena.
    At {
        at: u64,
        len: u64,
    },
}

/// How far a worker came with a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) struct Progress {
    pub(in crate::pool) finished: u64,
    pub(in crate::pool) running: bool,
}

/// The results of a chunk.
#[derive(Clone, Copy, Debug)]
pub(in crate::pool) enum Output {
    Small(Small),
    /// Where they lie in the worker's arena.
    In(Block),
}

impl Slot {
    /// Parent: what the chunk is made of.
    #[inline]
    pub(in crate::pool) fn set_input(&self, input: Input, size: Size) {
        self.share.begin(size.count, size.first_portion());
        match input {
            Input::Small(small) => self.set_small(small),
            Input::At { at, len } => {
                self.small_len.store(LARGE, Relaxed);
                self.input_at.store(at, Relaxed);
                self.input_len.store(len, Relaxed);
                self.count.store(size.count, Relaxed);
                self.portion.store(size.portion, Relaxed);
            }
        }
    }

    /// Worker: what the chunk is made of. From now on, there are no results rather than an input.
    #[inline]
    pub(in crate::pool) fn take_input(&self) -> (Input, Size) {
        let input = self.small().map_or_else(
            || {
                let input = Input::At {
                    at: self.input_at.load(Relaxed),
                    len: self.input_len.load(Relaxed),
                };
                let count = self.count.load(Relaxed).min(MOST_ITEMS);
                // A portion of nothing would be taken for ever.
                let portion = self.portion.load(Relaxed).max(1);
                (input, Size { count, portion })
            },
            |small| (Input::Small(small), Size::ONE),
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

    /// Worker: item `i` begins.
    #[inline]
    pub(in crate::pool) fn begin_item(&self, i: u64) {
        self.progress.store(2 * i + 1, Release);
    }

    /// Worker: as [`begin_item`](Self::begin_item), where items have a time limit. False: the
    /// parent takes this worker for stuck, and ends it.
    pub(in crate::pool) fn begin_timed_item(&self, i: u64, now: u64) -> bool {
        self.started.store(now, Relaxed);
        let before = self.progress.load(Relaxed);
        let begun = self
            .progress
            .compare_exchange(before, 2 * i + 1, Release, Relaxed);
        before < CONDEMNED && begun.is_ok()
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

    /// Worker: as [`finish_item`](Self::finish_item), where items have a time limit. False: the
    /// parent was faster, and ends this worker.
    pub(in crate::pool) fn finish_timed_item(&self, i: u64) -> bool {
        let (running, finished) = (2 * i + 1, 2 * (i + 1));
        let swapped = self
            .progress
            .compare_exchange(running, finished, Release, Relaxed);
        swapped.is_ok()
    }

    /// Parent: item `i` has had its time. False: the worker has just finished it, and must live,
    /// since it may be at an item that is innocent.
    pub(in crate::pool) fn condemn(&self, i: u64) -> bool {
        let running = 2 * i + 1;
        let swapped =
            self.progress
                .compare_exchange(running, running | CONDEMNED, Relaxed, Relaxed);
        swapped.is_ok()
    }

    /// Worker: all results so far. Those of a chunk of several items never are small, since a
    /// worker that is killed here must leave either the old or the new ones.
    #[inline]
    pub(in crate::pool) fn set_output(&self, output: Output) {
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

    /// Parent: as [`condemn`](Self::condemn), where `progress` has stood still and nothing runs.
    pub(in crate::pool) fn condemn_idle(&self, progress: Progress) -> bool {
        let word = 2 * progress.finished;
        let swapped = self
            .progress
            .compare_exchange(word, word | CONDEMNED, Relaxed, Relaxed);
        !progress.running && swapped.is_ok()
    }

    /// Worker: whether the parent ends it.
    pub(in crate::pool) fn is_condemned(&self) -> bool {
        self.progress.load(Relaxed) >= CONDEMNED
    }

    pub(in crate::pool) fn progress(&self) -> Progress {
        let progress = self.progress.load(Acquire) & !CONDEMNED;
        Progress {
            finished: progress / 2,
            running: progress % 2 == 1,
        }
    }

    /// Parent: the results of the items that are finished. Only where they lie is certain here;
    /// whoever reads them checks that there is something.
    #[inline]
    pub(in crate::pool) fn output(&self) -> Output {
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

    /// All words but the function's number.
    #[cfg(test)]
    pub(in crate::pool) fn words(&self) -> [&AtomicU64; 14] {
        let [small, more] = &self.small;
        [
            &self.state,
            &self.progress,
            self.share.as_word(),
            small,
            more,
            &self.small_len,
            &self.input_at,
            &self.input_len,
            &self.count,
            &self.portion,
            &self.output_segment,
            &self.output_at,
            &self.output_len,
            &self.started,
        ]
    }

    /// The running item and the moment it started, if one runs that is not condemned.
    pub(in crate::pool) fn running_since(&self) -> Option<(u64, u64)> {
        let progress = self.progress.load(Acquire);
        (progress % 2 == 1 && progress < CONDEMNED)
            .then(|| (progress / 2, self.started.load(Relaxed)))
    }
}
