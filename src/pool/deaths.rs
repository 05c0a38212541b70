//! Workers that end: what they had in their hands, and who takes their place.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::crew::Fallen;
use super::engine::{Engine, Finding, Order};
use super::small::Small;
use super::table::{Output, Progress, State};
use super::worker;
use crate::error::{Cause, Error};
use crate::process::can_start;

/// The least time for which a worker may do nothing although there is work, where there is a time
/// limit: on a busy machine it takes some time to wake up.
const STANDSTILL: Duration = Duration::from_secs(1);
/// After an initializer has failed, no worker is started for so long, unless there is none.
const PAUSE: Duration = Duration::from_secs(1);

/// An item that a worker is at.
struct Running {
    worker: usize,
    /// That of its chunk, and the item's place in it.
    position: u64,
    index: u64,
    /// On the clock of [`worker::now`].
    started: Duration,
}

/// A worker that does nothing, and what it could do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standstill {
    /// It has no chunk, though there is one.
    Before { worker: usize, position: u64 },
    /// It has a chunk, of which no item runs.
    Between {
        worker: usize,
        position: u64,
        finished: u64,
    },
}

/// What a worker that has ended had in its hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Had {
    Nothing,
    /// Chunks of which it had begun no item.
    Claimed,
    Begun,
}

impl Engine {
    /// What the workers that have ended had done must have been gathered.
    pub(super) fn replace(&mut self, ended: Vec<usize>) -> Result<(), Error> {
        if ended.is_empty() {
            return Ok(());
        }
        self.is_short = true;
        let mut trouble = Ok(());
        let mut lanes = Vec::new();
        for number in ended {
            let Some(fallen) = self.crew.bury(number, &self.table)? else {
                continue;
            };
            let had = self.settle(&fallen);
            lanes.push(Rc::clone(&fallen.lane));
            if fallen.before_ready && self.crew.rules.initializer.is_some() {
                let has_own_limit = self.crew.rules.initializer_timeout.is_some();
                let error = initializer_failed(fallen, has_own_limit);
                self.failed_initializer = Some((error, Instant::now()));
            } else if had == Had::Begun {
                self.idle_deaths = 0;
            } else if matches!(fallen.cause, Cause::Timeout(_)) {
                // It was stopped, and the pool itself has killed it.
            } else if had == Had::Claimed || fallen.before_ready {
                self.idle_deaths += 1;
                if self.idle_deaths > 10 + 3 * self.crew.size() {
                    self.idle_deaths = 0;
                    trouble = Err(Error::WorkersKeepDying {
                        last: fallen.lane.error(fallen.cause),
                    });
                }
            }
        }
        // The dead may have been called to work that the others sleep through, or have written
        // over the table.
        self.restore_head();
        // No new ones while workers fail by themselves: they would fail again.
        if self.has_just_failed() {
            match self.failed_initializer.take_if(|_| self.crew.is_empty()) {
                Some((error, _)) => return Err(error),
                None => return trouble,
            }
        }
        // If none is left, whoever waits next hears of it; there may be results to be had now.
        if trouble.is_ok()
            && let Err(Error::ThreadsRunning { .. }) = self.refill()
        {
            lanes
                .iter()
                .for_each(|lane| lane.is_missed_beside_threads());
        }
        trouble
    }

    /// Whether a worker that was started now would probably fail in its initializer.
    fn has_just_failed(&self) -> bool {
        let failed = self.failed_initializer.as_ref();
        failed.is_some_and(|(_, when)| when.elapsed() < PAUSE)
    }

    /// Starts the workers that are missing.
    pub(super) fn fill(&mut self) -> Result<(), Error> {
        self.crew.fill(&self.table, &self.functions, &self.input)
    }

    /// Starts the workers that are missing. Failing that, the pool can go on with those it has.
    pub(super) fn refill(&mut self) -> Result<(), Error> {
        self.fill()?;
        self.is_short = false;
        Ok(())
    }

    /// Starts the workers that could not be started when they were needed, if there is hope.
    pub(super) fn refill_if_possible(&mut self) {
        if self.is_short && can_start() && (self.crew.is_empty() || !self.has_just_failed()) {
            // If there is still none, whoever waits for one says so.
            let _ = self.refill();
        }
    }

    /// Lets the workers go that have run as many chunks as they are to, if they can be replaced.
    /// Otherwise they run as many again.
    pub(super) fn retire(&self) {
        if self.crew.rules.max_chunks_per_worker.is_some() && self.table.any_due() {
            self.table.answer_due(can_start());
        }
    }

    /// Finds out what a worker that has ended had in its hands: the results it had finished are
    /// kept, the item that was running is lost, and the rest is ordered again.
    pub(super) fn settle(&mut self, fallen: &Fallen) -> Had {
        let positions = self.ledger.iter().map(|(position, _)| position);
        let of_fallen: Vec<u64> = positions.filter(|at| self.is_orphaned(*at)).collect();
        let mut had = Had::Nothing;
        for position in of_fallen {
            if let Some(order) = self.ledger.strike(position) {
                had = had.max(self.divide(position, order, fallen));
            }
        }
        self.advance();
        self.tell();
        had
    }

    /// Whether no worker that lives has the chunk, though it was taken.
    fn is_orphaned(&self, position: u64) -> bool {
        match self.table.state(position) {
            Some(State::Ready | State::Done { .. }) => false,
            Some(State::Claimed(number)) => self.crew.lane(number).is_none(),
            // Only a worker that was out of its mind before it died leaves a chunk like this.
            Some(State::Empty) | None => true,
        }
    }

    fn divide(&mut self, position: u64, mut order: Order, fallen: &Fallen) -> Had {
        let slot = self.table.slot(position);
        let (progress, mut output) = (slot.progress(), slot.output());
        if self.table.state(position) != Some(State::Claimed(fallen.number))
            && matches!(output, Output::In(_))
        {
            // It was written over, and nobody knows in whose arena these results are.
            output = Output::Small(Small::default());
        }
        self.table.clear(position);
        // The worker's numbers can't be more than what it was given.
        let finished = progress.finished.min(order.size.count);
        let lost = u64::from(progress.running && finished < order.size.count);
        if finished > 0 {
            self.report(
                order.job,
                Finding::Results {
                    first: order.first,
                    count: finished,
                    offered: order.offered,
                    output,
                    failed: false, // not known: an error is seen in its turn
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
        if begun == order.size.count || self.is_cancelled(order.job) {
            self.close_order(order);
        } else {
            let mut rest = self.split(&mut order, begun);
            if lost > 0 && finished == 0 && rest.size.count > 1 {
                // Perhaps there is no room for the results of so many.
                let half = rest.size.count / 2;
                let other_half = self.split(&mut rest, half);
                self.order_first(other_half);
            }
            self.backlog.push_front(rest);
        }
        if begun > 0 { Had::Begun } else { Had::Claimed }
    }

    // Time limits

    /// When the first item, or initializer, can have run for too long, counting the items that may
    /// begin from now on.
    pub(super) fn first_time_limit(&self) -> Option<Instant> {
        let initializer = self
            .crew
            .initializing(&self.table)
            .map(|(_, end)| end)
            .min();
        self.first_item_limit().into_iter().chain(initializer).min()
    }

    fn first_item_limit(&self) -> Option<Instant> {
        let limit = self.crew.rules.task_timeout?;
        let now = worker::now();
        let left = self
            .running()
            .map(|item| item.started.saturating_add(limit).saturating_sub(now));
        Instant::now().checked_add(left.fold(limit, Duration::min))
    }

    /// Kills the workers whose item or initializer has run for too long.
    pub(super) fn enforce_time_limits(&mut self) {
        if let Some(limit) = self.crew.rules.initializer_limit() {
            let now = Instant::now();
            let late = self.crew.initializing(&self.table);
            let late: Vec<_> = late.filter(|(_, end)| *end <= now).collect();
            for (number, _) in late {
                self.crew.kill_for_time(number, limit);
            }
        }
        let Some(limit) = self.crew.rules.task_timeout else {
            return;
        };
        let now = worker::now();
        let late: Vec<Running> = self
            .running()
            .filter(|item| item.started.saturating_add(limit) <= now)
            .collect();
        for item in late {
            if self.table.slot(item.position).condemn(item.index) {
                self.crew.kill_for_time(item.worker, limit);
            }
        }
        self.end_the_stuck(limit);
    }

    /// Kills the workers that do nothing although there is work: that were stopped, as by SIGSTOP,
    /// before an item or between two. A worker that has an item is not at fault here.
    fn end_the_stuck(&mut self, limit: Duration) {
        let now = worker::now();
        let before = std::mem::take(&mut self.standstills);
        let since = |still: &Standstill| {
            let same = before.iter().find(|(other, _)| other == still);
            same.map_or(now, |(_, since)| *since)
        };
        let mut stuck = Vec::new();
        let mut has_chunk = vec![false; self.crew.size()];
        let mut offered = None;
        for (position, _) in self.ledger.iter() {
            match self.table.state(position) {
                Some(State::Claimed(worker)) if worker < has_chunk.len() => {
                    has_chunk[worker] = true;
                    let progress = self.table.slot(position).progress();
                    if !progress.running {
                        let finished = progress.finished;
                        stuck.push(Standstill::Between {
                            worker,
                            position,
                            finished,
                        });
                    }
                }
                Some(State::Ready) if offered.is_none() => offered = Some(position),
                _ => {}
            }
        }
        if let Some(position) = offered {
            // Those who sleep may rely on one that is stuck.
            self.table.call_all();
            let idle = (0..has_chunk.len()).filter(|&worker| !has_chunk[worker]);
            let idle = idle.filter(|&worker| self.crew.is_at_work(worker, &self.table));
            stuck.extend(idle.map(|worker| Standstill::Before { worker, position }));
        }
        self.standstills = stuck
            .into_iter()
            .map(|still| (still, since(&still)))
            .collect();
        for &(still, since) in &self.standstills {
            if now < since.saturating_add(limit.max(STANDSTILL)) {
                continue;
            }
            match still {
                Standstill::Before { worker, .. } => self.crew.kill_for_time(worker, limit),
                Standstill::Between {
                    worker,
                    position,
                    finished,
                } => {
                    let progress = Progress {
                        finished,
                        running: false,
                    };
                    if self.table.slot(position).condemn_idle(progress) {
                        self.crew.kill_for_time(worker, limit);
                    }
                }
            }
        }
    }

    fn running(&self) -> impl Iterator<Item = Running> {
        self.ledger.iter().filter_map(|(position, _)| {
            let Some(State::Claimed(worker)) = self.table.state(position) else {
                return None;
            };
            let (index, started) = self.table.slot(position).running_since()?;
            Some(Running {
                worker,
                position,
                index,
                started: Duration::from_nanos(started),
            })
        })
    }
}

fn initializer_failed(fallen: Fallen, has_own_limit: bool) -> Error {
    let worker = fallen.lane.error(fallen.cause);
    Error::Initializer {
        worker: worker.name,
        reason: match worker.cause {
            // Its own error, as the worker left it.
            Cause::Encode(reason) => reason,
            Cause::Timeout(limit) if !has_own_limit => format!(
                "ran longer than {limit:?}, by the timeout of the tasks; give it one of its own \
                 with `Builder::initializer_timeout`"
            ),
            cause => cause.to_string(),
        },
    }
}
