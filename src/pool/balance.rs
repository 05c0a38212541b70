//! Nobody is idle while another has more than it is at.
//!
//! When there are fewer chunks than workers, and no more are to come, the parent takes back half of
//! what one worker has not taken yet, and offers it as a chunk of its own. So what an idle worker
//! waits for is never more than the portion that the other is at.

use super::engine::{Engine, Order};

impl Engine {
    /// Offers parts of larger chunks, if workers have nothing to do. Returns whether it did.
    pub(super) fn balance(&mut self) -> bool {
        let mut found = false;
        while self.has_room()
            && self.ledger.unsettled() < self.crew.lanes().count()
            && let Some(rest) = self.take_back_half()
        {
            self.order(rest);
            found = true;
        }
        if found {
            self.tell();
        }
        found
    }

    /// Half of the largest rest of a chunk that is left.
    fn take_back_half(&mut self) -> Option<Order> {
        let rest = |position| self.table.slot(position).share.rest();
        let rests = self.ledger.iter();
        let rests = rests.map(|(position, order)| (rest(position).min(order.size.count), position));
        let (1.., position) = rests.max()? else {
            return None;
        };
        let mut order = *self.ledger.get_mut(position)?;
        let end = self.table.slot(position).share.halve(order.size.portion)?;
        let end = order.size.bounded(end);
        if end == order.size.count {
            return None;
        }
        let rest = self.split(&mut order, end);
        *self.ledger.get_mut(position)? = order;
        Some(rest)
    }

    /// Whether a chunk has more than a portion, so that some of it could go to another worker.
    pub(super) fn can_balance(&self) -> bool {
        let mut orders = self.ledger.iter();
        orders.any(|(_, order)| order.size.count > order.size.portion)
    }
}
