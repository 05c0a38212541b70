//! What the two ends of a channel share: the messages, and the list of who holds an end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;

use super::ring::Ring;
use crate::crossing::{Parcel, message, transit};
use crate::holders::{Dropped, Hold, Holders};
use crate::sys::growing::GrowingMemory;
use crate::sys::lock::can_be_held;
use crate::sys::memory_file::{Kept, MemoryFile, after};
use crate::sys::monitor::{Deadline, Monitor};
use crate::sys::owner::{Owner, settle};
use crate::sys::remote_bell::RemoteBell;

const MOST_HANDLES: usize = 1 << 16;
const ROOM: usize = Holders::room(MOST_HANDLES);
/// What is mapped from the beginning.
const LEAST: usize = 3 * ROOM + Ring::LEAST;

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
    /// The messages with handles that were sent and not decoded yet. A record is the sender's until a
    /// receiver takes the message.
    transits: Holders,
    memory: Kept,
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
        let file = GrowingMemory::file(after(0, Monitor::SIZE), LEAST)?;
        let monitor = Monitor::new(&file)?;
        let queue = Self::of(file, monitor, bound)?;
        Owner::check_visible()?;
        queue.senders.make()?;
        queue.receivers.make()?;
        queue.messages.make()?;
        Ok(queue)
    }

    /// The queue that another process has made.
    ///
    /// # Safety
    /// It must have, in this file.
    pub(super) unsafe fn joined(file: MemoryFile, bound: usize) -> io::Result<Self> {
        // SAFETY: the caller's promise.
        let monitor = unsafe { Monitor::joined(&file) }?;
        Self::of(file, monitor, bound)
    }

    fn of(file: MemoryFile, monitor: Monitor, bound: usize) -> io::Result<Self> {
        // All in one mapping: a process can only have a few tens of thousands.
        let memory = GrowingMemory::new(&file, after(0, Monitor::SIZE), LEAST)?;
        let memory = Arc::new(memory);
        let holders = |number| Holders::existing(&memory, number * ROOM, MOST_HANDLES);
        Ok(Self {
            monitor,
            bound,
            messages: Ring::existing(&memory, 3 * ROOM),
            senders: holders(0),
            receivers: holders(1),
            transits: holders(2),
            memory: file.keep(),
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
        self.try_add(end)
            .unwrap_or_else(|| panic!("a channel has at most {MOST_HANDLES} handles of a kind"))
    }

    pub(super) fn try_add(&self, end: End) -> Option<Hold> {
        let inside = self.monitor.enter();
        if matches!(end, End::Sender) {
            // There is one more process to watch.
            inside.bells().ring();
        }
        self.holders(end).add()
    }

    /// Passes a handle on to another process, if it is `from`'s. Returns whether it was.
    pub(super) fn pass_on(&self, end: End, hold: &Hold, from: Owner, to: Owner) -> bool {
        let inside = self.monitor.enter();
        if matches!(end, End::Sender) {
            inside.bells().ring();
        }
        self.holders(end).pass_on(hold, from, to)
    }

    pub(super) fn memory(&self) -> &Kept {
        &self.memory
    }

    pub(super) fn bound(&self) -> usize {
        self.bound
    }

    pub(super) fn remove(&self, end: End, hold: &Hold) {
        if !can_be_held() {
            return; // a bare clone, which owns nothing
        }
        settle();
        transit::tidy();
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
        self.push_by(deadline, || self.messages.push(message))
    }

    /// As [`push`](Self::push), for a message with handles, which are kept until it was received.
    #[cold]
    pub(super) fn push_with(
        self: &Arc<Self>,
        message: &mut Vec<u8>,
        handles: Vec<Parcel>,
        deadline: Deadline,
    ) -> Result<(), NotPushed> {
        message::append(&handles, message).map_err(NotPushed::NoMemory)?;
        let transit = self.push_by(deadline, || {
            self.transits.make()?;
            let transit = self.transits.add().ok_or(Errno::ENOSPC)?;
            for word in transit.words() {
                message.extend_from_slice(&word.to_ne_bytes());
            }
            match self.messages.push_marked(message) {
                Ok(()) => Ok(transit),
                Err(error) => {
                    self.transits.remove(&transit);
                    Err(error)
                }
            }
        })?;
        let queue = Arc::clone(self);
        transit::keep(handles, move || queue.is_over(&transit));
        Ok(())
    }

    #[inline]
    fn push_by<R>(
        &self,
        deadline: Deadline,
        mut push: impl FnMut() -> io::Result<R>,
    ) -> Result<R, NotPushed> {
        loop {
            let inside = self.monitor.enter_until(deadline).ok_or(NotPushed::Full)?;
            if !self.receivers.any() {
                return Err(NotPushed::Disconnected);
            }
            if self.messages.len().map_err(NotPushed::NoMemory)? < self.bound {
                inside.bells().ring();
                let pushed = push().map_err(NotPushed::NoMemory)?;
                inside.wake_one();
                return Ok(pushed);
            }
            if deadline.is_over() {
                return Err(NotPushed::Full);
            }
            inside.second().sleep(deadline);
            transit::tidy();
        }
    }

    /// Whether a message with handles was received, or never will be.
    fn is_over(&self, transit: &Hold) -> bool {
        let Some(_inside) = self.monitor.enter_until(Deadline::after(Duration::ZERO)) else {
            return false;
        };
        let Some(owner) = self.transits.owner_of(transit) else {
            return true;
        };
        let is_over = if owner.is_current() {
            !self.receivers.any()
        } else {
            // The receiver may have been killed before it took the handles.
            !owner.is_alive()
        };
        if is_over {
            self.transits.pass_on(transit, owner, Owner::current());
            self.transits.remove(transit);
        }
        is_over
    }

    /// Inside the monitor: the receiver takes over a message with handles. `None`: its sender has let
    /// go of them.
    pub(super) fn begin_unpacking(self: &Arc<Self>, message: &mut Vec<u8>) -> Option<Unpacking> {
        let mut word = || {
            let (rest, word) = message.split_last_chunk()?;
            let (len, word) = (rest.len(), u64::from_ne_bytes(*word));
            message.truncate(len);
            Some(word)
        };
        let [serial, record] = [word()?, word()?];
        let transit = Hold::from_words([record, serial]);
        let owner = self.transits.owner_of(&transit)?;
        self.transits.pass_on(&transit, owner, Owner::current());
        Some(Unpacking {
            queue: Arc::clone(self),
            transit,
        })
    }

    /// Takes the oldest message, waiting for one until `deadline`, and returns what `read` makes of
    /// its bytes.
    #[inline]
    pub(super) fn take<R>(
        &self,
        deadline: Deadline,
        mut read: impl FnMut([&[u8]; 2], bool) -> R,
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
            transit::tidy();
        }
    }

    /// Makes the bell readable if `take` would not wait, and otherwise arms it to become readable
    /// later.
    pub(super) fn attend(&self, bell: &RemoteBell) -> io::Result<()> {
        transit::tidy();
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

/// A message with handles that is being decoded. When this is dropped, its sender may drop them.
pub(super) struct Unpacking {
    queue: Arc<Queue>,
    transit: Hold,
}

impl Drop for Unpacking {
    fn drop(&mut self) {
        match self.queue.monitor.enter_unless_stopped() {
            Some(_inside) => drop(self.queue.transits.remove(&self.transit)),
            None => self.queue.transits.abandon(&self.transit),
        }
    }
}
