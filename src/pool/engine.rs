//! The parent's side of the table: it offers chunks, gathers what became of them, and replaces
//! workers.
//!
//! The engine knows nothing of types. It moves *orders* (a chunk to be run) and *findings* (what
//! became of it), each of which belongs to a *job*, which is one call of `map` or the like.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::arena::{self, Block, Writer};
use super::call::Call;
use super::chunk;
use super::crew::{Crew, Lane, Rules};
use super::deaths::Standstill;
use super::functions::Functions;
use super::ledger::Ledger;
use super::table::{Input, Output, Size, State, Table};
use super::waiting::Wish;
use crate::error::{Cause, Error};
use crate::sys::patience::Patience;
use crate::sys::window::Window;

/// The most shared memory that a pool keeps between two calls for inputs, so that the next call need
/// not allocate it again.
const KEPT_INPUTS: u64 = 80 << 20;
/// And for results: so much for all workers together, or 1 MiB for each.
const KEPT_RESULTS: u64 = 160 << 20;

/// Which call an order belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JobId(pub(super) usize);

/// A chunk to be run.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) job: JobId,
    /// The place of the chunk's first item among the inputs.
    pub(super) first: usize,
    pub(super) size: Size,
    /// How many items there were when the order was offered. It may have lost some since.
    pub(super) offered: u64,
    pub(super) input: Input,
    /// The segment, if the order has a block of its own in it. If another has the block, it is the
    /// job.
    pub(super) segment: Option<u64>,
}

impl Order {
    /// An order of which no item was offered yet, and whose input is not its own.
    pub(super) fn new(job: JobId, first: usize, size: Size, input: Input) -> Self {
        Self {
            job,
            first,
            size,
            offered: 0,
            input,
            segment: None,
        }
    }
}

/// What became of items of a job.
pub(super) enum Finding {
    /// The results of `count` items, from the place `first` on.
    Results {
        first: usize,
        count: u64,
        /// For how many items the worker laid out the results.
        offered: u64,
        output: Output,
        /// The worker says that some of the items failed.
        failed: bool,
        lane: Rc<Lane>,
    },
    /// One item has no result.
    Lost {
        index: usize,
        cause: Cause,
        lane: Rc<Lane>,
    },
}

impl Finding {
    /// Whether the first error is in it that is seen, as far as is known.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Results { failed: true, .. })
    }

    /// Of how many items it tells.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Results { count, .. } => *count as usize,
            Self::Lost { .. } => 1,
        }
    }

    /// How much room its results take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Results {
                output: Output::In(block),
                ..
            } => usize::try_from(block.len).unwrap_or(usize::MAX / 2),
            _ => 0,
        }
    }

    /// The place of its first item among the inputs.
    pub(super) fn first(&self) -> usize {
        match self {
            Self::Results { first, .. } => *first,
            Self::Lost { index, .. } => *index,
        }
    }
}

/// The room that the results take is given back.
impl Drop for Finding {
    fn drop(&mut self) {
        if let Self::Results {
            output: Output::In(block),
            lane,
            ..
        } = self
        {
            lane.release(*block);
        }
    }
}

struct Job {
    function: usize,
    /// The length of each input, if all have the same.
    input_len: Option<usize>,
    /// What the inputs of orders without a block of their own lie in.
    inputs: Vec<Block>,
    /// Orders that have not been carried out.
    open: usize,
    findings: VecDeque<Finding>,
    /// Nobody wants the findings.
    is_abandoned: bool,
    /// What no worker has begun is not to be run.
    is_cancelled: bool,
}

pub(super) struct Engine {
    /// Dropped first: what comes next is wiped when it is dropped.
    pub(super) crew: Crew,
    pub(super) table: Table,
    pub(super) functions: Functions,
    pub(super) input: Window,
    /// `None` until something is to be written: each fork takes time for each mapping.
    writer: Option<Writer>,
    /// Orders that wait for a free slot.
    pub(super) backlog: VecDeque<Order>,
    pub(super) ledger: Ledger,
    /// `None`: a place for a new job.
    jobs: Vec<Option<Job>>,
    free_jobs: Vec<usize>,
    /// Chunks that were offered since the workers were last called.
    untold: usize,
    /// Workers that ended, one after the other, without beginning an item, be it that they never
    /// were ready or had claimed one.
    pub(super) idle_deaths: usize,
    pub(super) patience: Patience,
    /// Workers may be missing.
    pub(super) is_short: bool,
    /// Why the initializer failed in the last worker in which it did, and when.
    pub(super) failed_initializer: Option<(Error, Instant)>,
    /// The workers that were seen to do nothing where they have a time limit, and since when.
    pub(super) standstills: Vec<(Standstill, Duration)>,
    pub(super) is_closed: bool,
}

impl Engine {
    pub(super) fn new(workers: usize, rules: Rules) -> Result<Self, Error> {
        let mut engine = Self::without_workers(workers, rules)?;
        engine.fill()?;
        if engine.crew.rules.initializer.is_some() {
            while !(0..workers).all(|number| engine.table.is_ready(number)) {
                engine.wait(Wish::Any, None)?;
                if let Some((error, _)) = engine.failed_initializer.take() {
                    return Err(error);
                }
            }
        }
        Ok(engine)
    }

    pub(super) fn without_workers(workers: usize, rules: Rules) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::system("make a pool", error);
        let input = arena::new_window().map_err(failed)?;
        Ok(Self {
            table: Table::new(workers).map_err(failed)?,
            functions: Functions::new().map_err(failed)?,
            crew: Crew::new(workers, rules)?,
            writer: None,
            input,
            backlog: VecDeque::new(),
            ledger: Ledger::default(),
            jobs: Vec::new(),
            free_jobs: Vec::new(),
            untold: 0,
            patience: Patience::new(),
            idle_deaths: 0,
            is_short: false,
            failed_initializer: None,
            standstills: Vec::new(),
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

    // Jobs

    pub(super) fn open_job(&mut self, call: Call) -> Result<JobId, Error> {
        let function = self.functions.register(call);
        let function = function.map_err(|error| Error::system("call a function", error))?;
        self.refill_if_possible();
        let job = Some(Job {
            function,
            input_len: call.input_len,
            inputs: Vec::new(),
            open: 0,
            findings: VecDeque::new(),
            is_abandoned: false,
            is_cancelled: false,
        });
        if let Some(free) = self.free_jobs.pop() {
            self.jobs[free] = job;
            return Ok(JobId(free));
        }
        self.jobs.push(job);
        Ok(JobId(self.jobs.len() - 1))
    }

    #[inline]
    fn job(&mut self, id: JobId) -> &mut Job {
        self.jobs[id.0]
            .as_mut()
            .expect("a job is there until it is abandoned and all its orders are closed")
    }

    /// Nobody asks for this job any more. What was ordered is carried out, but nobody hears of it.
    pub(super) fn abandon_job(&mut self, id: JobId) {
        let job = self.job(id);
        job.is_abandoned = true;
        job.findings.clear();
        self.free_if_over(id);
    }

    /// Takes back all orders of the job that no worker has begun, and abandons it.
    pub(super) fn cancel_job(&mut self, id: JobId) {
        self.job(id).is_cancelled = true;
        if self.job(id).open > 0 {
            let (cancelled, kept) = std::mem::take(&mut self.backlog)
                .into_iter()
                .partition::<VecDeque<_>, _>(|order| order.job == id);
            self.backlog = kept;
            let offered = self.ledger.iter().filter(|(_, order)| order.job == id);
            let offered: Vec<u64> = offered.map(|(position, _)| position).collect();
            for position in offered {
                if !self.table.revoke(position) {
                    // A worker has it, and stops after the item that it is at.
                    self.table.slot(position).share.cancel();
                } else if let Some(order) = self.ledger.strike(position) {
                    self.withdraw(order);
                }
            }
            cancelled.into_iter().for_each(|order| self.withdraw(order));
            self.advance();
            self.tell();
        }
        self.abandon_job(id);
    }

    fn withdraw(&mut self, order: Order) {
        if let (Some(segment), Some(writer)) = (order.segment, &self.writer) {
            writer.release(segment);
        }
        self.job(order.job).open -= 1;
    }

    pub(super) fn is_cancelled(&mut self, id: JobId) -> bool {
        self.job(id).is_cancelled
    }

    /// The next finding of a job. `None`: there is none yet, or the job is over.
    #[inline]
    pub(super) fn next_finding(&mut self, id: JobId) -> Option<Finding> {
        self.job(id).findings.pop_front()
    }

    pub(super) fn has_findings(&mut self, id: JobId) -> bool {
        !self.job(id).findings.is_empty()
    }

    fn free_if_over(&mut self, id: JobId) {
        let job = self.job(id);
        if !job.is_abandoned || job.open > 0 {
            return;
        }
        for block in std::mem::take(&mut job.inputs) {
            if let Some(writer) = &self.writer {
                writer.release(block.segment);
            }
        }
        self.jobs[id.0] = None;
        self.free_jobs.push(id.0);
        self.give_memory_back();
    }

    /// Between calls, what a large one has used is given back.
    fn give_memory_back(&mut self) {
        if self.ledger.is_empty() && self.backlog.is_empty() {
            if let Some(writer) = &mut self.writer {
                writer.trim(&self.input, KEPT_INPUTS);
            }
            self.crew
                .trim((KEPT_RESULTS / self.crew.size() as u64).max(1 << 20));
        }
    }

    // Orders

    /// Puts inputs into shared memory, one part behind the other.
    pub(super) fn store_input(&mut self, parts: &[&[u8]]) -> Result<Block, Error> {
        let failed = |len| move |error| Error::system(format!("share {len} bytes"), error);
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let len = parts.iter().map(|part| part.len()).sum::<usize>();
                none.insert(Writer::new(&self.input).map_err(failed(len))?)
            }
        };
        let mut block = writer.open();
        for part in parts {
            let appended = writer.append(&self.input, &mut block, part);
            appended.map_err(failed(part.len()))?;
        }
        writer.close(block);
        Ok(block)
    }

    /// Puts inputs of several orders into shared memory until the job is over.
    pub(super) fn store_job_input(&mut self, id: JobId, bytes: &[u8]) -> Result<Block, Error> {
        let block = self.store_input(&[bytes])?;
        self.job(id).inputs.push(block);
        Ok(block)
    }

    /// Whether the next order is offered at once.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.backlog.is_empty() && self.ledger.has_room()
    }

    /// Offers a chunk, or queues it until there is room; [`tell`](Self::tell) calls the workers.
    #[inline]
    pub(super) fn order(&mut self, order: Order) {
        self.job(order.job).open += 1;
        if self.has_room() {
            self.offer(order);
        } else {
            self.backlog.push_back(order);
        }
    }

    /// Queues a part of an order before all others.
    pub(super) fn order_first(&mut self, part: Order) {
        self.job(part.job).open += 1;
        self.backlog.push_front(part);
    }

    #[inline]
    fn offer(&mut self, mut order: Order) {
        order.offered = order.size.count;
        let position = self.ledger.enter(order);
        let function = self.job(order.job).function;
        let slot = self.table.slot(position);
        slot.function.store(function, Relaxed);
        slot.set_input(order.input, order.size);
        self.table.offer(position);
        self.untold += 1;
    }

    /// Leaves the first `count` items to the order, and returns an order of the others.
    pub(super) fn split(&mut self, order: &mut Order, count: u64) -> Order {
        debug_assert!(
            count == 0 || order.segment.is_none(),
            "both would release it"
        );
        let input_len = self.job(order.job).input_len;
        let mut rest = *order;
        if let Input::At { at, len } = &mut rest.input {
            let all = match &self.writer {
                // SAFETY: the parent wrote these bytes, and leaves them alone until the job is over.
                Some(writer) => unsafe { writer.bytes(*at, *len) },
                // All inputs so far took no bytes.
                None => &[],
            };
            let others = chunk::skip_inputs(all, input_len, count).len() as u64;
            (*at, *len) = (*at + *len - others, others);
        }
        rest.first += count as usize;
        rest.size.count -= count;
        order.size.count = count;
        rest
    }

    /// Offers what waited for room, and calls the workers.
    pub(super) fn tell(&mut self) {
        while self.ledger.has_room()
            && let Some(order) = self.backlog.pop_front()
        {
            self.offer(order);
        }
        if self.untold > 0 {
            self.table.call(self.untold);
            self.untold = 0;
        }
    }

    // Findings

    pub(super) fn report(&mut self, id: JobId, finding: Finding) {
        let job = self.job(id);
        if !job.is_abandoned {
            job.findings.push_back(finding);
        }
    }

    pub(super) fn close_order(&mut self, order: Order) {
        self.withdraw(order);
        self.free_if_over(order.job);
    }

    pub(super) fn advance(&mut self) {
        let state = |position| self.table.state(position);
        self.ledger
            .advance(|position| matches!(state(position), Some(State::Claimed(_))));
    }
}
