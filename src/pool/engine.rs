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

use super::arena::{self, Block, Reader, Writer};
use super::call::Call;
use super::crew::{Crew, Lane, Rules};
use super::ledger::Ledger;
use super::table::{Input, Output, State, Table};
use crate::error::{Cause, Error};
use crate::sys::descriptor::Descriptor;

/// How often the parent looks for results before it goes to sleep: at most some tens of
/// microseconds long, which is longer than it takes to wake a worker. Where looking was in vain, it
/// looks half as long the next time, but some microseconds at least.
const MOST_LOOKS: u32 = 2000;
const FEWEST_LOOKS: u32 = 100;

/// Which call an order belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JobId(pub(super) usize);

/// What a caller that waits hopes for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// The next result, whichever it is.
    Any,
    /// As many as possible: it is not worth waking up for each.
    All {
        /// The caller would order more, if there were room.
        more_to_come: bool,
    },
}

/// A chunk to be run.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) job: JobId,
    /// The place of the chunk's first item among the inputs.
    pub(super) first: usize,
    pub(super) count: u64,
    pub(super) input: Input,
    /// The segment, if the order has a block of its own in it. If another has the block, it is the
    /// job.
    pub(super) segment: Option<u64>,
}

/// What became of items of a job.
pub(super) enum Finding {
    /// The results of `count` items, from the place `first` on.
    Results {
        first: usize,
        count: u64,
        output: Output,
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
    call: Call,
    /// What the inputs of orders without a block of their own lie in.
    inputs: Vec<Block>,
    /// Orders that have not been carried out.
    open: usize,
    findings: VecDeque<Finding>,
    /// Nobody wants the findings.
    is_abandoned: bool,
}

pub(super) struct Engine {
    pub(super) table: Table,
    pub(super) crew: Crew,
    pub(super) input: Descriptor,
    writer: Writer,
    reader: Reader,
    /// Orders that wait for a free slot.
    pub(super) backlog: VecDeque<Order>,
    pub(super) ledger: Ledger,
    /// `None`: a place for a new job.
    jobs: Vec<Option<Job>>,
    free_jobs: Vec<usize>,
    /// Chunks that were offered since the workers were last called.
    untold: usize,
    /// Workers that ended, one after the other, before they had begun an item.
    pub(super) idle_deaths: usize,
    /// How often to look before the next sleep.
    looks: u32,
    /// Workers may be missing.
    pub(super) is_short: bool,
    is_closed: bool,
}

impl Engine {
    pub(super) fn new(workers: usize, rules: Rules) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::system("make a pool", error);
        let input = arena::new_file().map_err(failed)?;
        let mut engine = Self {
            table: Table::new(workers).map_err(failed)?,
            crew: Crew::new(workers, rules)?,
            writer: Writer::new(&input).map_err(failed)?,
            reader: Reader::new(&input).map_err(failed)?,
            input,
            backlog: VecDeque::new(),
            ledger: Ledger::default(),
            jobs: Vec::new(),
            free_jobs: Vec::new(),
            untold: 0,
            looks: MOST_LOOKS,
            idle_deaths: 0,
            is_short: false,
            is_closed: false,
        };
        engine.crew.fill(&engine.table, &engine.input)?;
        if engine.crew.rules.initializer.is_some() {
            while !(0..workers).all(|number| engine.table.is_ready(number)) {
                engine.wait(Wish::Any, None)?;
            }
        }
        Ok(engine)
    }

    pub(super) fn check_open(&self) -> Result<(), Error> {
        if self.is_closed {
            Err(Error::Closed)
        } else {
            Ok(())
        }
    }

    // Jobs

    pub(super) fn open_job(&mut self, call: Call) -> JobId {
        self.refill_if_possible();
        let job = Some(Job {
            call,
            inputs: Vec::new(),
            open: 0,
            findings: VecDeque::new(),
            is_abandoned: false,
        });
        if let Some(free) = self.free_jobs.pop() {
            self.jobs[free] = job;
            return JobId(free);
        }
        self.jobs.push(job);
        JobId(self.jobs.len() - 1)
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
                    self.table.slot(position).count.store(0, Relaxed);
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
        if let Some(segment) = order.segment {
            self.release_input(segment);
        }
        self.job(order.job).open -= 1;
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
            self.release_input(block.segment);
        }
        self.jobs[id.0] = None;
        self.free_jobs.push(id.0);
    }

    // Orders

    /// Puts inputs into shared memory, one part behind the other.
    pub(super) fn store_input(&mut self, parts: &[&[u8]]) -> Result<Block, Error> {
        let mut block = self.writer.open();
        for part in parts {
            self.writer
                .append(&self.input, &mut block, part)
                .map_err(|error| Error::system(format!("share {} bytes", part.len()), error))?;
        }
        self.writer.close(block);
        Ok(block)
    }

    /// Puts inputs of several orders into shared memory until the job is over.
    pub(super) fn store_job_input(&mut self, id: JobId, bytes: &[u8]) -> Result<Block, Error> {
        let block = self.store_input(&[bytes])?;
        self.job(id).inputs.push(block);
        Ok(block)
    }

    fn release_input(&mut self, segment: u64) {
        if let Ok(mapping) = self.reader.mapping(&self.input, segment, 8) {
            arena::release(mapping, segment);
        }
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

    #[inline]
    fn offer(&mut self, order: Order) {
        let position = self.ledger.enter(order);
        let call = self.job(order.job).call;
        let slot = self.table.slot(position);
        slot.run.store(call.run, Relaxed);
        slot.call.store(call.call, Relaxed);
        slot.set_input(order.input, order.count);
        self.table.offer(position);
        self.untold += 1;
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

    /// Gathers all chunks that are done. Returns whether there were any.
    pub(super) fn gather(&mut self) -> bool {
        let mut found = false;
        for position in self.ledger.old_positions() {
            found |= self.gather_if_done(position) == Some(true);
        }
        let mut untouched = 0;
        for position in self.ledger.recent_positions() {
            match self.gather_if_done(position) {
                Some(is_done) => found |= is_done,
                // Chunks are claimed in order, but for the few that were just passed over.
                None if untouched == self.crew.size() => break,
                None => untouched += 1,
            }
        }
        if found {
            self.idle_deaths = 0;
            self.advance();
            self.tell();
        }
        found
    }

    /// `None`: no worker has begun the chunk.
    #[inline]
    fn gather_if_done(&mut self, position: u64) -> Option<bool> {
        match self.table.state(position) {
            Some(State::Done(number)) => {
                let order = self.ledger.strike(position);
                order.inspect(|&order| self.conclude(position, order, number));
                Some(order.is_some())
            }
            Some(State::Ready) => None,
            _ => Some(false),
        }
    }

    fn conclude(&mut self, position: u64, order: Order, number: usize) {
        let output = self.table.slot(position).output();
        self.table.clear(position);
        if let Some(lane) = self.crew.lane(number).map(Rc::clone) {
            self.report(
                order.job,
                Finding::Results {
                    first: order.first,
                    count: order.count,
                    output,
                    lane,
                },
            );
        }
        self.close_order(order);
    }

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

    // Waiting

    /// Waits until something has changed: a chunk was gathered, a worker replaced, or `until` is
    /// over. There may be nothing for the caller in it, who looks and waits again.
    pub(super) fn wait(&mut self, wish: Wish, until: Option<Instant>) -> Result<(), Error> {
        if self.crew.is_empty() {
            // None could be started when the last one ended; perhaps that has changed.
            self.refill()?;
        }
        // A panic of the caller's code may have kept it from telling.
        self.tell();
        let is_soon_done = (0..self.looks).any(|_| {
            std::hint::spin_loop();
            self.first_is_done()
        });
        self.looks = if is_soon_done {
            MOST_LOOKS
        } else {
            (self.looks / 2).max(FEWEST_LOOKS)
        };
        if self.gather() {
            return Ok(());
        }
        self.table.want(self.wanted(wish));
        let ended = if self.gather() {
            Ok(Vec::new())
        } else {
            let until = until.into_iter().chain(self.first_time_limit()).min();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            self.crew.wait(left)
        };
        self.table.want_nothing();
        self.gather();
        self.replace(ended?)?;
        self.enforce_time_limit();
        Ok(())
    }

    fn first_is_done(&self) -> bool {
        matches!(self.table.state(self.ledger.oldest()), Some(State::Done(_)))
    }

    /// The position whose end is worth waking up for.
    fn wanted(&self, wish: Wish) -> u64 {
        match wish {
            Wish::Any => self.ledger.oldest(),
            Wish::All { more_to_come } => {
                let more_to_come = more_to_come || !self.backlog.is_empty();
                self.ledger.worth_waking_for(self.crew.size(), more_to_come)
            }
        }
    }

    // The end

    /// Lets the workers finish what was ordered, and leave. Later calls are refused.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        while !self.is_closed && self.has_orders() {
            let more_to_come = false;
            self.wait(Wish::All { more_to_come }, None)?;
        }
        self.is_closed = true;
        self.table.close();
        self.crew.wait_for_all(Duration::from_secs(1));
        self.crew.dismiss();
        Ok(())
    }

    fn has_orders(&self) -> bool {
        !self.ledger.is_empty() || !self.backlog.is_empty()
    }

    /// Ends the workers: they get SIGTERM, and those that are there after `grace`, SIGKILL.
    pub(super) fn terminate(&mut self, grace: Duration) {
        self.is_closed = true;
        self.crew.signal_all(nix::sys::signal::Signal::SIGTERM);
        self.crew.wait_for_all(grace);
        self.gather();
        self.crew.dismiss();
    }
}
