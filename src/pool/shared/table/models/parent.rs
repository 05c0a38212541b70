//! The parent, which does what the engine does.

use std::collections::VecDeque;

use super::{Model, Shared};
use crate::pool::shared::table::items::{Chunk, finished, input};
use crate::pool::shared::table::{SLOTS, Size, State};

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Result,
    Withdrawn,
    /// It was timed out.
    Ended,
}

pub(super) struct Parent<'a> {
    shared: &'a Shared,
    model: Model,
    backlog: VecDeque<Chunk>,
    offered: Vec<(u64, Chunk)>,
    next: u64,
    outcomes: Vec<Option<Outcome>>,
    is_cancelled: bool,
}

impl<'a> Parent<'a> {
    pub(super) fn new(shared: &'a Shared, model: Model) -> Self {
        let mut first = 0;
        let backlog = model.chunks.iter().map(|&count| {
            first += count;
            Chunk {
                first: first - count,
                count,
            }
        });
        let backlog: VecDeque<Chunk> = backlog.collect();
        Self {
            shared,
            model,
            backlog,
            offered: Vec::new(),
            next: 0,
            outcomes: vec![None; first as usize],
            is_cancelled: false,
        }
    }

    /// Offers as many chunks as there is room for, and wakes workers.
    pub(super) fn offer(&mut self) {
        let unannounced = self.put_down();
        if unannounced > 0 {
            self.shared.table.wake(unannounced);
        }
    }

    /// Offers as many chunks as there is room for. Returns how many workers must be woken.
    pub(super) fn put_down(&mut self) -> usize {
        let table = &self.shared.table;
        let mut unannounced = 0;
        while self.offered.len() < self.model.room
            && let Some(chunk) = self.backlog.pop_front()
        {
            while self
                .offered
                .iter()
                .any(|(at, _)| at % SLOTS == self.next % SLOTS)
            {
                self.next += 1;
            }
            let size = Size {
                count: chunk.count,
                portion: self.model.portion,
            };
            table.slot(self.next).set_input(input(chunk), size);
            table.offer(self.next);
            self.offered.push((self.next, chunk));
            // The slot of a chunk that took long is skipped, so that others share one.
            self.next += if self.model.room == 1 { SLOTS } else { 1 };
            unannounced += 1;
            if self.model.starts_idle {
                table.wake(unannounced);
                unannounced = 0;
            }
        }
        unannounced
    }

    /// Waits until all chunks are done.
    pub(super) fn run(&mut self) {
        self.offer();
        while !self.offered.is_empty() || !self.backlog.is_empty() {
            if self.steal() | self.gather() {
                continue;
            }
            let table = &self.shared.table;
            let mut positions = self.offered.iter().map(|(position, _)| *position);
            let wake_at = if self.model.is_patient {
                positions.next_back()
            } else {
                positions.next()
            };
            table.request_wake(wake_at.expect("what is waited for"), self.can_steal());
            if !(self.gather() || self.steal()) {
                self.shared.bell.wait();
            }
            self.shared.table.cancel_wake();
            self.gather();
        }
        assert!(!self.outcomes.contains(&None), "an item is forgotten");
    }

    fn gather(&mut self) -> bool {
        let mut found = false;
        for (position, chunk) in self.offered.clone() {
            let Some(State::Done { failed, .. }) = self.shared.table.state(position) else {
                continue;
            };
            found = true;
            let slot = self.shared.table.slot(position);
            let (output, end, progress) = (slot.output(), slot.share.end(), slot.progress());
            self.shared.table.clear(position);
            self.offered.retain(|(other, _)| *other != position);
            let mut finished = finished(chunk, output);
            if failed {
                assert!(progress.running && progress.finished <= finished);
                finished = progress.finished;
                assert!(self.outcomes[(chunk.first + finished) as usize] == Some(Outcome::Ended));
            } else {
                assert!(finished == end || self.is_cancelled);
            }
            for item in chunk.first..chunk.first + finished {
                self.recover(item, Outcome::Result);
            }
            let begun = finished + u64::from(failed);
            let rest = chunk.rest(begun);
            if self.is_cancelled {
                self.withdraw(rest);
            } else if rest.count > 0 {
                self.backlog.push_front(rest);
            }
        }
        if found {
            self.offer();
        }
        found
    }

    fn recover(&mut self, item: u64, outcome: Outcome) {
        let before = self.outcomes[item as usize].replace(outcome);
        assert!(before.is_none(), "item {item} comes twice");
        let has_begun = self.shared.gate.has_begun(item);
        assert_eq!(has_begun, outcome != Outcome::Withdrawn, "item {item}");
    }

    fn withdraw(&mut self, chunk: Chunk) {
        for item in chunk.first..chunk.first + chunk.count {
            self.recover(item, Outcome::Withdrawn);
        }
    }

    fn can_steal(&self) -> bool {
        let mut chunks = self.offered.iter();
        !self.is_cancelled && chunks.any(|(_, chunk)| chunk.count > self.model.portion)
    }

    /// Offers half of what a worker has not taken, if another is idle.
    fn steal(&mut self) -> bool {
        if self.is_cancelled || !self.backlog.is_empty() || self.offered.len() >= self.model.workers
        {
            return false;
        }
        for (position, chunk) in &mut self.offered {
            let share = &self.shared.table.slot(*position).share;
            if let Some(end) = share.steal_half(self.model.portion) {
                let rest = chunk.rest(end);
                chunk.count = end;
                self.backlog.push_back(rest);
                self.offer();
                return true;
            }
        }
        false
    }

    /// Takes back what no worker has begun.
    pub(super) fn cancel(&mut self) {
        self.is_cancelled = true;
        for (position, chunk) in self.offered.clone() {
            if self.shared.table.revoke(position) {
                self.offered.retain(|(other, _)| *other != position);
                self.withdraw(chunk);
            } else {
                self.shared.table.slot(position).share.cancel();
            }
        }
        for chunk in std::mem::take(&mut self.backlog) {
            self.withdraw(chunk);
        }
    }

    /// Times out every running item it sees, as if items had a time limit.
    pub(super) fn watch(&mut self) {
        for (position, chunk) in self.offered.clone() {
            let slot = self.shared.table.slot(position);
            if self.shared.table.state(position) == Some(State::Claimed(0))
                && let Some((i, started)) = slot.running_since()
            {
                // The clock shows the item's number, counted from 1.
                assert!(started > chunk.first + i, "an item seems older than it is");
                if slot.time_out(i) {
                    self.recover(chunk.first + i, Outcome::Ended);
                }
            }
        }
    }

    /// Checks what a killed worker would have left: the results of the finished items.
    pub(super) fn look_at_progress(&self) {
        for (position, chunk) in &self.offered {
            let slot = self.shared.table.slot(*position);
            let progress = slot.progress();
            if progress.finished > 0 {
                assert!(finished(*chunk, slot.output()) >= progress.finished);
            }
        }
    }

    /// Repairs the table, as after the death of a worker that may have overwritten the head.
    pub(super) fn repair(&self) {
        let oldest = self.offered.iter().map(|(position, _)| *position).min();
        let end = self.offered.iter().map(|(position, _)| position + 1).max();
        let offered = oldest.unwrap_or(self.next)..end.unwrap_or(self.next);
        self.shared.table.repair(offered);
        self.shared.table.wake_all();
    }

    pub(super) fn close(&self) {
        self.shared.table.close();
    }
}
