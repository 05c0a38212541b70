//! How the items of a call are divided into chunks, and chunks into portions.
//!
//! A chunk is what the parent puts on the table, and a portion is what a worker takes from it at a
//! time. The items of a portion stay together, unless their worker dies. What a worker has not
//! taken can still go to another (`engine/stealing.rs`), so a chunk may be large without leaving
//! anyone idle at the end, and large chunks cost the parent less.

use crate::pool::engine::CHUNKS_PER_WORKER;
use crate::pool::shared::table::{MOST_ITEMS, Size};

/// The most items in an even chunk. Its results need contiguous room, and smaller pieces are read
/// sooner.
const MOST_EVEN: usize = 1 << 20;
/// How many portions an even chunk has.
const EVEN_PORTIONS: usize = 32;
/// The most portions in a chunk if the caller says how large they are.
const MOST_PORTIONS: usize = 256;
/// A chunk is at most one part in this many of a worker's share of what is left. So the last ones,
/// which decide when the call ends, are small.
const PART: usize = 16;

#[derive(Clone, Copy, Debug)]
pub(in crate::pool) enum Chunking {
    /// Chunks of this size, in small portions.
    Even { chunk: usize },
    /// Portions of the size that the caller wants.
    Portions { portion: usize, workers: usize },
    /// Chunks of this size, which a worker takes whole.
    Whole { chunk: usize },
}

impl Chunking {
    pub(in crate::pool) fn even(items: usize, workers: usize) -> Self {
        Self::Even {
            chunk: items
                .div_ceil(CHUNKS_PER_WORKER * workers)
                .clamp(1, MOST_EVEN),
        }
    }

    /// If a worker's chunks are counted, each must be one that the caller asked for.
    pub(in crate::pool) fn whole(self) -> Self {
        match self {
            Self::Even { chunk }
            | Self::Portions { portion: chunk, .. }
            | Self::Whole { chunk } => Self::Whole { chunk },
        }
    }

    /// The size of the next chunk, when at least `left` items are left. It may be larger than what
    /// is left.
    pub(super) fn next(self, left: usize) -> Size {
        let (count, portion) = match self {
            Self::Even { chunk } => (chunk, chunk.div_ceil(EVEN_PORTIONS)),
            Self::Portions { portion, workers } => {
                let portions = left / portion / (PART * workers);
                (
                    portion.saturating_mul(portions.clamp(1, MOST_PORTIONS)),
                    portion,
                )
            }
            Self::Whole { chunk } => (chunk, chunk),
        };
        Size {
            count: (count as u64).min(MOST_ITEMS),
            portion: portion as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_SEVEN: Chunking = Chunking::Portions {
        portion: 7,
        workers: 1,
    };

    fn sizes(chunking: Chunking, items: usize) -> Vec<(u64, u64)> {
        let mut left = items;
        std::iter::from_fn(|| {
            (left > 0).then(|| {
                let Size { count, portion } = chunking.next(left);
                let count = count.min(left as u64);
                left -= count as usize;
                (count, portion)
            })
        })
        .collect()
    }

    #[test]
    fn four_chunks_a_worker() {
        assert_eq!(sizes(Chunking::even(16, 2), 16), [(2, 1); 8]);
        assert_eq!(sizes(Chunking::even(6400, 2), 6400), [(800, 25); 8]);
        assert_eq!(sizes(Chunking::even(3, 4), 3), [(1, 1); 3]);
    }

    #[test]
    fn many_small_portions_come_in_large_chunks_and_then_in_smaller_ones() {
        let one_by_one = Chunking::Portions {
            portion: 1,
            workers: 2,
        };
        let sizes = sizes(one_by_one, 100_000);
        assert_eq!(sizes[0], (256, 1));
        assert!(sizes.is_sorted_by(|a, b| a >= b));
        assert!(sizes.ends_with(&[(1, 1); 32]));
        assert_eq!(sizes.iter().map(|(count, _)| count).sum::<u64>(), 100_000);
    }

    #[test]
    fn the_number_of_items_may_be_unknown() {
        for chunking in [BY_SEVEN, BY_SEVEN.whole()] {
            let Size { count, portion } = chunking.next(0);
            assert_eq!((count, portion), (7, 7));
        }
    }

    #[test]
    fn portions_are_whole_but_for_the_last() {
        let sizes = sizes(BY_SEVEN, 1000);
        let (last, others) = sizes.split_last().expect("chunks");
        assert!(
            others
                .iter()
                .all(|(count, portion)| count % 7 == 0 && *portion == 7)
        );
        assert_eq!(*last, (6, 7));
    }
}
