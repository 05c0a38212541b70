//! Outcomes that arrive in any order, put in the order of their items.

use std::collections::BTreeMap;

use crate::pool::engine::Outcome;

#[derive(Default)]
pub(in crate::pool) struct ReorderBuffer {
    /// The index of the item whose outcome is next.
    next: usize,
    early: BTreeMap<usize, Outcome>,
}

impl ReorderBuffer {
    /// The index of the item whose outcome is next.
    pub(in crate::pool) fn next(&self) -> usize {
        self.next
    }

    /// The next outcome, if it has arrived early, for [`place`](Self::place).
    #[inline]
    pub(in crate::pool) fn pop(&mut self) -> Option<Outcome> {
        self.early.remove(&self.next)
    }

    /// Returns the outcome if it is the next, and otherwise keeps it until then.
    #[inline]
    pub(in crate::pool) fn place(&mut self, outcome: Outcome) -> Option<Outcome> {
        if outcome.first() == self.next {
            self.next += outcome.count();
            return Some(outcome);
        }
        self.early.insert(outcome.first(), outcome);
        None
    }

    /// Skips the next item, which will have no outcome.
    pub(in crate::pool) fn skip(&mut self) {
        self.next += 1;
    }

    /// Drops what has arrived early.
    pub(in crate::pool) fn clear(&mut self) {
        self.early.clear();
    }
}
