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
        self.unsettled() == 0
    }

    /// Whether another order can be entered: whether its slot is not that of an unsettled one.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.next_position() - self.start < SLOTS
    }

    /// Enters an order, and returns its position.
    #[inline]
    pub(super) fn enter(&mut self, order: Order) -> u64 {
        debug_assert!(self.has_room());
        let position = self.next_position();
        self.recent.resize((position - self.start) as usize, None);
        self.recent.push_back(Some(order));
        self.unsettled += 1;
        position
    }

    /// The next position whose slot is not taken by an old order.
    #[inline]
    fn next_position(&self) -> u64 {
        let mut position = self.start + self.recent.len() as u64;
        while self
            .old
            .iter()
            .any(|(old, _)| old % SLOTS == position % SLOTS)
        {
            position += 1;
        }
        position
    }

    pub(super) fn unsettled(&self) -> usize {
        self.old.len() + self.unsettled
    }

    pub(super) fn get_mut(&mut self, position: u64) -> Option<&mut Order> {
        if let Some((_, order)) = self.old.iter_mut().find(|(old, _)| *old == position) {
            return Some(order);
        }
        let place = position.checked_sub(self.start)?;
        self.recent.get_mut(place as usize)?.as_mut()
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

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::pool::engine::JobId;
    use crate::pool::table::{Input, Size};

    /// Chunks come and go, some after long, and no two unsettled ones ever share a slot.
    #[test]
    fn no_slot_is_given_twice() {
        let mut ledger = Ledger::default();
        let mut by_slot = HashMap::new();
        let mut slow = Vec::new();
        let mut random = 1_u64;
        for first in 0..1_000_000 {
            while !ledger.has_room() {
                // Only some of the slow ones were claimed; the others hold up the ring.
                ledger.advance(|position| slow.contains(&position) && position % 3 > 0);
                if !ledger.has_room() {
                    let front = ledger.recent_positions().start;
                    ledger.strike(front).unwrap();
                    slow.retain(|position| *position != front);
                    by_slot.remove(&(front % SLOTS));
                }
            }
            let input = Input::At { at: 0, len: 0 };
            let position = ledger.enter(Order::new(JobId(0), first, Size::ONE, input));
            assert_eq!(by_slot.insert(position % SLOTS, position), None);
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
            // Slow ones come in pairs, so that a claimed one stands beside one that is not.
            let is_slow = (random >> 32).is_multiple_of(2000)
                || slow
                    .last()
                    .is_some_and(|last| last + 1 == position && last % 2 == 0);
            let settled = if is_slow {
                slow.push(position);
                (slow.len() > 9).then(|| slow.swap_remove((random >> 50) as usize % 8))
            } else {
                Some(position)
            };
            if let Some(settled) = settled {
                ledger.strike(settled).unwrap();
                by_slot.remove(&(settled % SLOTS));
            }
        }
        let left: HashSet<u64> = ledger.iter().map(|(position, _)| position).collect();
        assert_eq!(left, by_slot.into_values().collect());
    }
}
