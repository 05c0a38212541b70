//! One call of the pool, with the types that the engine does not know.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Instant;

use super::call::Call;
use super::chunk;
use super::engine::{Engine, Finding, JobId, Order, Wish};
use crate::error::{Error, TaskError};
use crate::sys::fork::generation;
use crate::wire::Value;

/// How many bytes of inputs go into shared memory at a time.
const BATCH: usize = 32 << 10;

/// A job whose tasks take a `T` and return an `R`.
///
/// The engine is never borrowed while code of the caller's runs (encoding, decoding, iterators),
/// which may use the pool itself.
pub(super) struct Job<R> {
    engine: Rc<RefCell<Engine>>,
    id: JobId,
    generation: u32,
    results: PhantomData<fn() -> R>,
}

impl<R: Value> Job<R> {
    pub(super) fn new(engine: &Rc<RefCell<Engine>>, call: Call) -> Result<Self, Error> {
        engine.borrow().check_open()?;
        Ok(Self {
            engine: Rc::clone(engine),
            id: engine.borrow_mut().open_job(call),
            generation: generation(),
            results: PhantomData,
        })
    }

    /// An error in a child that inherited the job: the engine, the table and the results are its
    /// parent's.
    pub(super) fn check_owner(&self) -> Result<(), Error> {
        if self.generation == generation() {
            Ok(())
        } else {
            Err(Error::Inherited { what: "pool" })
        }
    }

    fn engine(&self) -> Result<RefMut<'_, Engine>, Error> {
        self.check_owner()?;
        Ok(self.engine.borrow_mut())
    }

    /// Orders a chunk of one item.
    pub(super) fn order<T: Value>(&mut self, index: usize, item: &T) -> Result<(), Error> {
        let mut encoded = Vec::new();
        let (head, head_len, bytes) = chunk::encode_one(item, &mut encoded)?;
        let mut engine = self.engine()?;
        let block = engine.store_input(&[&head[..head_len], bytes])?;
        engine.order(Order {
            job: self.id,
            first: index,
            count: 1,
            at: block.at,
            len: block.len,
            segment: Some(block.segment),
        });
        Ok(())
    }

    /// Calls the workers to what was ordered.
    pub(super) fn tell(&self) {
        if let Ok(mut engine) = self.engine() {
            engine.tell();
        }
    }

    /// Orders all items, in chunks of `size`. If one can't be encoded, none is run.
    pub(super) fn order_all<T: Value>(&mut self, items: &[T], size: usize) -> Result<(), Error> {
        // Where nothing can fail, the workers may begin before all is encoded.
        let is_infallible = crate::wire::fixed_size::<T>().is_some();
        let mut orders = Vec::new();
        let mut encoded = Vec::new();
        let mut sent = 0;
        for (number, items) in items.chunks(size).enumerate() {
            let start = encoded.len();
            for item in items {
                chunk::encode_input(item, &mut encoded)?;
            }
            orders.push(Order {
                job: self.id,
                first: number * size,
                count: items.len() as u64,
                at: start as u64,
                len: (encoded.len() - start) as u64,
                segment: None,
            });
            if encoded.len() > BATCH {
                sent = self.store(&mut encoded, &mut orders, sent)?;
                if is_infallible {
                    self.send(&mut orders);
                    sent = 0;
                }
            }
        }
        self.store(&mut encoded, &mut orders, sent)?;
        self.send(&mut orders);
        Ok(())
    }

    /// Moves the encoded inputs of the orders from `first` on into shared memory.
    fn store(
        &self,
        encoded: &mut Vec<u8>,
        orders: &mut [Order],
        first: usize,
    ) -> Result<usize, Error> {
        let block = self.engine.borrow_mut().store_job_input(self.id, encoded)?;
        encoded.clear();
        for order in &mut orders[first..] {
            order.at += block.at;
        }
        Ok(orders.len())
    }

    fn send(&self, orders: &mut Vec<Order>) {
        let mut engine = self.engine.borrow_mut();
        for order in orders.drain(..) {
            engine.order(order);
        }
        engine.tell();
    }

    pub(super) fn next_finding(&self) -> Option<Finding> {
        self.engine().ok()?.next_finding(self.id)
    }

    pub(super) fn has_findings(&self) -> bool {
        self.engine().is_ok_and(|mut engine| {
            engine.gather();
            engine.has_findings(self.id)
        })
    }

    pub(super) fn wait(&self, wish: Wish, until: Option<Instant>) -> Result<(), Error> {
        let mut engine = self.engine()?;
        engine.check_open()?;
        engine.wait(wish, until)
    }

    /// Hands each result of a finding to `sink`, in their order, and gives back their room.
    ///
    /// Errors are boxed, since moving the room for a large one costs more than a small result.
    #[inline]
    pub(super) fn read(
        &self,
        finding: Finding,
        mut sink: impl FnMut(usize, Result<R, Box<TaskError>>),
    ) {
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
                    sink(
                        index,
                        result.map_err(|cause| lane.task_error(index, *cause)),
                    );
                });
            }
            Finding::Lost { index, cause, lane } => {
                sink(*index, Err(lane.task_error(*index, cause.clone())));
            }
        }
    }

    /// Waits for the results of `count` items and hands them to `sink` in the order of the inputs.
    /// It stops early when `sink` fails, or, if `impatient`, as soon as an item is lost.
    pub(super) fn collect(
        &self,
        count: usize,
        impatient: bool,
        mut sink: impl FnMut(Result<R, Box<TaskError>>) -> Result<(), Box<TaskError>>,
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
            if let Err(error) = outcome {
                return Err(Error::Task(*error));
            }
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
