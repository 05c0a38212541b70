//! How the items of a call are cut into chunks, and these into portions.
//!
//! A chunk is what the parent puts on the table, and a portion is what a worker takes of it at a
//! time. The items of a portion stay together, unless their worker dies. What a worker has not
//! taken can still go to another (`balance.rs`), so a chunk may be large without anybody being idle
//! at the end, and large chunks cost the parent less.

use super::table::{MOST_ITEMS, Size};

/// How many chunks there are for each worker, unless the caller says how large portions are. With
/// fewer, the first results would come later, and more cost more.
pub(super) const CHUNKS_PER_WORKER: usize = 4;
/// The most items of such a chunk. There must be room for its results in one piece, and in more
/// pieces they are read sooner.
const MOST_EVEN: usize = 1 << 20;
/// How many portions such a chunk is made of.
const EVEN_PORTIONS: usize = 32;
/// The most portions that a chunk is made of where the caller says how large they are.
const MOST_PORTIONS: usize = 256;
/// For each worker, a chunk is at most this part of what is left to be cut. So the last ones, which
/// decide who ends last, are small.
const PART: usize = 16;

#[derive(Clone, Copy, Debug)]
pub(super) enum Cut {
    /// In chunks of this size, which are cut into small portions.
    Even { chunk: usize },
    /// In portions of the size that the caller wants.
    Portions { portion: usize, workers: usize },
    /// In chunks of this size, of which a worker takes all.
    Whole { chunk: usize },
}

impl Cut {
    pub(super) fn even(items: usize, workers: usize) -> Self {
        Self::Even {
            chunk: items
                .div_ceil(CHUNKS_PER_WORKER * workers)
                .clamp(1, MOST_EVEN),
        }
    }

    /// Where it is counted how many chunks a worker takes, each is one that the caller wants.
    pub(super) fn counted(self) -> Self {
        match self {
            Self::Even { chunk }
            | Self::Portions { portion: chunk, .. }
            | Self::Whole { chunk } => Self::Whole { chunk },
        }
    }

    /// The next chunk, when at least `left` items are left. It may be larger than what is left.
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

    const BY_SEVEN: Cut = Cut::Portions {
        portion: 7,
        workers: 1,
    };

    fn sizes(cut: Cut, items: usize) -> Vec<(u64, u64)> {
        let mut left = items;
        std::iter::from_fn(|| {
            (left > 0).then(|| {
                let Size { count, portion } = cut.next(left);
                let count = count.min(left as u64);
                left -= count as usize;
                (count, portion)
            })
        })
        .collect()
    }

    #[test]
    fn four_chunks_a_worker() {
        assert_eq!(sizes(Cut::even(16, 2), 16), [(2, 1); 8]);
        assert_eq!(sizes(Cut::even(6400, 2), 6400), [(800, 25); 8]);
        assert_eq!(sizes(Cut::even(3, 4), 3), [(1, 1); 3]);
    }

    #[test]
    fn many_small_portions_come_in_large_chunks_and_then_in_smaller_ones() {
        let one_by_one = Cut::Portions {
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
    fn nobody_has_to_say_how_many_items_there_are() {
        for cut in [BY_SEVEN, BY_SEVEN.counted()] {
            let Size { count, portion } = cut.next(0);
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
