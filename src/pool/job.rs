//! One call of the pool, with the types that the engine does not know.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Instant;

use super::arena::Block;
use super::call::Call;
use super::chunk;
use super::cut::Cut;
use super::engine::{Engine, Finding, JobId, Order};
use super::orders::Orders;
use super::sink::{FirstFailure, Sink};
use super::small::Small;
use super::table::{Input, Output, Size};
use super::waiting::Wish;
use crate::error::{Cause, Error, TaskError};
use crate::sys::generation::Generation;
use crate::wire::{self, Portable};

/// A job whose tasks take a `T` and return an `R`.
///
/// The engine is never borrowed while code of the caller's runs (encoding, decoding, iterators),
/// which may use the pool itself.
pub(super) struct Job<R> {
    engine: Rc<RefCell<Engine>>,
    id: JobId,
    generation: Generation,
    results: PhantomData<fn() -> R>,
}

impl<R: Portable> Job<R> {
    pub(super) fn new(engine: &Rc<RefCell<Engine>>, call: Call) -> Result<Self, Error> {
        engine.borrow().check_open()?;
        call.check(&engine.borrow().crew.code)?;
        Ok(Self {
            engine: Rc::clone(engine),
            id: engine.borrow_mut().open_job(call)?,
            generation: Generation::current(),
            results: PhantomData,
        })
    }

    /// An error in a child that inherited the job: the engine, the table and the results are its
    /// parent's.
    pub(super) fn check_owner(&self) -> Result<(), Error> {
        self.generation.check("pool")
    }

    pub(super) fn id(&self) -> JobId {
        self.id
    }

    fn engine(&self) -> Result<RefMut<'_, Engine>, Error> {
        self.check_owner()?;
        Ok(self.engine.borrow_mut())
    }

    /// Orders a chunk of one item. Returns how many bytes it is.
    pub(super) fn order<T: Portable>(&mut self, index: usize, item: &T) -> Result<usize, Error> {
        let bytes = wire::encoded(item)?;
        let head = chunk::head::<T>(&bytes);
        let parts = [head.as_ref().map_or(&[][..], |head| head), &bytes];
        let mut engine = self.engine()?;
        let (input, segment) = match Small::of(&parts) {
            Some(small) => (Input::Small(small), None),
            None => {
                let Block { segment, at, len } = engine.store_input(&parts)?;
                (Input::At { at, len }, Some(segment))
            }
        };
        let order = Order::new(self.id, index, Size::ONE, input);
        engine.order(Order { segment, ..order });
        Ok(bytes.len())
    }

    /// Calls the workers to what was ordered.
    pub(super) fn tell(&self) {
        if let Ok(mut engine) = self.engine() {
            engine.tell();
        }
    }

    /// Orders what there is room for. False: something is left.
    pub(super) fn order_from(&self, orders: &mut VecDeque<Order>) -> Result<bool, Error> {
        let mut engine = self.engine()?;
        while engine.has_room()
            && let Some(order) = orders.pop_front()
        {
            engine.order(order);
        }
        engine.tell();
        Ok(orders.is_empty())
    }

    /// Moves inputs of several orders into shared memory, where they stay until the job is over.
    pub(super) fn store(&self, inputs: &[u8]) -> Result<Block, Error> {
        self.engine()?.store_job_input(self.id, inputs)
    }

    pub(super) fn next_finding(&self) -> Option<Finding> {
        self.engine().ok()?.next_finding(self.id)
    }

    /// Whether there is something to be had without waiting, be it an error.
    pub(super) fn is_ready(&self) -> bool {
        let has_findings = || {
            self.engine().is_ok_and(|mut engine| {
                engine.gather();
                engine.has_findings(self.id)
            })
        };
        // The worker may be dead, which only those hear of who wait.
        has_findings() || self.wait(Wish::Any, Some(Instant::now())).is_err() || has_findings()
    }

    pub(super) fn wait(&self, wish: Wish, until: Option<Instant>) -> Result<(), Error> {
        let mut engine = self.engine()?;
        engine.check_open()?;
        engine.wait(wish, until)
    }

    /// Hands the result of a finding that has one, and gives back its room.
    ///
    /// The error is boxed, since moving the room for a large one costs more than a small result.
    pub(super) fn read_one(&self, finding: Finding) -> Option<Result<R, Box<TaskError>>> {
        let mut one = None;
        self.read_into(&finding, &mut one).ok()?;
        one
    }

    /// Hands each result of a finding to `sink`, in their order.
    #[inline]
    pub(super) fn read_into(
        &self,
        finding: &Finding,
        sink: &mut impl Sink<R>,
    ) -> Result<(), Error> {
        let result = match finding {
            Finding::Results {
                first,
                count,
                offered,
                output,
                lane,
                ..
            } => {
                let mapping;
                let failure = |i, cause| lane.task_error(first + i as usize, cause);
                let bytes = match output {
                    Output::Small(small) => small.bytes(),
                    Output::In(block) => match lane.mapping(*block) {
                        Ok(found) => {
                            mapping = found;
                            // SAFETY: the worker finished the chunk, or has ended, and leaves the
                            // room alone until it is given back, which is after this. One in its
                            // wrong mind could change the bytes; so they are copied before they
                            // are checked (see `chunk.rs`).
                            unsafe { mapping.bytes(block.at, block.len) }
                        }
                        Err(error) => {
                            let cause =
                                Cause::Decode(format!("left a result out of reach: {error}"));
                            return (0..*count)
                                .try_for_each(|i| sink.take(Err(failure(i, cause.clone()))))
                                .map_err(|error| Error::Task(*error));
                        }
                    },
                };
                chunk::read_results(bytes, *offered, *count, failure, sink)
            }
            Finding::Lost { index, cause, lane } => {
                sink.take(Err(lane.task_error(*index, cause.clone())))
            }
        };
        result.map_err(|error| Error::Task(*error))
    }

    /// Runs all items, and hands the results to `sink` in the order of the inputs. It stops early
    /// when `sink` fails.
    pub(super) fn run<T: Portable, S: Sink<R>>(
        &self,
        items: impl Iterator<Item = T>,
        cut: Cut,
        sink: &mut S,
    ) -> Result<(), Error> {
        let mut orders = Orders::new(items, cut);
        orders.feed(self)?;
        let mut early = BTreeMap::new();
        let mut next = 0;
        while next < orders.drawn() || !orders.are_over() {
            let Some(finding) = early.remove(&next).or_else(|| self.next_finding()) else {
                // What decoded a result may have used the pool, and made room on the table.
                orders.feed(self)?;
                let more_to_come = !orders.are_over();
                self.wait(Wish::All { more_to_come }, None)?;
                orders.feed(self)?;
                continue;
            };
            if S::STOPS_AT_FAILURE && finding.has_failed() {
                self.read_into(&finding, &mut FirstFailure)?;
            }
            if finding.first() != next {
                early.insert(finding.first(), finding);
                continue;
            }
            next += finding.count();
            self.read_into(&finding, sink)?;
        }
        Ok(())
    }

    /// Nobody will ask for the results, but the tasks are to be run.
    pub(super) fn abandon(&self) {
        if let Ok(mut engine) = self.engine() {
            engine.abandon_job(self.id);
        }
    }

    /// What no worker has begun is not to be run.
    pub(super) fn cancel(&self) {
        if let Ok(mut engine) = self.engine() {
            engine.cancel_job(self.id);
        }
    }
}
