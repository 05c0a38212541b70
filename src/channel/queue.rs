//! What the two ends of a channel share: the messages, and the list of who holds an end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::ring::Ring;
use crate::holders::{Dropped, Hold, Holders};
use crate::sys::growing::GrowingMemory;
use crate::sys::lock::can_be_held;
use crate::sys::monitor::{Deadline, Monitor};
use crate::sys::owner::settle;
use crate::sys::remote_bell::RemoteBell;

const MOST_HANDLES: usize = 1 << 16;

pub(super) const UNBOUNDED: usize = usize::MAX;

pub(super) struct Queue {
    /// Wakes receivers when a message arrives or the last sender is gone, and senders when there is
    /// room or the last receiver is gone.
    monitor: Monitor,
    /// The most messages it may hold.
    bound: usize,
    // The rest is only touched inside the monitor.
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
    /// There was no room until the deadline.
    Full,
    NoMemory(io::Error),
}

pub(super) enum NotTaken {
    /// There was no message until the deadline.
    Empty,
    /// There is no message, and no sender is left.
    Disconnected,
    /// There is one, but this process lacks the address space to map it.
    NoMemory(io::Error),
}

impl Queue {
    pub(super) fn new(bound: usize) -> io::Result<Self> {
        // All in one mapping: a process can only have a few tens of thousands.
        let receivers = Holders::room(MOST_HANDLES);
        let messages = 2 * receivers;
        let len = messages + Ring::LEAST;
        let memory = Arc::new(GrowingMemory::new(len, len)?);
        Ok(Self {
            monitor: Monitor::new()?,
            bound,
            messages: Ring::new(&memory, messages)?,
            senders: Holders::within(&memory, 0, MOST_HANDLES)?,
            receivers: Holders::within(&memory, receivers, MOST_HANDLES)?,
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
            let inside = self.monitor.enter();
            if matches!(end, End::Sender) {
                // There is one more process to watch.
                inside.bells().ring();
            }
            self.holders(end).add()
        };
        hold.unwrap_or_else(|| panic!("a channel has at most {MOST_HANDLES} handles of a kind"))
    }

    pub(super) fn remove(&self, end: End, hold: &Hold) {
        if !can_be_held() {
            return; // a bare clone, which owns nothing
        }
        settle();
        let Some(inside) = self.monitor.enter_unless_stopped() else {
            // The others see it as soon as they can enter.
            return self.holders(end).abandon(hold);
        };
        if matches!(end, End::Sender) {
            // It may belong to another process now, or have been the last.
            inside.bells().ring();
        }
        if self.holders(end).remove(hold) == Dropped::Kept || self.holders(end).any() {
            return;
        }
        match end {
            End::Sender => inside.wake_all(),
            End::Receiver => {
                self.messages.forget();
                inside.second().wake_all();
            }
        }
    }

    /// Appends a message, waiting for room until `deadline`.
    pub(super) fn push(&self, message: &[u8], deadline: Deadline) -> Result<(), NotPushed> {
        loop {
            let inside = self.monitor.enter_until(deadline).ok_or(NotPushed::Full)?;
            if !self.receivers.any() {
                return Err(NotPushed::Disconnected);
            }
            if self.messages.len().map_err(NotPushed::NoMemory)? < self.bound {
                inside.bells().ring();
                self.messages.push(message).map_err(NotPushed::NoMemory)?;
                inside.wake_one();
                return Ok(());
            }
            if deadline.is_over() {
                return Err(NotPushed::Full);
            }
            inside.second().sleep(deadline);
        }
    }

    /// Takes the oldest message, waiting for one until `deadline`, and returns what `read` makes of
    /// its bytes.
    #[inline]
    pub(super) fn take<R>(
        &self,
        deadline: Deadline,
        mut read: impl FnMut([&[u8]; 2]) -> R,
    ) -> Result<R, NotTaken> {
        loop {
            let Some(inside) = self.monitor.enter_until(deadline) else {
                return Err(NotTaken::Empty);
            };
            match self.messages.pop(&mut read) {
                Ok(Some(message)) => {
                    if self.bound != UNBOUNDED {
                        inside.second().wake_one();
                    }
                    return Ok(message);
                }
                Ok(None) => {}
                Err(error) => return Err(NotTaken::NoMemory(error)),
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

    /// Makes the bell readable if `take` would not wait, and otherwise arms it to become readable
    /// later.
    pub(super) fn attend(&self, bell: &RemoteBell) -> io::Result<()> {
        // Being readable for nothing does no harm.
        bell.name().ring();
        let Some(inside) = self.monitor.enter_until(Deadline::after(Duration::ZERO)) else {
            return Ok(());
        };
        if bell.watch(self.senders.owners())? {
            self.senders.forget_dead();
        }
        let would_wait = self.messages.len().is_ok_and(|len| len == 0) && self.senders.any();
        if would_wait && inside.bells().arm(bell.name()) {
            bell.silence();
        }
        Ok(())
    }
}
