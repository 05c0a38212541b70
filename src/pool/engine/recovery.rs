//! Recovering what a dead worker held: finished results are kept, the item that was running is
//! lost, and the rest is submitted again.

use std::sync::Arc;

use super::workers::DeadWorker;
use super::{Chunk, Engine, Outcome};
use crate::pool::shared::inline::Inline;
use crate::pool::shared::table::{Output, State};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Nothing,
    /// It held chunks of which it had begun no item.
    Claimed,
    Begun,
}

impl Engine {
    pub(super) fn recover(&mut self, dead: &DeadWorker) -> Held {
        let positions = self.in_flight.iter().map(|(position, _)| position);
        let orphaned: Vec<u64> = positions.filter(|at| self.is_orphaned(*at)).collect();
        let mut held = Held::Nothing;
        for position in orphaned {
            if let Some(chunk) = self.in_flight.remove(position) {
                held = held.max(self.recover_chunk(position, chunk, dead));
            }
        }
        self.advance();
        self.wake_workers();
        held
    }

    /// Whether the chunk was taken, but no living worker has it.
    fn is_orphaned(&self, position: u64) -> bool {
        match self.table.state(position) {
            Some(State::Ready | State::Done { .. }) => false,
            Some(State::Claimed(number)) => self.workers.source(number).is_none(),
            // Only a worker that was corrupt leaves a chunk like this.
            Some(State::Empty) | None => true,
        }
    }

    fn recover_chunk(&mut self, position: u64, mut chunk: Chunk, dead: &DeadWorker) -> Held {
        let slot = self.table.slot(position);
        let (progress, mut output) = (slot.progress(), slot.output());
        if self.table.state(position) != Some(State::Claimed(dead.number))
            && matches!(output, Output::In(_))
        {
            // It was overwritten, and nobody knows whose arena holds these results.
            output = Output::Inline(Inline::default());
        }
        self.table.clear(position);
        // The worker's numbers can't exceed what it was given.
        let finished = progress.finished.min(chunk.size.count);
        let lost = u64::from(progress.running && finished < chunk.size.count);
        if finished > 0 {
            self.report(
                chunk.job,
                Outcome::Results {
                    first: chunk.first,
                    count: finished,
                    offered: chunk.offered,
                    output,
                    failed: false, // not known; an error is seen when its turn comes
                    source: Arc::clone(&dead.source),
                },
            );
        }
        if lost > 0 {
            self.report(
                chunk.job,
                Outcome::Lost {
                    index: chunk.first + finished as usize,
                    cause: dead.cause.clone(),
                    source: Arc::clone(&dead.source),
                },
            );
        }
        let begun = finished + lost;
        if begun == chunk.size.count || self.is_cancelled(chunk.job) {
            self.close_chunk(chunk);
        } else {
            let mut rest = self.split(&mut chunk, begun);
            if lost > 0 && finished == 0 && rest.size.count > 1 {
                // Perhaps there is no room for so many results.
                let half = rest.size.count / 2;
                let other_half = self.split(&mut rest, half);
                self.submit_first(other_half);
            }
            self.backlog.push_front(rest);
        }
        if begun > 0 {
            Held::Begun
        } else {
            Held::Claimed
        }
    }
}
