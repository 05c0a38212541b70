//! Workers that do nothing although there is work, and for how long.

use std::time::Duration;

/// A worker that does nothing, and what it could do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stall {
    /// It has no chunk, though there is one.
    BeforeChunk { worker: usize, position: u64 },
    /// It has a chunk, of which no item runs.
    BetweenItems {
        worker: usize,
        position: u64,
        finished: u64,
    },
}

/// Each stall that was seen last, and when it was first.
#[derive(Default)]
pub(super) struct Stalls(Vec<(Stall, Duration)>);

impl Stalls {
    /// Replaces the stalls by those that are seen `now`, and returns those that have lasted for
    /// `limit`.
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
