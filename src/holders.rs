//! Who holds a thing that processes share: a list of owners, in shared memory.
//!
//! Each handle has a record here with the process it belongs to, by the rules of
//! [`sys::owner`](crate::sys::owner). The records of a process that has ended count as free, and
//! are freed when somebody looks.
//!
//! The list is only touched by who has the lock of the thing. A process that is killed there
//! leaves it whole: a record is taken, passed on or freed by one store, that of its owner.

use std::io;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use nix::time::{ClockId, clock_gettime};

use crate::sys::memory::SharedMemory;
use crate::sys::monitor::TICK;
use crate::sys::owner::{Owner, handover, heir};

pub(crate) struct Holders {
    memory: SharedMemory,
    capacity: usize,
}

#[repr(C)]
struct Head {
    /// Records from here on were never taken.
    used: AtomicU64,
    /// The number of handles so far.
    serials: AtomicU64,
    /// When somebody last looked whether the holders live, in milliseconds.
    looked: AtomicU64,
}

#[repr(C)]
struct Record {
    /// 0: free.
    owner: AtomicU64,
    serial: AtomicU64,
}

/// One handle's record. A copy that a child inherits names the same record; if that is free by
/// now and taken again, the serial number tells.
#[derive(Debug)]
pub(crate) struct Hold {
    record: usize,
    serial: u64,
    /// The [handover] that it was made during.
    made_during: i32,
}

/// What became of a record whose handle was dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    Freed,
    /// It was not this process's, or it is an heir's now.
    Kept,
}

impl Holders {
    /// A list for at most `capacity` handles.
    pub(crate) fn new(capacity: usize) -> io::Result<Self> {
        Owner::check_visible()?;
        let memory = SharedMemory::lazy(size_of::<Head>() + capacity * size_of::<Record>())?;
        Ok(Self { memory, capacity })
    }

    fn head(&self) -> &Head {
        // SAFETY: the mapping starts with a `Head`, which is made of atomics alone.
        unsafe { self.memory.start().cast().as_ref() }
    }

    /// The records that were ever taken.
    fn records(&self) -> &[Record] {
        let used = self.head().used.load(Relaxed) as usize;
        // SAFETY: the mapping has room for a head and `capacity` records after it.
        let first = unsafe { self.memory.start().add(size_of::<Head>()) };
        // SAFETY: as above, and records are made of atomics alone.
        unsafe { slice::from_raw_parts(first.cast().as_ptr(), used.min(self.capacity)) }
    }

    /// Takes a record for this process. `None`: all are held by processes that live.
    pub(crate) fn add(&self) -> Option<Hold> {
        let is_free = |record: &Record| record.owner().is_none();
        let record = match self.records().iter().position(is_free) {
            Some(free) => free,
            None if self.records().len() < self.capacity => {
                self.head().used.fetch_add(1, Relaxed);
                self.records().len() - 1
            }
            None if self.has_just_looked() => return None,
            None => {
                self.free_the_dead(usize::MAX);
                self.records().iter().position(is_free)?
            }
        };
        let serial = self.head().serials.fetch_add(1, Relaxed) + 1;
        self.records()[record].serial.store(serial, Relaxed);
        self.records()[record]
            .owner
            .store(Owner::current().word(), Relaxed);
        Some(Hold {
            record,
            serial,
            made_during: handover(),
        })
    }

    /// Frees the record of a handle that is dropped, or passes it on to the child that the handle
    /// was moved to. This process must have [settled](crate::sys::owner::settle).
    pub(crate) fn remove(&self, hold: &Hold) -> Dropped {
        let record = &self.records()[hold.record];
        let is_own = record.serial.load(Relaxed) == hold.serial
            && record.owner().is_some_and(Owner::is_current);
        if !is_own {
            return Dropped::Kept;
        }
        match heir(hold.made_during) {
            Some(heir) => {
                record.owner.store(heir.word(), Relaxed);
                Dropped::Kept
            }
            None => {
                record.owner.store(0, Relaxed);
                Dropped::Freed
            }
        }
    }

    /// Whether any handle is left, in a process that lives.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        let mut others = false;
        for record in self.records() {
            match record.owner() {
                Some(owner) if owner.is_current() => return true,
                Some(_) => others = true,
                None => {}
            }
        }
        others && (self.has_just_looked() || self.free_the_dead(1) > 0)
    }

    /// To look takes some microseconds a process, so it is done once in a tick, by whoever wants
    /// to know; for the rest of the tick, those who lived count as living.
    fn has_just_looked(&self) -> bool {
        milliseconds() < self.head().looked.load(Relaxed) + TICK.as_millis() as u64
    }

    /// Frees the records whose owners have ended, up to where it has met `enough` that have not.
    /// Returns how many it met.
    fn free_the_dead(&self, enough: usize) -> usize {
        self.head().looked.store(milliseconds(), Relaxed);
        let mut alive = None;
        let is_held = |record: &&Record| {
            let owner = record.owner();
            let lives = |owner: Owner| owner.is_current() || owner.is_alive();
            if owner.is_some() && (owner == alive || owner.is_some_and(lives)) {
                alive = owner;
                return true;
            }
            record.owner.store(0, Relaxed);
            false
        };
        self.records().iter().filter(is_held).take(enough).count()
    }
}

impl Record {
    fn owner(&self) -> Option<Owner> {
        Owner::from_word(self.owner.load(Relaxed))
    }
}

/// The time since the machine started.
fn milliseconds() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC_COARSE).map_or(0, |now| {
        now.tv_sec() as u64 * 1000 + now.tv_nsec() as u64 / 1_000_000
    })
}
