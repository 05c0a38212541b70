//! Tasks and initializers that run for too long, and workers that were stopped.

use std::time::{Duration, Instant};

use super::Engine;
use super::stalls::Stall;
use crate::pool::shared::table::{Progress, State};
use crate::sys::clock::now;

/// A worker may be idle for at least this long although there is work: on a busy machine, waking up
/// takes a while.
const LEAST_STALL: Duration = Duration::from_secs(1);

/// An item that a worker is running.
struct Running {
    worker: usize,
    /// The position of its chunk, and its index there.
    position: u64,
    index: u64,
    /// On the clock of [`now`].
    started: Duration,
}

impl Engine {
    /// The earliest time at which an item or initializer could have run for too long, counting
    /// items that may begin from now on.
    pub(super) fn first_timeout(&self) -> Option<Instant> {
        let initializer = self
            .workers
            .initializing(&self.table)
            .map(|(_, end)| end)
            .min();
        self.first_item_timeout()
            .into_iter()
            .chain(initializer)
            .min()
    }

    fn first_item_timeout(&self) -> Option<Instant> {
        let limit = self.workers.settings.task_timeout?;
        let now = now();
        let left = self
            .running()
            .map(|item| item.started.saturating_add(limit).saturating_sub(now));
        Instant::now().checked_add(left.fold(limit, Duration::min))
    }

    /// Kills the workers whose item or initializer has run for too long.
    pub(super) fn enforce_timeouts(&mut self) {
        if let Some(limit) = self.workers.settings.initializer_limit() {
            let now = Instant::now();
            let late = self.workers.initializing(&self.table);
            let late: Vec<_> = late.filter(|(_, end)| *end <= now).collect();
            for (number, _) in late {
                self.workers.kill_timed_out(number, limit);
            }
        }
        let Some(limit) = self.workers.settings.task_timeout else {
            return;
        };
        let now = now();
        let late: Vec<Running> = self
            .running()
            .filter(|item| item.started.saturating_add(limit) <= now)
            .collect();
        for item in late {
            if self.table.slot(item.position).time_out(item.index) {
                self.workers.kill_timed_out(item.worker, limit);
            }
        }
        self.kill_stalled(limit);
    }

    fn running(&self) -> impl Iterator<Item = Running> {
        self.in_flight.iter().filter_map(|(position, _)| {
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

    /// Kills the workers that do nothing although there is work: they must have been stopped, as by
    /// SIGSTOP, before an item or between two. A worker that is running an item is not affected.
    fn kill_stalled(&mut self, limit: Duration) {
        let seen = self.stalled();
        for stall in self.stalls.update(seen, now(), limit.max(LEAST_STALL)) {
            match stall {
                Stall::BeforeChunk { worker, .. } => self.workers.kill_timed_out(worker, limit),
                Stall::BetweenItems {
                    worker,
                    position,
                    finished,
                } => {
                    let progress = Progress {
                        finished,
                        running: false,
                    };
                    if self.table.slot(position).time_out_idle(progress) {
                        self.workers.kill_timed_out(worker, limit);
                    }
                }
            }
        }
    }

    /// The workers that are doing nothing at the moment although there is work.
    fn stalled(&self) -> Vec<Stall> {
        let mut stalls = Vec::new();
        let mut has_chunk = vec![false; self.workers.size()];
        let mut offered = None;
        for (position, _) in self.in_flight.iter() {
            match self.table.state(position) {
                Some(State::Claimed(worker)) if worker < has_chunk.len() => {
                    has_chunk[worker] = true;
                    let progress = self.table.slot(position).progress();
                    if !progress.running {
                        stalls.push(Stall::BetweenItems {
                            worker,
                            position,
                            finished: progress.finished,
                        });
                    }
                }
                Some(State::Ready) if offered.is_none() => offered = Some(position),
                _ => {}
            }
        }
        if let Some(position) = offered {
            // Sleepers may rely on a stalled worker to wake them.
            self.table.wake_all();
            let idle = (0..has_chunk.len()).filter(|&worker| !has_chunk[worker]);
            let idle = idle.filter(|&worker| self.workers.is_at_work(worker, &self.table));
            stalls.extend(idle.map(|worker| Stall::BeforeChunk { worker, position }));
        }
        stalls
    }
}
