//! The chunks on the table, and their positions.

use std::collections::VecDeque;

use super::chunk::Chunk;
use crate::pool::shared::table::SLOTS;

/// The chunks that were offered and have not been collected.
///
/// Most are in `recent`, a run of positions that ends with the newest. A chunk that runs for so
/// long that the ring has come round to it moves to `old`, so that it does not hold up others:
/// positions that would share its slot are skipped. Only chunks that a worker is running move, so
/// there are at most as many as workers.
#[derive(Default)]
pub(super) struct InFlight {
    old: Vec<(u64, Chunk)>,
    recent: VecDeque<Option<Chunk>>,
    /// The position of the first of `recent`.
    start: u64,
    /// How many of `recent` are still in flight.
    open: usize,
}

impl InFlight {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.old.len() + self.open
    }

    /// Whether the slot of the next chunk is free.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.next_position() - self.start < SLOTS
    }

    /// Adds a chunk, and returns its position.
    #[inline]
    pub(super) fn add(&mut self, chunk: Chunk) -> u64 {
        debug_assert!(self.has_room());
        let position = self.next_position();
        self.recent.resize((position - self.start) as usize, None);
        self.recent.push_back(Some(chunk));
        self.open += 1;
        position
    }

    /// The next position whose slot is not taken by an old chunk.
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

    pub(super) fn get_mut(&mut self, position: u64) -> Option<&mut Chunk> {
        if let Some((_, chunk)) = self.old.iter_mut().find(|(old, _)| *old == position) {
            return Some(chunk);
        }
        let place = position.checked_sub(self.start)?;
        self.recent.get_mut(place as usize)?.as_mut()
    }

    /// Removes the chunk at `position`.
    pub(super) fn remove(&mut self, position: u64) -> Option<Chunk> {
        if let Some(place) = self.old.iter().position(|(old, _)| *old == position) {
            return Some(self.old.swap_remove(place).1);
        }
        let place = position.checked_sub(self.start)?;
        let chunk = self.recent.get_mut(place as usize)?.take()?;
        self.open -= 1;
        Some(chunk)
    }

    /// All chunks and their positions, from the oldest to the newest.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Chunk)> {
        let recent = (self.start..).zip(&self.recent);
        let recent = recent.filter_map(|(position, chunk)| Some((position, (*chunk)?)));
        self.old.iter().copied().chain(recent)
    }

    /// The positions of all chunks except the old ones.
    pub(super) fn recent_positions(&self) -> std::ops::Range<u64> {
        self.start..self.start + self.recent.len() as u64
    }

    pub(super) fn old_positions(&self) -> Vec<u64> {
        self.old.iter().map(|(position, _)| *position).collect()
    }

    /// Makes room for new chunks where the first ones were removed. If the ring is half full, a
    /// chunk that `is_claimed` makes room as well.
    pub(super) fn advance(&mut self, is_claimed: impl Fn(u64) -> bool) {
        while let Some(front) = self.recent.front() {
            if let Some(chunk) = *front {
                if self.recent.len() < SLOTS as usize / 2 || !is_claimed(self.start) {
                    break;
                }
                self.old.push((self.start, chunk));
                self.open -= 1;
            }
            self.recent.pop_front();
            self.start += 1;
        }
    }

    /// A finished chunk at this position or later is worth waking up for. If there are only `few`,
    /// each one is.
    pub(super) fn worth_waking_for(&self, few: usize, more_to_come: bool) -> u64 {
        let Some(last) = self.recent.iter().rposition(Option::is_some) else {
            return self.oldest();
        };
        let middle = self.recent.len() / 2;
        if self.open <= few {
            self.oldest()
        } else if more_to_come {
            // This makes room for more while the workers still have plenty.
            self.start + last.min(middle) as u64
        } else {
            self.start + last as u64
        }
    }

    /// No chunk lies before this position.
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
    use crate::pool::shared::table::{Input, Size};

    /// Chunks come and go, some after a long time, and no two ever share a slot.
    #[test]
    fn no_slot_is_given_twice() {
        let mut in_flight = InFlight::default();
        let mut by_slot = HashMap::new();
        let mut slow = Vec::new();
        let mut random = 1_u64;
        for first in 0..1_000_000 {
            while !in_flight.has_room() {
                // Only some of the slow chunks are claimed; the others hold up the ring.
                in_flight.advance(|position| slow.contains(&position) && position % 3 > 0);
                if !in_flight.has_room() {
                    let front = in_flight.recent_positions().start;
                    in_flight.remove(front).unwrap();
                    slow.retain(|position| *position != front);
                    by_slot.remove(&(front % SLOTS));
                }
            }
            let input = Input::At { at: 0, len: 0 };
            let position = in_flight.add(Chunk::new(JobId(0), first, Size::ONE, input, None));
            assert_eq!(by_slot.insert(position % SLOTS, position), None);
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
            // Slow chunks come in pairs, so that a claimed one is next to an unclaimed one.
            let is_slow = (random >> 32).is_multiple_of(2000)
                || slow
                    .last()
                    .is_some_and(|last| last + 1 == position && last % 2 == 0);
            let removed = if is_slow {
                slow.push(position);
                (slow.len() > 9).then(|| slow.swap_remove((random >> 50) as usize % 8))
            } else {
                Some(position)
            };
            if let Some(removed) = removed {
                in_flight.remove(removed).unwrap();
                by_slot.remove(&(removed % SLOTS));
            }
        }
        let left: HashSet<u64> = in_flight.iter().map(|(position, _)| position).collect();
        assert_eq!(left, by_slot.into_values().collect());
    }
}
