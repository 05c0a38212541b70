//! A job: what one call asks of the engine, with the types that the engine does not know.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use super::function::TaskFunction;
use super::results::read_into;
use super::sink::Sink;
use crate::error::{Error, TaskError};
use crate::pool::engine::{Chunk, Engine, JobId, Outcome, Turns, WaitFor};
use crate::pool::shared::arena::Block;
use crate::pool::shared::encoding::prefix;
use crate::pool::shared::inline::Inline;
use crate::pool::shared::table::{Input, Size};
use crate::sys::generation::Generation;
use crate::wire::{self, Portable};

/// A job whose tasks return an `R`.
///
/// The engine is never taken while the caller's code runs (encoding, decoding, iterators), since
/// that may use the pool itself.
pub(in crate::pool) struct Job<R> {
    engine: Arc<Turns>,
    id: JobId,
    generation: Generation,
    results: PhantomData<fn() -> R>,
}

impl<R: Portable> Job<R> {
    pub(in crate::pool) fn new(engine: &Arc<Turns>, task: TaskFunction) -> Result<Self, Error> {
        let mut taken = engine.take();
        taken.check_open()?;
        let id = taken.open_job(task.function, task.item_size)?;
        drop(taken);
        Ok(Self {
            engine: Arc::clone(engine),
            id,
            generation: Generation::current(),
            results: PhantomData,
        })
    }

    /// Returns an error in a child that inherited the job: the engine and the results belong to its
    /// parent.
    pub(in crate::pool) fn check_owner(&self) -> Result<(), Error> {
        self.generation.check("pool")
    }

    pub(super) fn id(&self) -> JobId {
        self.id
    }

    fn engine(&self) -> Result<MutexGuard<'_, Engine>, Error> {
        self.check_owner()?;
        Ok(self.engine.take())
    }

    /// Submits a chunk of one item, and returns its size in bytes. Workers learn of it from
    /// [`wake_workers`](Self::wake_workers).
    pub(in crate::pool) fn submit<T: Portable>(
        &mut self,
        index: usize,
        item: &T,
    ) -> Result<usize, Error> {
        let bytes = wire::encoded(item)?;
        let prefix = prefix::<T>(&bytes);
        let parts = [prefix.as_ref().map_or(&[][..], |prefix| prefix), &bytes];
        let mut engine = self.engine()?;
        let (input, segment) = match Inline::of(&parts) {
            Some(inline) => (Input::Inline(inline), None),
            None => {
                let Block { segment, at, len } = engine.store(&parts)?;
                (Input::At { at, len }, Some(segment))
            }
        };
        engine.submit(Chunk::new(self.id, index, Size::ONE, input, segment));
        Ok(bytes.len())
    }

    pub(in crate::pool) fn wake_workers(&self) {
        if let Ok(mut engine) = self.engine() {
            engine.wake_workers();
        }
    }

    /// Submits as many as there is room for, and wakes workers. Returns false if some chunks are
    /// left.
    pub(super) fn submit_from(&self, chunks: &mut VecDeque<Chunk>) -> Result<bool, Error> {
        let mut engine = self.engine()?;
        while engine.has_room()
            && let Some(chunk) = chunks.pop_front()
        {
            engine.submit(chunk);
        }
        engine.wake_workers();
        Ok(chunks.is_empty())
    }

    /// Copies the items of several chunks into shared memory, where they stay until the job is
    /// over.
    pub(super) fn store(&self, items: &[u8]) -> Result<Block, Error> {
        self.engine()?.store_for_job(self.id, items)
    }

    pub(in crate::pool) fn next_outcome(&self) -> Option<Outcome> {
        self.engine().ok()?.next_outcome(self.id)
    }

    /// Whether a result or an error is available without blocking.
    pub(in crate::pool) fn is_ready(&self) -> bool {
        let has_outcomes = || {
            self.engine().is_ok_and(|mut engine| {
                engine.gather();
                engine.has_outcomes(self.id)
            })
        };
        // Only a caller that waits learns that the worker is dead.
        has_outcomes() || self.wait(WaitFor::Next, Some(Instant::now())).is_err() || has_outcomes()
    }

    pub(in crate::pool) fn wait(
        &self,
        wait_for: WaitFor,
        until: Option<Instant>,
    ) -> Result<(), Error> {
        self.check_owner()?;
        let mut engine = self.engine.take_to_wait();
        engine.check_open()?;
        engine.wait(wait_for, until)
    }

    /// The result of an outcome that has one. Its room is then released.
    pub(in crate::pool) fn read_one(&self, outcome: Outcome) -> Option<Result<R, Box<TaskError>>> {
        let mut one = None;
        self.read_into(&outcome, &mut one).ok()?;
        one
    }

    /// Hands each result of an outcome to `sink`, in order.
    #[inline]
    pub(in crate::pool) fn read_into(
        &self,
        outcome: &Outcome,
        sink: &mut impl Sink<R>,
    ) -> Result<(), Error> {
        read_into(outcome, sink)
    }

    /// Gives up the results; the tasks are still run.
    pub(in crate::pool) fn abandon(&self) {
        if let Ok(mut engine) = self.engine() {
            engine.abandon_job(self.id);
        }
    }

    /// Cancels what no worker has begun.
    pub(in crate::pool) fn cancel(&self) {
        if let Ok(mut engine) = self.engine() {
            engine.cancel_job(self.id);
        }
    }
}
