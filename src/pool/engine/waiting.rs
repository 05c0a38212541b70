//! How the parent waits for results.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{CHUNKS_PER_WORKER, Engine};
use crate::error::Error;
use crate::pool::shared::table::State;

/// After this long without news, the parent makes sure that the table is sound. Longer work costs
/// one wake-up per such period.
const CHECK: Duration = Duration::from_secs(1);

/// What a waiting caller wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pool) enum WaitFor {
    /// The next result, whichever it is.
    Next,
    /// As many results as possible; it is not worth waking up for each.
    All {
        /// The caller would submit more if there were room.
        more_to_come: bool,
    },
}

impl Engine {
    /// Waits until something has changed: a chunk was gathered, a worker replaced, or `until` has
    /// passed. The change need not concern the caller, which checks and waits again.
    pub(in crate::pool) fn wait(
        &mut self,
        wait_for: WaitFor,
        until: Option<Instant>,
    ) -> Result<(), Error> {
        self.retire();
        // No worker could be started when the last one ended; perhaps that has changed.
        if self.workers.is_empty()
            && let Err(reason) = self.refill()
            && self.workers.is_empty()
        {
            let reason = Box::new(reason);
            return Err(Error::NoWorkers { reason });
        }
        // A panic in the caller's code may have prevented this.
        self.wake_workers();
        let more_to_come =
            wait_for == WaitFor::All { more_to_come: true } || !self.backlog.is_empty();
        if !more_to_come {
            self.steal();
        }
        // A caller that only polls does not spin.
        let may_wait = until.is_none_or(|until| Instant::now() < until);
        if may_wait {
            // All results arrive sooner if no worker has to share its CPU.
            let others = match wait_for {
                WaitFor::Next => 1,
                WaitFor::All { .. } => self.in_flight.len().min(self.workers.size()),
            };
            self.patience.look(others, || self.first_is_done());
        }
        if self.gather() {
            return Ok(());
        }
        let mut is_long = false;
        let wake_when_idle = !more_to_come && self.can_steal();
        let wake_at = self.wake_at(wait_for, more_to_come);
        self.table.request_wake(wake_at, wake_when_idle);
        let ended = if self.gather() || wake_when_idle && self.steal() {
            Ok(Vec::new())
        } else {
            let check = may_wait.then(|| Instant::now() + CHECK);
            let until = until.into_iter().chain(self.first_timeout()).min();
            let until = until.into_iter().chain(check).min();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let sleep = || self.workers.wait(left);
            let ended = if may_wait {
                self.patience.sleep(sleep)
            } else {
                sleep()
            };
            is_long = check.is_some_and(|check| check <= Instant::now());
            ended
        };
        self.table.cancel_wake();
        let found = self.gather();
        self.replace(ended?)?;
        if is_long && !found {
            self.check_table();
        }
        self.enforce_timeouts();
        Ok(())
    }

    /// Waits until all workers are ready, if they have something to wait for.
    pub(super) fn wait_for_initializers(&mut self) -> Result<(), Error> {
        if self.workers.settings.initializer.is_none() {
            return Ok(());
        }
        while !(0..self.workers.size()).all(|number| self.table.is_ready(number)) {
            self.wait(WaitFor::Next, None)?;
            if let Some((error, _)) = self.failed_initializer.take() {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Called when nothing has happened for a long time, perhaps because a corrupt worker has
    /// overwritten the table.
    fn check_table(&mut self) {
        let states = self.in_flight.iter();
        let states: Vec<_> = states.map(|(at, _)| self.table.state(at)).collect();
        if states.contains(&Some(State::Ready)) {
            self.restore_head();
        }
        let is_corrupt = |state: &Option<State>| match state {
            Some(State::Claimed(worker)) => self.workers.source(*worker).is_none(),
            Some(State::Ready | State::Done { .. }) => false,
            Some(State::Empty) | None => true,
        };
        if states.iter().any(is_corrupt) {
            // A chunk belongs to nobody. Other workers' entries may be just as wrong. Once the
            // workers have ended, it is known what must be run again.
            self.workers.signal_all(Signal::SIGKILL);
        }
    }

    /// Makes sure the workers find what is offered, whatever the table says.
    pub(super) fn restore_head(&self) {
        self.table.repair(self.in_flight.recent_positions());
        self.table.wake_all();
    }

    fn first_is_done(&self) -> bool {
        matches!(
            self.table.state(self.in_flight.oldest()),
            Some(State::Done { .. })
        )
    }

    /// A finished chunk at this position or later is worth waking up for.
    fn wake_at(&self, wait_for: WaitFor, more_to_come: bool) -> u64 {
        match wait_for {
            WaitFor::Next => self.in_flight.oldest(),
            WaitFor::All { .. } => {
                // With so few, each may be large: the sooner its room is released, the better.
                let few = CHUNKS_PER_WORKER * self.workers.size();
                self.in_flight.worth_waking_for(few, more_to_come)
            }
        }
    }
}
