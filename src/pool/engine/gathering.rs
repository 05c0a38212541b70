//! Gathering the outcomes of chunks that are done.

use std::sync::Arc;

use super::{Chunk, Engine, Outcome};
use crate::pool::shared::inline::Inline;
use crate::pool::shared::table::{Output, State};

impl Engine {
    /// Gathers all chunks that are done. Returns whether there were any.
    pub(in crate::pool) fn gather(&mut self) -> bool {
        let mut found = false;
        for position in self.in_flight.old_positions() {
            found |= self.gather_if_done(position) == Some(true);
        }
        let mut untouched = 0;
        for position in self.in_flight.recent_positions() {
            match self.gather_if_done(position) {
                Some(is_done) => found |= is_done,
                // Chunks are claimed in order, except for the few that were just skipped.
                None if untouched == self.workers.size() => break,
                None => untouched += 1,
            }
        }
        if found {
            self.fruitless_deaths = 0;
            self.advance();
            self.wake_workers();
        }
        found
    }

    /// Returns `None` if no worker has begun the chunk.
    #[inline]
    fn gather_if_done(&mut self, position: u64) -> Option<bool> {
        match self.table.state(position) {
            Some(State::Done { worker, failed }) => {
                let chunk = self.in_flight.remove(position);
                chunk.inspect(|&chunk| self.conclude(position, chunk, worker, failed));
                Some(chunk.is_some())
            }
            Some(State::Ready) => None,
            _ => Some(false),
        }
    }

    fn conclude(&mut self, position: u64, mut chunk: Chunk, worker: usize, failed: bool) {
        let slot = self.table.slot(position);
        let (mut output, end) = (slot.output(), slot.share.end());
        self.table.clear(position);
        let end = chunk.size.bounded(end);
        if end < chunk.size.count && !self.is_cancelled(chunk.job) {
            // The worker gave back what it had not taken.
            let rest = self.split(&mut chunk, end);
            self.submit_first(rest);
        }
        let source = self.workers.source(worker).or_else(|| {
            // Only a corrupt worker signs with a number that no worker has. There are no results.
            output = Output::Inline(Inline::default());
            self.workers.sources().next()
        });
        if let Some(source) = source.map(Arc::clone) {
            self.report(
                chunk.job,
                Outcome::Results {
                    first: chunk.first,
                    count: chunk.size.count,
                    offered: chunk.offered,
                    output,
                    failed,
                    source,
                },
            );
        }
        self.close_chunk(chunk);
    }
}
