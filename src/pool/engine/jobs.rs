//! The calls that the engine serves.

use std::collections::VecDeque;

use super::chunk::JobId;
use super::outcome::Outcome;
use crate::pool::shared::arena::Block;

pub(super) struct Job {
    /// Its number in the table.
    pub(super) function: usize,
    /// The size of each encoded item, if all have the same.
    pub(super) item_size: Option<usize>,
    /// The blocks that are shared by its chunks.
    pub(super) inputs: Vec<Block>,
    /// How many of its chunks are queued or in flight.
    pub(super) open: usize,
    pub(super) outcomes: VecDeque<Outcome>,
    /// Nobody wants the outcomes.
    pub(super) is_abandoned: bool,
    /// Items that no worker has begun must not be run.
    pub(super) is_cancelled: bool,
}

#[derive(Default)]
pub(super) struct Jobs {
    /// `None` if free for a new job.
    jobs: Vec<Option<Job>>,
    free: Vec<usize>,
}

impl Jobs {
    pub(super) fn open(&mut self, function: usize, item_size: Option<usize>) -> JobId {
        let job = Some(Job {
            function,
            item_size,
            inputs: Vec::new(),
            open: 0,
            outcomes: VecDeque::new(),
            is_abandoned: false,
            is_cancelled: false,
        });
        if let Some(free) = self.free.pop() {
            self.jobs[free] = job;
            return JobId(free);
        }
        self.jobs.push(job);
        JobId(self.jobs.len() - 1)
    }

    #[inline]
    pub(super) fn get(&mut self, id: JobId) -> &mut Job {
        self.jobs[id.0]
            .as_mut()
            .expect("a job lasts until it is abandoned and none of its chunks is open")
    }

    /// Removes the job if nothing of it is left. Returns the blocks to be released.
    pub(super) fn close_if_over(&mut self, id: JobId) -> Option<Vec<Block>> {
        let job = self.get(id);
        if !job.is_abandoned || job.open > 0 {
            return None;
        }
        let inputs = std::mem::take(&mut job.inputs);
        self.jobs[id.0] = None;
        self.free.push(id.0);
        Some(inputs)
    }
}
