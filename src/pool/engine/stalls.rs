//! Workers that do nothing although there is work, and how long they have done so.

use std::time::Duration;

/// A worker that does nothing, and what it could be doing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stall {
    /// It has no chunk, though there is one.
    BeforeChunk { worker: usize, position: u64 },
    /// It has a chunk, but runs no item of it.
    BetweenItems {
        worker: usize,
        position: u64,
        finished: u64,
    },
}

/// Each stall seen in the last check, and when it was first seen.
#[derive(Default)]
pub(super) struct Stalls(Vec<(Stall, Duration)>);

impl Stalls {
    /// Replaces the stalls with those seen `now`, and returns those that have lasted for `limit`.
    pub(super) fn update(
        &mut self,
        seen: Vec<Stall>,
        now: Duration,
        limit: Duration,
    ) -> Vec<Stall> {
        let before = std::mem::take(&mut self.0);
        let since = |stall: &Stall| {
            let same = before.iter().find(|(other, _)| other == stall);
            same.map_or(now, |(_, since)| *since)
        };
        self.0 = seen
            .into_iter()
            .map(|stall| (stall, since(&stall)))
            .collect();
        let long = self.0.iter();
        let long = long.filter(|(_, since)| now >= since.saturating_add(limit));
        long.map(|(stall, _)| *stall).collect()
    }
}
