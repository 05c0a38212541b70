//! Work stealing: no worker is idle while another holds more than its current portion.
//!
//! When there are fewer chunks than workers and no more will come, the parent takes back half of
//! what one worker has not taken, and offers it as a separate chunk. So an idle worker never waits
//! longer than for the portion that another is running.

use super::{Chunk, Engine};

impl Engine {
    /// Offers parts of larger chunks, if workers are idle. Returns whether it did.
    pub(super) fn steal(&mut self) -> bool {
        let mut found = false;
        while self.has_room()
            && self.in_flight.len() < self.workers.sources().count()
            && let Some(rest) = self.steal_half()
        {
            self.submit(rest);
            found = true;
        }
        if found {
            self.wake_workers();
        }
        found
    }

    /// Steals half of the untaken items from the chunk that has the most.
    fn steal_half(&mut self) -> Option<Chunk> {
        let untaken = |position| self.table.slot(position).share.untaken();
        let untaken = self
            .in_flight
            .iter()
            .map(|(position, chunk)| (untaken(position).min(chunk.size.count), position));
        let (1.., position) = untaken.max()? else {
            return None;
        };
        let mut chunk = *self.in_flight.get_mut(position)?;
        let share = &self.table.slot(position).share;
        let end = share.steal_half(chunk.size.portion)?;
        let end = chunk.size.bounded(end);
        if end == chunk.size.count {
            return None;
        }
        let rest = self.split(&mut chunk, end);
        *self.in_flight.get_mut(position)? = chunk;
        Some(rest)
    }

    /// Whether a chunk has more than a portion, so that some of it could go to another worker.
    pub(super) fn can_steal(&self) -> bool {
        let mut chunks = self.in_flight.iter();
        chunks.any(|(_, chunk)| chunk.size.count > chunk.size.portion)
    }
}
