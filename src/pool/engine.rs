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
use super::crew::{Crew, Fallen, Lane, Rules};
use super::table::{Output, SLOTS, State, Table};
use super::worker;
use crate::error::{Cause, Error};
use crate::sys::descriptor::Descriptor;

/// How often the parent looks for results before it goes to sleep: some microseconds long.
const LOOKS: u32 = 200;

/// Which call an order belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JobId(usize);

/// What a caller that waits hopes for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// The next result, whichever it is.
    Any,
    /// As many as possible: it is not worth waking up for each.
    All,
}

/// A chunk to be run.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) job: JobId,
    /// The place of the chunk's first item among the inputs.
    pub(super) first: usize,
    pub(super) count: u64,
    /// Where the inputs lie: a block of the input arena, less what lies before `at`.
    pub(super) input: Block,
    pub(super) run: usize,
    pub(super) call: usize,
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

    /// Gives back the room that the results take.
    pub(super) fn release(&self) {
        if let Self::Results { output, lane, .. } = self {
            lane.release(*output);
        }
    }
}

#[derive(Default)]
struct Job {
    /// Orders that have not been carried out.
    open: usize,
    findings: VecDeque<Finding>,
    /// Nobody wants the findings.
    is_abandoned: bool,
}

pub(super) struct Engine {
    table: Table,
    crew: Crew,
    input: Descriptor,
    writer: Writer,
    reader: Reader,
    /// Orders that wait for a free slot.
    backlog: VecDeque<Order>,
    /// The orders at the positions from `start` on; `None`: carried out.
    offered: VecDeque<Option<Order>>,
    start: u64,
    jobs: Vec<Job>,
    free_jobs: Vec<usize>,
    /// Workers that ended, one after the other, before they had begun an item.
    idle_deaths: usize,
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
            offered: VecDeque::new(),
            start: 0,
            jobs: Vec::new(),
            free_jobs: Vec::new(),
            idle_deaths: 0,
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

    pub(super) fn open_job(&mut self) -> JobId {
        if let Some(free) = self.free_jobs.pop() {
            return JobId(free);
        }
        self.jobs.push(Job::default());
        JobId(self.jobs.len() - 1)
    }

    /// Nobody asks for this job any more. What was ordered is carried out, but nobody hears of it.
    pub(super) fn abandon_job(&mut self, id: JobId) {
        let job = &mut self.jobs[id.0];
        job.is_abandoned = true;
        for finding in job.findings.drain(..) {
            finding.release();
        }
        self.free_if_over(id);
    }

    /// Takes back all orders of the job that no worker has begun, and abandons it.
    pub(super) fn cancel_job(&mut self, id: JobId) {
        let orders = std::mem::take(&mut self.backlog).into_iter();
        let (cancelled, kept) = orders.partition::<VecDeque<_>, _>(|order| order.job == id);
        self.backlog = kept;
        for order in cancelled {
            self.drop_order(order);
        }
        for place in 0..self.offered.len() {
            let position = self.start + place as u64;
            if let Some(order) = self.offered[place]
                && order.job == id
                && self.table.revoke(position)
            {
                self.offered[place] = None;
                self.drop_order(order);
            }
        }
        self.advance();
        self.abandon_job(id);
    }

    fn drop_order(&mut self, order: Order) {
        self.release_input(order);
        self.jobs[order.job.0].open -= 1;
    }

    /// The next finding of a job. `None`: there is none yet, or the job is over.
    pub(super) fn next_finding(&mut self, id: JobId) -> Option<Finding> {
        self.jobs[id.0].findings.pop_front()
    }

    pub(super) fn has_findings(&self, id: JobId) -> bool {
        !self.jobs[id.0].findings.is_empty()
    }

    fn free_if_over(&mut self, id: JobId) {
        let job = &mut self.jobs[id.0];
        if job.is_abandoned && job.open == 0 {
            *job = Job::default();
            self.free_jobs.push(id.0);
        }
    }

    // Orders

    /// Puts the inputs of a chunk into shared memory.
    pub(super) fn store_input(&mut self, bytes: &[u8]) -> Result<Block, Error> {
        let mut block = self.writer.open();
        self.writer
            .append(&self.input, &mut block, bytes)
            .map_err(|error| Error::system(format!("share {} bytes", bytes.len()), error))?;
        self.writer.close(block);
        Ok(block)
    }

    pub(super) fn release_block(&mut self, block: Block) {
        if let Ok(mapping) = self.reader.mapping(&self.input, block.at, block.len) {
            arena::release(mapping, block.segment);
        }
    }

    fn release_input(&mut self, order: Order) {
        self.release_block(order.input);
    }

    /// Queues an order; [`offer`](Self::offer) gives it to the workers.
    pub(super) fn order(&mut self, order: Order) {
        self.jobs[order.job.0].open += 1;
        self.backlog.push_back(order);
    }

    /// Offers as many of the queued orders as there is room for.
    pub(super) fn offer(&mut self) {
        let room = SLOTS as usize - self.offered.len();
        let count = room.min(self.backlog.len());
        for order in self.backlog.drain(..count) {
            let position = self.start + self.offered.len() as u64;
            let slot = self.table.slot(position);
            slot.run.store(order.run, Relaxed);
            slot.call.store(order.call, Relaxed);
            slot.input_at.store(order.input.at, Relaxed);
            slot.input_len.store(order.input.len, Relaxed);
            slot.count.store(order.count, Relaxed);
            self.table.offer(position);
            self.offered.push_back(Some(order));
        }
        if count > 0 {
            self.table.call(count);
        }
    }

    // Findings

    /// Gathers all chunks that are done. Returns whether there were any.
    pub(super) fn gather(&mut self) -> bool {
        let mut found = false;
        let mut untouched = 0;
        for place in 0..self.offered.len() {
            let position = self.start + place as u64;
            let Some(order) = self.offered[place] else {
                continue;
            };
            match self.table.state(position) {
                Some(State::Done(number)) => {
                    self.offered[place] = None;
                    found = true;
                    self.conclude(position, order, number);
                }
                // Chunks are claimed in order, but for the few that were just passed over.
                Some(State::Ready) => {
                    untouched += 1;
                    if untouched > self.crew.size() {
                        break;
                    }
                }
                _ => {}
            }
        }
        if found {
            self.idle_deaths = 0;
            self.advance();
            self.offer();
        }
        found
    }

    fn conclude(&mut self, position: u64, order: Order, number: usize) {
        let output = self.table.slot(position).output();
        self.table.clear(position);
        self.release_input(order);
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
        self.close_order(order.job);
    }

    fn report(&mut self, id: JobId, finding: Finding) {
        let job = &mut self.jobs[id.0];
        if job.is_abandoned {
            finding.release();
        } else {
            job.findings.push_back(finding);
        }
    }

    fn close_order(&mut self, id: JobId) {
        self.jobs[id.0].open -= 1;
        self.free_if_over(id);
    }

    /// Forgets the orders at the front that were carried out, which makes room for new ones.
    fn advance(&mut self) {
        while let Some(None) = self.offered.front() {
            self.offered.pop_front();
            self.start += 1;
        }
    }

    // Waiting

    /// Waits until something has changed: a chunk was gathered, a worker replaced, or `until` is
    /// over. There may be nothing for the caller in it, who looks and waits again.
    pub(super) fn wait(&mut self, wish: Wish, until: Option<Instant>) -> Result<(), Error> {
        if self.crew.is_empty() {
            // None could be started when the last one ended; perhaps that has changed.
            self.refill()?;
        }
        for _ in 0..LOOKS {
            if self.first_is_done() {
                break;
            }
            std::hint::spin_loop();
        }
        if self.gather() {
            return Ok(());
        }
        self.table.want(self.wanted(wish));
        let fallen = if self.gather() {
            Ok(Vec::new())
        } else {
            let until = until.into_iter().chain(self.first_time_limit()).min();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            self.crew.wait(&self.table, left)
        };
        self.table.want_nothing();
        self.gather();
        self.replace(fallen?)?;
        self.enforce_time_limit();
        Ok(())
    }

    fn first_is_done(&self) -> bool {
        matches!(self.table.state(self.start), Some(State::Done(_)))
    }

    /// The position whose end is worth waking up for. That order, or a later one, must be open:
    /// nobody would wake the parent for one that was gathered already.
    fn wanted(&self, wish: Wish) -> u64 {
        let offered = self.offered.len();
        let last_open = self.offered.iter().rposition(Option::is_some);
        let place = match (wish, last_open) {
            (Wish::Any, _) | (_, None) => 0,
            // Offer more while the workers still have plenty.
            (Wish::All, Some(last)) if !self.backlog.is_empty() => last.min(offered / 2),
            (Wish::All, Some(last)) if offered > self.crew.size() => last,
            (Wish::All, Some(_)) => 0,
        };
        self.start + place as u64
    }

    // Deaths

    fn replace(&mut self, fallen: Vec<Fallen>) -> Result<(), Error> {
        if fallen.is_empty() {
            return Ok(());
        }
        let mut trouble = Ok(());
        for fallen in fallen {
            let had_begun = self.settle(&fallen);
            if fallen.before_ready && self.crew.rules.initializer.is_some() {
                let worker = fallen.lane.error(fallen.cause);
                trouble = Err(Error::Initializer {
                    worker: worker.name,
                    reason: worker.cause.to_string(),
                });
            } else if !had_begun {
                self.idle_deaths += 1;
                if self.idle_deaths > 10 + 3 * self.crew.size() {
                    trouble = Err(Error::WorkersKeepDying {
                        last: fallen.lane.error(fallen.cause),
                    });
                }
            }
        }
        // No new ones while workers fail by themselves: they would fail again.
        trouble.and_then(|()| self.refill())
    }

    /// Starts the workers that are missing. Failing that, the pool goes on with those it has.
    fn refill(&mut self) -> Result<(), Error> {
        match self.crew.fill(&self.table, &self.input) {
            Err(reason) if self.crew.is_empty() => Err(Error::NoWorkers {
                reason: Box::new(reason),
            }),
            _ => Ok(()),
        }
    }

    /// Finds out what a worker that has ended had in its hands: the results it had finished are
    /// kept, the item that was running is lost, and the rest is ordered again. Returns whether it
    /// had begun an item.
    fn settle(&mut self, fallen: &Fallen) -> bool {
        let mut had_begun = false;
        for place in 0..self.offered.len() {
            let position = self.start + place as u64;
            let Some(order) = self.offered[place] else {
                continue;
            };
            if self.table.state(position) != Some(State::Claimed(fallen.number)) {
                continue;
            }
            self.offered[place] = None;
            had_begun |= self.divide(position, order, fallen);
        }
        self.advance();
        self.offer();
        had_begun
    }

    fn divide(&mut self, position: u64, order: Order, fallen: &Fallen) -> bool {
        let slot = self.table.slot(position);
        let (progress, output) = (slot.progress(), slot.output());
        self.table.clear(position);
        // The worker's numbers can't be more than what it was given.
        let finished = progress.finished.min(order.count);
        let lost = u64::from(progress.running && finished < order.count);
        if finished > 0 {
            self.report(
                order.job,
                Finding::Results {
                    first: order.first,
                    count: finished,
                    output,
                    lane: Rc::clone(&fallen.lane),
                },
            );
        }
        if lost > 0 {
            self.report(
                order.job,
                Finding::Lost {
                    index: order.first + finished as usize,
                    cause: fallen.cause.clone(),
                    lane: Rc::clone(&fallen.lane),
                },
            );
        }
        let begun = finished + lost;
        if begun == order.count {
            self.release_input(order);
            self.close_order(order.job);
            return true;
        }
        let skipped = progress.rest_at.min(order.input.len);
        self.backlog.push_front(Order {
            first: order.first + begun as usize,
            count: order.count - begun,
            input: Block {
                at: order.input.at + skipped,
                len: order.input.len - skipped,
                ..order.input
            },
            ..order
        });
        begun > 0
    }

    // Time limits

    /// When the first of the running items will have run for too long.
    fn first_time_limit(&self) -> Option<Instant> {
        let limit = self.crew.rules.time_limit?;
        let now = worker::now();
        let left = self
            .running()
            .map(|(_, started)| (started + limit).saturating_sub(now));
        left.min().map(|left| Instant::now() + left)
    }

    /// Kills the workers whose item has run for too long.
    fn enforce_time_limit(&mut self) {
        let Some(limit) = self.crew.rules.time_limit else {
            return;
        };
        let now = worker::now();
        let late: Vec<usize> = self
            .running()
            .filter(|(_, started)| *started + limit <= now)
            .map(|(number, _)| number)
            .collect();
        for number in late {
            self.crew.kill_for_time(number);
        }
    }

    /// The workers that run an item, and when they began it.
    fn running(&self) -> impl Iterator<Item = (usize, Duration)> {
        self.offered
            .iter()
            .enumerate()
            .filter_map(|(place, order)| {
                let position = self.start + place as u64;
                let Some(State::Claimed(number)) = order.and_then(|_| self.table.state(position))
                else {
                    return None;
                };
                let (_, started) = self.table.slot(position).running_since()?;
                Some((number, Duration::from_nanos(started)))
            })
    }

    // The end

    /// Lets the workers finish what was ordered, and leave. Later calls are refused.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        while !self.is_closed && !(self.offered.is_empty() && self.backlog.is_empty()) {
            self.wait(Wish::All, None)?;
        }
        self.is_closed = true;
        self.table.close();
        self.crew
            .wait_for_all(Instant::now() + Duration::from_secs(1));
        self.crew.dismiss();
        Ok(())
    }

    /// Ends the workers: they get SIGTERM, and those that are there after `grace`, SIGKILL.
    pub(super) fn terminate(&mut self, grace: Duration) {
        self.is_closed = true;
        self.crew.signal_all(nix::sys::signal::Signal::SIGTERM);
        self.crew.wait_for_all(Instant::now() + grace);
        self.crew.dismiss();
        self.gather();
    }
}
