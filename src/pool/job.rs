//! One call of the pool, with the types that the engine does not know.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Instant;

use super::call::Call;
use super::chunk;
use super::engine::{Engine, Finding, JobId, Order, Wish};
use crate::error::{Cause, Error, TaskError};
use crate::wire::Value;

/// How many bytes of inputs are gathered before the workers are told of them.
const WORTH_TELLING: usize = 32 << 10;

/// A job whose tasks take a `T` and return an `R`.
///
/// The engine is never borrowed while code of the caller's runs (encoding, decoding, iterators),
/// which may use the pool itself.
pub(super) struct Job<R> {
    engine: Rc<RefCell<Engine>>,
    id: JobId,
    call: Call,
    scratch: Vec<u8>,
    results: PhantomData<fn() -> R>,
}

impl<R: Value> Job<R> {
    pub(super) fn new(engine: &Rc<RefCell<Engine>>, call: Call) -> Result<Self, Error> {
        engine.borrow().check_open()?;
        Ok(Self {
            engine: Rc::clone(engine),
            id: engine.borrow_mut().open_job(),
            call,
            scratch: Vec::new(),
            results: PhantomData,
        })
    }

    /// Encodes the chunk that starts with the item `first`.
    fn prepare<T: Value>(&mut self, first: usize, items: &[T]) -> Result<Order, Error> {
        self.scratch.clear();
        for item in items {
            chunk::encode_input(item, &mut self.scratch)?;
        }
        Ok(Order {
            job: self.id,
            first,
            count: items.len() as u64,
            input: self.engine.borrow_mut().store_input(&self.scratch)?,
            run: self.call.run,
            call: self.call.call,
        })
    }

    /// Orders one chunk.
    pub(super) fn order<T: Value>(&mut self, first: usize, items: &[T]) -> Result<(), Error> {
        let order = self.prepare(first, items)?;
        let mut engine = self.engine.borrow_mut();
        engine.order(order);
        Ok(())
    }

    /// Tells the workers of what was ordered.
    pub(super) fn offer(&self) {
        self.engine.borrow_mut().offer();
    }

    /// Orders all items, in chunks of `size`. If one can't be encoded, none is ordered.
    pub(super) fn order_all<T: Value>(&mut self, items: &[T], size: usize) -> Result<(), Error> {
        let chunks = items.chunks(size).enumerate();
        if crate::wire::fixed_size::<T>().is_some() {
            // Nothing can fail, so the workers may begin at once.
            let mut told = 0;
            for (number, items) in chunks {
                self.order(number * size, items)?;
                told += self.scratch.len();
                if told > WORTH_TELLING {
                    self.offer();
                    told = 0;
                }
            }
        } else {
            let mut orders = Vec::with_capacity(items.len().div_ceil(size));
            for (number, items) in chunks {
                match self.prepare(number * size, items) {
                    Ok(order) => orders.push(order),
                    Err(error) => {
                        let mut engine = self.engine.borrow_mut();
                        orders
                            .iter()
                            .for_each(|order: &Order| engine.release_block(order.input));
                        return Err(error);
                    }
                }
            }
            let mut engine = self.engine.borrow_mut();
            orders.into_iter().for_each(|order| engine.order(order));
        }
        self.offer();
        Ok(())
    }

    pub(super) fn next_finding(&self) -> Option<Finding> {
        self.engine.borrow_mut().next_finding(self.id)
    }

    pub(super) fn has_findings(&self) -> bool {
        let mut engine = self.engine.borrow_mut();
        engine.gather();
        engine.has_findings(self.id)
    }

    pub(super) fn wait(&self, wish: Wish, until: Option<Instant>) -> Result<(), Error> {
        let mut engine = self.engine.borrow_mut();
        engine.check_open()?;
        engine.wait(wish, until)
    }

    /// Hands each result of a finding to `sink`, in their order, and gives back their room.
    pub(super) fn read(&self, finding: Finding, mut sink: impl FnMut(usize, Result<R, TaskError>)) {
        match &finding {
            Finding::Results {
                first,
                count,
                output,
                lane,
            } => {
                let mapping = lane.mapping(*output);
                let bytes = mapping.as_ref().map_or(&[][..], |mapping| {
                    // SAFETY: the worker finished the chunk, or has ended, and leaves the room
                    // alone until it is given back, which is after this.
                    unsafe { mapping.bytes(output.at, output.len) }
                });
                chunk::read_results(bytes, *count, |i, result| {
                    let index = first + i as usize;
                    let worker = |cause| lane.error(cause);
                    let error = |cause: Cause| TaskError {
                        index,
                        worker: worker(cause),
                    };
                    sink(index, result.map_err(error));
                });
            }
            Finding::Lost { index, cause, lane } => sink(
                *index,
                Err(TaskError {
                    index: *index,
                    worker: lane.error(cause.clone()),
                }),
            ),
        }
        finding.release();
    }

    /// Waits for the results of `count` items and hands them to `sink` in the order of the inputs.
    /// It stops early when `sink` fails, or, if `impatient`, as soon as an item is lost.
    pub(super) fn collect(
        &self,
        count: usize,
        impatient: bool,
        mut sink: impl FnMut(Result<R, TaskError>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut early = BTreeMap::new();
        let mut next = 0;
        let mut outcome = Ok(());
        while next < count {
            let Some(finding) = early.remove(&next).or_else(|| self.next_finding()) else {
                self.wait(Wish::All, None)?;
                continue;
            };
            let is_lost = matches!(finding, Finding::Lost { .. });
            if finding.first() != next && !(impatient && is_lost) {
                early.insert(finding.first(), finding);
                continue;
            }
            self.read(finding, |index, result| {
                next = index + 1;
                if outcome.is_ok() {
                    outcome = sink(result);
                }
            });
            if outcome.is_err() {
                break;
            }
        }
        outcome
    }

    /// Nobody will ask for the results, but the tasks are to be run.
    pub(super) fn abandon(&self) {
        self.engine.borrow_mut().abandon_job(self.id);
    }

    /// What no worker has begun is not to be run.
    pub(super) fn cancel(&self) {
        self.engine.borrow_mut().cancel_job(self.id);
    }
}
