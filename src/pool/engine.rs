//! The parent's side of the table: it offers chunks, gathers their outcomes, and replaces workers.
//!
//! The engine knows no types. It moves *chunks* of encoded items and their *outcomes*, each of
//! which belongs to a *job*: one call of `map` or the like. It does so in the caller's thread,
//! while the caller waits.

mod cancelling;
mod chunk;
mod closing;
mod deaths;
mod gathering;
mod in_flight;
mod inputs;
mod jobs;
mod outcome;
mod recovery;
mod settings;
mod source;
mod spawn;
mod stalls;
mod stealing;
#[cfg(test)]
mod tests;
mod timeouts;
mod turns;
mod waiting;
mod workers;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use super::shared::arena::Block;
use super::shared::encoding::skip_items;
use super::shared::functions::{Function, Functions};
use super::shared::table::{Input, Table};
use super::worker::Initializer;
use crate::error::Error;
use crate::start_method::StartMethod;
use crate::sys::patience::Patience;
use crate::sys::shared_part::SharedPart;
pub(super) use chunk::{Chunk, JobId};
use in_flight::InFlight;
use inputs::Inputs;
use jobs::Jobs;
pub(super) use outcome::Outcome;
pub(super) use settings::Settings;
use stalls::Stalls;
pub(super) use turns::Turns;
pub(super) use waiting::WaitFor;
use workers::Workers;

/// How many chunks a `map` makes for each worker. With fewer, the first results would arrive later;
/// more would cost more.
pub(super) const CHUNKS_PER_WORKER: usize = 4;

pub(super) struct Engine {
    /// Dropped first: the next fields are wiped when they are dropped.
    workers: Workers,
    table: Table,
    functions: Functions,
    inputs: Inputs,
    /// Chunks waiting for a free slot.
    backlog: VecDeque<Chunk>,
    in_flight: InFlight,
    jobs: Jobs,
    /// How many chunks were offered since workers were last woken.
    unannounced: usize,
    /// How many workers in a row died without beginning an item.
    fruitless_deaths: usize,
    patience: Patience,
    /// Whether workers may be missing.
    is_short: bool,
    /// Why and when the initializer last failed in a worker.
    failed_initializer: Option<(Error, Instant)>,
    /// Workers that were seen doing nothing, if tasks have a timeout.
    stalls: Stalls,
    is_closed: bool,
}

impl Engine {
    pub(super) fn new(workers: usize, settings: Settings) -> Result<Self, Error> {
        let mut engine = Self::without_workers(workers, settings)?;
        engine.fill()?;
        engine.wait_for_initializers()?;
        Ok(engine)
    }

    fn without_workers(workers: usize, settings: Settings) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::system("make a pool", error);
        let inputs = Inputs::new().map_err(failed)?;
        let (table, functions) = match settings.start_method {
            StartMethod::Fork => (Table::new(workers), Functions::new(SharedPart::lazy)),
            _ => (Table::to_send(workers), Functions::new(SharedPart::to_send)),
        };
        Ok(Self {
            table: table.map_err(failed)?,
            functions: functions.map_err(failed)?,
            workers: Workers::new(workers, settings)?,
            inputs,
            backlog: VecDeque::new(),
            in_flight: InFlight::default(),
            jobs: Jobs::default(),
            unannounced: 0,
            fruitless_deaths: 0,
            patience: Patience::new(),
            is_short: false,
            failed_initializer: None,
            stalls: Stalls::default(),
            is_closed: false,
        })
    }

    pub(super) fn check_open(&self) -> Result<(), Error> {
        if self.is_closed {
            Err(Error::Closed)
        } else {
            Ok(())
        }
    }

    pub(super) fn counts_chunks(&self) -> bool {
        self.workers.settings.max_chunks_per_worker.is_some()
    }

    pub(super) fn take_initializer(&mut self) -> Option<Box<dyn Initializer>> {
        self.workers.settings.initializer.take()
    }

    // From the caller to the table

    pub(super) fn open_job(
        &mut self,
        function: Function,
        item_size: Option<usize>,
    ) -> Result<JobId, Error> {
        self.workers.check(function)?;
        let function = self.functions.register(function);
        let function = function.map_err(|error| Error::system("call a function", error))?;
        self.refill_if_possible();
        Ok(self.jobs.open(function, item_size))
    }

    /// Copies the parts of one chunk's item into shared memory, one after another.
    pub(super) fn store(&mut self, parts: &[&[u8]]) -> Result<Block, Error> {
        self.inputs.store(parts)
    }

    /// Copies the items of several chunks into shared memory, where they stay until the job is
    /// over.
    pub(super) fn store_for_job(&mut self, id: JobId, bytes: &[u8]) -> Result<Block, Error> {
        let block = self.inputs.store(&[bytes])?;
        self.jobs.get(id).inputs.push(block);
        Ok(block)
    }

    /// Whether the next chunk can be offered at once.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.backlog.is_empty() && self.in_flight.has_room()
    }

    /// Offers a chunk, or queues it until there is room. Workers learn of it from
    /// [`wake_workers`](Self::wake_workers).
    #[inline]
    pub(super) fn submit(&mut self, chunk: Chunk) {
        self.jobs.get(chunk.job).open += 1;
        if self.has_room() {
            self.offer(chunk);
        } else {
            self.backlog.push_back(chunk);
        }
    }

    /// Queues a part of a chunk ahead of all others.
    fn submit_first(&mut self, part: Chunk) {
        self.jobs.get(part.job).open += 1;
        self.backlog.push_front(part);
    }

    #[inline]
    fn offer(&mut self, mut chunk: Chunk) {
        chunk.offered = chunk.size.count;
        let position = self.in_flight.add(chunk);
        let function = self.jobs.get(chunk.job).function;
        let slot = self.table.slot(position);
        slot.function.store(function, Relaxed);
        slot.set_input(chunk.input, chunk.size);
        self.table.offer(position);
        self.unannounced += 1;
    }

    /// Offers queued chunks that now have room, and wakes workers.
    pub(super) fn wake_workers(&mut self) {
        while self.in_flight.has_room()
            && let Some(chunk) = self.backlog.pop_front()
        {
            self.offer(chunk);
        }
        if self.unannounced > 0 {
            self.table.wake(self.unannounced);
            self.unannounced = 0;
        }
    }

    /// Leaves the first `count` items in the chunk, and returns a chunk of the others.
    fn split(&mut self, chunk: &mut Chunk, count: u64) -> Chunk {
        debug_assert!(
            count == 0 || chunk.segment.is_none(),
            "both would release it"
        );
        let item_size = self.jobs.get(chunk.job).item_size;
        let mut rest = *chunk;
        if let Input::At { at, len } = &mut rest.input {
            let all = self.inputs.bytes(*at, *len);
            let others = skip_items(all, item_size, count).len() as u64;
            (*at, *len) = (*at + *len - others, others);
        }
        rest.first += count as usize;
        rest.size.count -= count;
        chunk.size.count = count;
        rest
    }

    // From the table to the caller

    fn report(&mut self, id: JobId, outcome: Outcome) {
        let job = self.jobs.get(id);
        if !job.is_abandoned {
            job.outcomes.push_back(outcome);
        }
    }

    /// The next outcome of a job, or `None` if there is none yet or the job is over.
    #[inline]
    pub(super) fn next_outcome(&mut self, id: JobId) -> Option<Outcome> {
        self.jobs.get(id).outcomes.pop_front()
    }

    pub(super) fn has_outcomes(&mut self, id: JobId) -> bool {
        !self.jobs.get(id).outcomes.is_empty()
    }
}
