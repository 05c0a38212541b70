//! How the parent waits for results, and for the end.

use std::time::{Duration, Instant};

use super::cut::CHUNKS_PER_WORKER;
use super::engine::Engine;
use super::table::State;
use crate::error::Error;

/// After this long without news, the parent makes sure that the table is sound. Work that takes
/// longer costs one wake-up in this time.
const CHECK: Duration = Duration::from_secs(1);

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

impl Engine {
    /// Waits until something has changed: a chunk was gathered, a worker replaced, or `until` is
    /// over. There may be nothing for the caller in it, who looks and waits again.
    pub(super) fn wait(&mut self, wish: Wish, until: Option<Instant>) -> Result<(), Error> {
        self.retire();
        // None could be started when the last one ended; perhaps that has changed.
        if self.crew.is_empty()
            && let Err(reason) = self.refill()
            && self.crew.is_empty()
        {
            let reason = Box::new(reason);
            return Err(Error::NoWorkers { reason });
        }
        // A panic of the caller's code may have kept it from telling.
        self.tell();
        let more_to_come = wish == Wish::All { more_to_come: true } || !self.backlog.is_empty();
        if !more_to_come {
            self.balance();
        }
        // Who only asks, whether in a loop or now and then, is not kept.
        let may_wait = until.is_none_or(|until| Instant::now() < until);
        if may_wait {
            // Who wants all gets them sooner if no worker has to share its processor.
            let others = match wish {
                Wish::Any => 1,
                Wish::All { .. } => self.ledger.unsettled().min(self.crew.size()),
            };
            self.patience.look(others, || self.first_is_done());
        }
        if self.gather() {
            return Ok(());
        }
        let mut is_long = false;
        let can_share = !more_to_come && self.can_balance();
        self.table.want(self.wanted(wish, more_to_come), can_share);
        let ended = if self.gather() || can_share && self.balance() {
            Ok(Vec::new())
        } else {
            let check = may_wait.then(|| Instant::now() + CHECK);
            let until = until.into_iter().chain(self.first_time_limit()).min();
            let until = until.into_iter().chain(check).min();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let sleep = || self.crew.wait(left);
            let ended = if may_wait {
                self.patience.sleep(sleep)
            } else {
                sleep()
            };
            is_long = check.is_some_and(|check| check <= Instant::now());
            ended
        };
        self.table.want_nothing();
        let found = self.gather();
        self.replace(ended?)?;
        if is_long && !found {
            self.check_table();
        }
        self.enforce_time_limits();
        Ok(())
    }

    /// Nothing has happened for long: perhaps because a broken worker wrote over the table.
    fn check_table(&mut self) {
        let states = self.ledger.iter();
        let states: Vec<_> = states.map(|(at, _)| self.table.state(at)).collect();
        if states.contains(&Some(State::Ready)) {
            self.restore_head();
        }
        let is_corrupt = |state: &Option<State>| match state {
            Some(State::Claimed(worker)) => self.crew.lane(*worker).is_none(),
            Some(State::Ready | State::Done { .. }) => false,
            Some(State::Empty) | None => true,
        };
        if states.iter().any(is_corrupt) {
            // A chunk is nobody's. What the others do may be just as wrong; and once they have
            // ended, it is known what is to be run again.
            self.crew.signal_all(nix::sys::signal::Signal::SIGKILL);
        }
    }

    /// Lets the workers find what is offered, whatever the table says.
    pub(super) fn restore_head(&self) {
        self.table.repair(self.ledger.recent_positions());
        self.table.call_all();
    }

    fn first_is_done(&self) -> bool {
        matches!(
            self.table.state(self.ledger.oldest()),
            Some(State::Done { .. })
        )
    }

    /// The position whose end is worth waking up for.
    fn wanted(&self, wish: Wish, more_to_come: bool) -> u64 {
        match wish {
            Wish::Any => self.ledger.oldest(),
            Wish::All { .. } => {
                // So few that each may be large: its room is used again the sooner it is read.
                let few = CHUNKS_PER_WORKER * self.crew.size();
                self.ledger.worth_waking_for(few, more_to_come)
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

    pub(super) fn has_orders(&self) -> bool {
        !self.ledger.is_empty() || !self.backlog.is_empty()
    }

    /// Ends the workers: they get SIGTERM, and those that are there after `grace`, SIGKILL. Those
    /// that handle SIGTERM leave by themselves when their chunk is done.
    pub(super) fn terminate(&mut self, grace: Duration) {
        self.is_closed = true;
        // In this order, so that it is the signal that ends those that do not handle it.
        self.crew.signal_all(nix::sys::signal::Signal::SIGTERM);
        self.table.close();
        self.crew.wait_for_all(grace);
        self.gather();
        self.crew.dismiss();
    }
}
