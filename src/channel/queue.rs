//! What the two ends of a channel share: the messages, and who holds an end.

use std::io;

use super::ring::Ring;
use crate::holders::{Dropped, Hold, Holders};
use crate::sys::monitor::{Deadline, Monitor};
use crate::sys::owner::settle;

const MOST_HANDLES: usize = 1 << 16;

pub(super) struct Queue {
    /// Wakes when a message has come, and when the last sender has gone.
    monitor: Monitor,
    // What follows is only touched inside of the monitor.
    messages: Ring,
    senders: Holders,
    receivers: Holders,
}

/// Which end of the channel a handle is.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Sender,
    Receiver,
}

pub(super) enum NotPushed {
    /// No receiver is left.
    Disconnected,
    NoMemory(io::Error),
}

pub(super) enum NotTaken {
    /// There was no message until the deadline.
    Empty,
    /// There is no message, and no sender is left.
    Disconnected,
}

impl Queue {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            monitor: Monitor::new()?,
            messages: Ring::new()?,
            senders: Holders::new(MOST_HANDLES)?,
            receivers: Holders::new(MOST_HANDLES)?,
        })
    }

    fn holders(&self, end: End) -> &Holders {
        match end {
            End::Sender => &self.senders,
            End::Receiver => &self.receivers,
        }
    }

    /// # Panics
    /// If there are too many handles.
    pub(super) fn add(&self, end: End) -> Hold {
        let hold = {
            let _inside = self.monitor.enter();
            self.holders(end).add()
        };
        hold.unwrap_or_else(|| panic!("a channel has at most {MOST_HANDLES} handles of a kind"))
    }

    pub(super) fn remove(&self, end: End, hold: &Hold) {
        settle();
        let inside = self.monitor.enter();
        if self.holders(end).remove(hold) == Dropped::Kept || self.holders(end).any() {
            return;
        }
        match end {
            End::Sender => inside.wake_all(),
            End::Receiver => self.messages.forget(),
        }
    }

    pub(super) fn push(&self, message: &[u8]) -> Result<(), NotPushed> {
        let inside = self.monitor.enter();
        if !self.receivers.any() {
            return Err(NotPushed::Disconnected);
        }
        self.messages.push(message).map_err(NotPushed::NoMemory)?;
        inside.wake_one();
        Ok(())
    }

    /// Takes the oldest message, as `read` makes it out of its bytes; waits for one until
    /// `deadline`.
    #[inline]
    pub(super) fn take<R>(
        &self,
        deadline: Deadline,
        mut read: impl FnMut([&[u8]; 2]) -> R,
    ) -> Result<R, NotTaken> {
        loop {
            let inside = self.monitor.enter();
            if let Some(message) = self.messages.pop(&mut read) {
                return Ok(message);
            }
            if !self.senders.any() {
                return Err(NotTaken::Disconnected);
            }
            if deadline.is_over() {
                return Err(NotTaken::Empty);
            }
            inside.sleep(deadline);
        }
    }
}
