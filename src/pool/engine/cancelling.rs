//! How chunks and jobs end: finished, abandoned or cancelled.

use std::collections::VecDeque;

use super::{Chunk, Engine, JobId};
use crate::pool::shared::table::State;

/// The most memory kept for results between two calls: by all workers together, or 1 MiB by each.
const KEPT_RESULTS: u64 = 160 << 20;

impl Engine {
    /// Abandons the job: its chunks are still run, but their outcomes are dropped.
    pub(in crate::pool) fn abandon_job(&mut self, id: JobId) {
        if self.jobs.get(id).open > 0 {
            // Otherwise their memory would be kept until the next call.
            self.gather();
        }
        let job = self.jobs.get(id);
        job.is_abandoned = true;
        job.outcomes.clear();
        self.close_if_over(id);
    }

    /// Takes back all chunks of the job that no worker has begun, and abandons it.
    pub(in crate::pool) fn cancel_job(&mut self, id: JobId) {
        self.jobs.get(id).is_cancelled = true;
        if self.jobs.get(id).open > 0 {
            let (queued, kept) = std::mem::take(&mut self.backlog)
                .into_iter()
                .partition::<VecDeque<_>, _>(|chunk| chunk.job == id);
            self.backlog = kept;
            let offered = self.in_flight.iter().filter(|(_, chunk)| chunk.job == id);
            let offered: Vec<u64> = offered.map(|(position, _)| position).collect();
            for position in offered {
                if !self.table.revoke(position) {
                    // A worker has it, and stops after the current item.
                    self.table.slot(position).share.cancel();
                } else if let Some(chunk) = self.in_flight.remove(position) {
                    self.withdraw(chunk);
                }
            }
            queued.into_iter().for_each(|chunk| self.withdraw(chunk));
            self.advance();
            self.wake_workers();
        }
        self.abandon_job(id);
    }

    fn withdraw(&mut self, chunk: Chunk) {
        if let Some(segment) = chunk.segment {
            self.inputs.release(segment);
        }
        self.jobs.get(chunk.job).open -= 1;
    }

    pub(super) fn is_cancelled(&mut self, id: JobId) -> bool {
        self.jobs.get(id).is_cancelled
    }

    /// Closes a chunk of which nothing more will be run.
    pub(super) fn close_chunk(&mut self, chunk: Chunk) {
        self.withdraw(chunk);
        self.close_if_over(chunk.job);
    }

    fn close_if_over(&mut self, id: JobId) {
        let Some(inputs) = self.jobs.close_if_over(id) else {
            return;
        };
        for block in inputs {
            self.inputs.release(block.segment);
        }
        if !self.has_open_chunks() {
            self.inputs.trim();
            let kept = KEPT_RESULTS / self.workers.size() as u64;
            self.workers.trim(kept.max(1 << 20));
        }
    }

    /// Makes room on the table for later chunks.
    pub(super) fn advance(&mut self) {
        let state = |position| self.table.state(position);
        self.in_flight
            .advance(|position| matches!(state(position), Some(State::Claimed(_))));
    }
}
