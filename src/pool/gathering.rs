//! What became of the chunks on the table.

use std::rc::Rc;

use super::engine::{Engine, Finding, Order};
use super::small::Small;
use super::table::{Output, State};

impl Engine {
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
            Some(State::Done { worker, failed }) => {
                let order = self.ledger.strike(position);
                order.inspect(|&order| self.conclude(position, order, worker, failed));
                Some(order.is_some())
            }
            Some(State::Ready) => None,
            _ => Some(false),
        }
    }

    fn conclude(&mut self, position: u64, mut order: Order, worker: usize, failed: bool) {
        let slot = self.table.slot(position);
        let (mut output, end) = (slot.output(), slot.share.end());
        self.table.clear(position);
        let end = order.size.bounded(end);
        if end < order.size.count && !self.is_cancelled(order.job) {
            // The worker gave back what it had not taken.
            let rest = self.split(&mut order, end);
            self.order_first(rest);
        }
        let lane = self.crew.lane(worker).or_else(|| {
            // Only a broken worker signs with a number that nobody has. It has no results.
            output = Output::Small(Small::default());
            self.crew.lanes().next()
        });
        if let Some(lane) = lane.map(Rc::clone) {
            self.report(
                order.job,
                Finding::Results {
                    first: order.first,
                    count: order.size.count,
                    offered: order.offered,
                    output,
                    failed,
                    lane,
                },
            );
        }
        self.close_order(order);
    }
}
