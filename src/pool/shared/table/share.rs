//! Which items of a chunk its worker has taken.
//!
//! A worker takes the items of a chunk portion by portion. The parent can steal items that the
//! worker has not taken, for an idle worker. One word holds how many are taken and where the chunk
//! ends, and both sides change it by compare-and-swap. So at every instant each item belongs either
//! to the worker or to the parent, whichever process is killed.

use std::sync::atomic::Ordering::*;

use super::sync::AtomicU64;

/// The end of the chunk in the upper half of the word, and how much is taken in the lower half.
/// Both count items from the start of the chunk.
#[derive(Default)]
pub(in crate::pool) struct Share(AtomicU64);

/// The most items that a chunk can have.
pub(in crate::pool) const MOST_ITEMS: u64 = u32::MAX as u64;

fn word(end: u64, taken: u64) -> u64 {
    end << 32 | taken
}

fn parts(word: u64) -> (u64, u64) {
    (word >> 32, word & u64::from(u32::MAX))
}

impl Share {
    /// Parent: begins a chunk of `count` items. Whoever claims it has thereby taken the first
    /// `taken`.
    #[inline]
    pub(super) fn begin(&self, count: u64, taken: u64) {
        self.0.store(word(count, taken), Relaxed);
    }

    /// Where the chunk ends.
    #[inline]
    pub(in crate::pool) fn end(&self) -> u64 {
        parts(self.0.load(Relaxed)).0
    }

    /// How many items the worker has not taken.
    pub(in crate::pool) fn untaken(&self) -> u64 {
        let (end, taken) = parts(self.0.load(Relaxed));
        end.saturating_sub(taken)
    }

    // ANCHOR: take
    /// Worker: takes the next portion. Returns how many items are taken
    /// now, or `None` if all were.
    #[inline]
    pub(in crate::pool) fn take(&self, portion: u64) -> Option<u64> {
        self.change(|end, taken| {
            (taken < end).then(|| (end, taken.saturating_add(portion).min(end)))
        })
        .map(|(_, taken)| taken)
    }

    /// Parent: steals half of the portions that are not taken, rounded up.
    /// Returns where the chunk ends now, or `None` if none were left.
    pub(in crate::pool) fn steal_half(&self, portion: u64) -> Option<u64> {
        self.change(|end, taken| {
            let portions = end.saturating_sub(taken).div_ceil(portion);
            (portions > 0).then(|| (taken + portions / 2 * portion, taken))
        })
        .map(|(end, _)| end)
    }
    // ANCHOR_END: take

    /// Worker: gives back what it has not taken.
    pub(in crate::pool) fn give_back(&self) {
        self.change(|end, taken| (taken < end).then_some((taken, taken)));
    }

    /// Parent: no more items are wanted.
    pub(in crate::pool) fn cancel(&self) {
        self.0.store(0, Relaxed);
    }

    /// Applies `change` to the end and to what is taken. Returns the new values.
    #[inline]
    fn change(&self, change: impl Fn(u64, u64) -> Option<(u64, u64)>) -> Option<(u64, u64)> {
        let mut old = self.0.load(Relaxed);
        loop {
            let (end, taken) = parts(old);
            let new = change(end, taken)?;
            match self
                .0
                .compare_exchange(old, word(new.0, new.1), Relaxed, Relaxed)
            {
                Ok(_) => return Some(new),
                Err(now) => old = now,
            }
        }
    }

    #[cfg(test)]
    pub(in crate::pool) fn as_word(&self) -> &AtomicU64 {
        &self.0
    }
}
