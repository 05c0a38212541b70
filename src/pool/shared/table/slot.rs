//! What the table says about one chunk.

use std::sync::atomic::Ordering::*;

use super::share::{MOST_ITEMS, Share};
use super::sync::{AtomicU64, AtomicUsize};
use crate::pool::shared::arena::Block;
use crate::pool::shared::inline::Inline;

/// In `inline_len`: the bytes are in an arena.
const IN_ARENA: u64 = u64::MAX;

/// What the parent and the chunk's worker write about a chunk.
///
/// It takes up two cache lines. The second is for chunks in arenas and for timeouts; for all
/// others, a single line goes from the parent to the worker and back.
#[derive(Default)]
#[repr(C, align(64))]
pub(in crate::pool) struct Slot {
    pub(super) state: AtomicU64,
    /// Twice the number of items finished, plus 1 while the next one runs; see `progress.rs`.
    pub(super) progress: AtomicU64,
    /// The number of the function that is called with each item.
    pub(in crate::pool) function: AtomicUsize,
    pub(in crate::pool) share: Share,
    /// The input, if it is stored inline, and later the result, if that is.
    pub(super) inline: [AtomicU64; 2],
    /// How many bytes of `inline` are used, or [`IN_ARENA`].
    pub(super) inline_len: AtomicU64,

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

/// How many items a chunk has, and how many of them a worker takes at a time.
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

    /// What a worker takes by claiming the chunk.
    #[inline]
    pub(in crate::pool) fn first_portion(self) -> u64 {
        self.portion.min(self.count)
    }

    /// Parent: where the chunk ends, if its share says `end`. Only a corrupt worker could have
    /// raised that, or given back its first portion.
    #[inline]
    pub(in crate::pool) fn bounded(self, end: u64) -> u64 {
        end.clamp(self.first_portion(), self.count)
    }
}

/// The items of a chunk. Only a single item is stored inline.
#[derive(Clone, Copy, Debug)]
pub(in crate::pool) enum Input {
    Inline(Inline),
    /// Where it lies in the parent's arena.
    At {
        at: u64,
        len: u64,
    },
}

/// The results of a chunk.
#[derive(Clone, Copy, Debug)]
pub(in crate::pool) enum Output {
    Inline(Inline),
    /// Where they lie in the worker's arena.
    In(Block),
}

impl Slot {
    /// Parent: what the chunk consists of.
    #[inline]
    pub(in crate::pool) fn set_input(&self, input: Input, size: Size) {
        self.share.begin(size.count, size.first_portion());
        match input {
            Input::Inline(inline) => self.set_inline(inline),
            Input::At { at, len } => {
                self.inline_len.store(IN_ARENA, Relaxed);
                self.input_at.store(at, Relaxed);
                self.input_len.store(len, Relaxed);
                self.count.store(size.count, Relaxed);
                self.portion.store(size.portion, Relaxed);
            }
        }
    }

    /// Worker: what the chunk consists of. From now on the slot holds no input, but no results yet.
    #[inline]
    pub(in crate::pool) fn take_input(&self) -> (Input, Size) {
        let input = self.inline().map_or_else(
            || {
                let input = Input::At {
                    at: self.input_at.load(Relaxed),
                    len: self.input_len.load(Relaxed),
                };
                let count = self.count.load(Relaxed).min(MOST_ITEMS);
                // An empty portion could be taken over and over.
                let portion = self.portion.load(Relaxed).max(1);
                (input, Size { count, portion })
            },
            |inline| (Input::Inline(inline), Size::ONE),
        );
        self.inline_len.store(0, Relaxed);
        input
    }

    #[inline]
    fn set_inline(&self, inline: Inline) {
        for (to, word) in self.inline.iter().zip(inline.words()) {
            to.store(word, Relaxed);
        }
        self.inline_len.store(inline.len(), Relaxed);
    }

    #[inline]
    fn inline(&self) -> Option<Inline> {
        let words = self.inline.each_ref().map(|word| word.load(Relaxed));
        Inline::from_words(words, self.inline_len.load(Relaxed))
    }

    /// Worker: all results so far. Those of several items are never stored inline, since a worker
    /// that is killed here must leave either the old or the new ones.
    #[inline]
    pub(in crate::pool) fn set_output(&self, output: Output) {
        match output {
            Output::Inline(inline) => self.set_inline(inline),
            Output::In(Block { segment, at, len }) => {
                self.output_segment.store(segment, Relaxed);
                self.output_at.store(at, Relaxed);
                self.output_len.store(len, Relaxed);
                self.inline_len.store(IN_ARENA, Relaxed);
            }
        }
    }

    /// Parent: the results of the finished items. Whoever reads them checks that they exist.
    #[inline]
    pub(in crate::pool) fn output(&self) -> Output {
        self.inline().map_or_else(
            || {
                Output::In(Block {
                    segment: self.output_segment.load(Relaxed),
                    at: self.output_at.load(Relaxed),
                    len: self.output_len.load(Relaxed),
                })
            },
            Output::Inline,
        )
    }

    /// All words except the function's number.
    #[cfg(test)]
    pub(in crate::pool) fn words(&self) -> [&AtomicU64; 14] {
        let [inline, more] = &self.inline;
        [
            &self.state,
            &self.progress,
            self.share.as_word(),
            inline,
            more,
            &self.inline_len,
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
}
