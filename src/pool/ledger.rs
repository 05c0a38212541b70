//! Which order stands at which position of the table.

use std::collections::VecDeque;

use super::engine::Order;
use super::table::SLOTS;

/// The orders that were offered and are not settled.
///
/// Most of them are in `recent`, a run of positions of which the last is the newest. A chunk that
/// runs so long that the ring has come round to it is moved to `old`, so that it holds up nobody:
/// the positions that would share its slot are passed over. Only what a worker runs is moved, so
/// there are at most as many as workers.
#[derive(Default)]
pub(super) struct Ledger {
    old: Vec<(u64, Order)>,
    recent: VecDeque<Option<Order>>,
    /// The position of the first of `recent`.
    start: u64,
    /// How many of `recent` are not settled.
    unsettled: usize,
}

impl Ledger {
    pub(super) fn is_empty(&self) -> bool {
        self.old.is_empty() && self.unsettled == 0
    }

    /// Whether another order can be entered.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.recent.len() < SLOTS as usize
    }

    /// Enters an order, and returns its position.
    #[inline]
    pub(super) fn enter(&mut self, order: Order) -> u64 {
        let mut position = self.start + self.recent.len() as u64;
        while self.is_taken(position) {
            self.recent.push_back(None);
            position += 1;
        }
        self.recent.push_back(Some(order));
        self.unsettled += 1;
        position
    }

    #[inline]
    fn is_taken(&self, position: u64) -> bool {
        self.old
            .iter()
            .any(|(old, _)| old % SLOTS == position % SLOTS)
    }

    /// Strikes out the order at `position`, which is settled.
    pub(super) fn strike(&mut self, position: u64) -> Option<Order> {
        if let Some(place) = self.old.iter().position(|(old, _)| *old == position) {
            return Some(self.old.swap_remove(place).1);
        }
        let place = position.checked_sub(self.start)?;
        let order = self.recent.get_mut(place as usize)?.take()?;
        self.unsettled -= 1;
        Some(order)
    }

    /// All orders and their positions, from the oldest to the newest.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Order)> {
        let recent = (self.start..).zip(&self.recent);
        let recent = recent.filter_map(|(position, order)| Some((position, (*order)?)));
        self.old.iter().copied().chain(recent)
    }

    /// The positions from the oldest unsettled one to the end.
    pub(super) fn recent_positions(&self) -> std::ops::Range<u64> {
        self.start..self.start + self.recent.len() as u64
    }

    pub(super) fn old_positions(&self) -> Vec<u64> {
        self.old.iter().map(|(position, _)| *position).collect()
    }

    /// Forgets the settled orders at the front, which makes room for new ones. When the ring is
    /// half full, an unsettled one that `is_claimed` makes room as well.
    pub(super) fn advance(&mut self, is_claimed: impl Fn(u64) -> bool) {
        while let Some(front) = self.recent.front() {
            if let Some(order) = *front {
                if self.recent.len() < SLOTS as usize / 2 || !is_claimed(self.start) {
                    break;
                }
                self.old.push((self.start, order));
                self.unsettled -= 1;
            }
            self.recent.pop_front();
            self.start += 1;
        }
    }

    /// A position such that the end of a chunk there, or later, is worth waking up for: there is
    /// one that is not settled. `few`: how many unsettled ones are so few that each counts.
    pub(super) fn worth_waking_for(&self, few: usize, more_to_come: bool) -> u64 {
        let Some(last) = self.recent.iter().rposition(Option::is_some) else {
            return self.oldest();
        };
        let middle = self.recent.len() / 2;
        if self.unsettled <= few {
            self.oldest()
        } else if more_to_come {
            // There will be room for more while the workers still have plenty.
            self.start + last.min(middle) as u64
        } else {
            self.start + last as u64
        }
    }

    /// No unsettled order stands before this position.
    pub(super) fn oldest(&self) -> u64 {
        self.old
            .iter()
            .map(|(position, _)| *position)
            .min()
            .unwrap_or(self.start)
    }
}
