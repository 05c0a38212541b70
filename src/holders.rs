//! A list in shared memory of the processes that hold something they share.
//!
//! Each handle has a record here with the process it belongs to, by the rules of
//! [`sys::owner`](crate::sys::owner). The records of a process that has ended count as free, and
//! are freed when somebody checks.
//!
//! Only the holder of the thing's lock touches the list, with one exception: a process that drops a
//! handle while another is stopped inside frees its own record. A process that is killed inside
//! leaves the list intact: a record is taken, passed on or freed by a single store, that of its
//! owner. A process that is killed can lose one of the free records, which are kept in a list; lost
//! records are found again when no others are left.

use std::io;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::Release};

use nix::time::{ClockId, clock_gettime};

use crate::sys::clock::TICK;
use crate::sys::growing::{GrowingMemory, PAGE};
use crate::sys::memory_file::MemoryFile;
use crate::sys::owner::{Owner, handover, heir};

pub(crate) struct Holders {
    memory: Arc<GrowingMemory>,
    /// Where the list begins in the memory.
    start: usize,
    capacity: usize,
}

#[repr(C)]
struct Head {
    /// Records from here on have never been taken.
    used: AtomicU64,
    /// The first free record, counted from 1, or 0 if there is none.
    free: AtomicU64,
    /// The record that was last found to be held.
    held: AtomicU64,
    /// The number of handles so far.
    serials: AtomicU64,
    /// When somebody last checked whether the holders are alive, in milliseconds.
    looked: AtomicU64,
}

#[repr(C)]
struct Record {
    /// 0 if it is free.
    owner: AtomicU64,
    serial: AtomicU64,
    /// If it is free, the next free one, as in [`Head`].
    next: AtomicU64,
}

/// One handle's record. A copy that a child inherits names the same record; if that has been freed
/// and taken again, the serial number tells.
#[derive(Debug)]
pub(crate) struct Hold {
    record: usize,
    serial: u64,
    /// The [handover] during which it was made.
    made_during: i32,
}

impl Hold {
    /// Handles are numbered from 1 in the order in which they are made.
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// By which another process finds the record.
    pub(crate) fn words(&self) -> [u64; 2] {
        [self.record as u64, self.serial]
    }

    pub(crate) fn from_words([record, serial]: [u64; 2]) -> Self {
        Self {
            record: record as usize,
            serial,
            made_during: handover(),
        }
    }
}

/// What became of a record whose handle was dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    Freed,
    /// It did not belong to this process, or belongs to an heir now.
    Kept,
}

impl Holders {
    /// A list for at most `capacity` handles, in the file from the page at `start` on.
    pub(crate) fn new(file: &MemoryFile, start: usize, capacity: usize) -> io::Result<Self> {
        let memory = GrowingMemory::new(file, start, PAGE)?;
        Self::within(&Arc::new(memory), 0, capacity)
    }

    /// The list that another process has made by [`new`](Self::new).
    pub(crate) fn joined(file: &MemoryFile, start: usize, capacity: usize) -> io::Result<Self> {
        let memory = GrowingMemory::new(file, start, PAGE)?;
        Ok(Self::existing(&Arc::new(memory), 0, capacity))
    }

    /// A list that begins at `start` in the memory, which must be the start of a mapped page, with
    /// enough [`room`](Self::room) after it.
    pub(crate) fn within(
        memory: &Arc<GrowingMemory>,
        start: usize,
        capacity: usize,
    ) -> io::Result<Self> {
        Owner::check_visible()?;
        let new = Self::existing(memory, start, capacity);
        new.make()?;
        Ok(new)
    }

    /// As [`within`](Self::within), for a list that is made already, or will be.
    pub(crate) fn existing(memory: &Arc<GrowingMemory>, start: usize, capacity: usize) -> Self {
        let memory = Arc::clone(memory);
        Self {
            memory,
            start,
            capacity,
        }
    }

    /// Makes sure that there is memory for the list.
    pub(crate) fn make(&self) -> io::Result<()> {
        self.memory.allocate(self.start..self.start + PAGE)
    }

    /// How many bytes a list for `capacity` handles may need, in whole pages.
    pub(crate) const fn room(capacity: usize) -> usize {
        Self::end_of(capacity).next_multiple_of(PAGE)
    }

    /// Where the first `count` records end, counted from the start of the list.
    const fn end_of(count: usize) -> usize {
        size_of::<Head>() + count * size_of::<Record>()
    }

    fn head(&self) -> &Head {
        // SAFETY: the first page has been mapped since the list was made.
        let head = unsafe { self.memory.start().add(self.start) };
        // SAFETY: it starts with a `Head`, which consists of atomics alone.
        unsafe { head.cast().as_ref() }
    }

    /// All records that were ever taken, as far as this process has mapped them.
    fn records(&self) -> &[Record] {
        let used = self.head().used.load(Relaxed) as usize;
        let mapped = (self.memory.len() - self.start - size_of::<Head>()) / size_of::<Record>();
        // SAFETY: this is in the first page.
        let first = unsafe { self.memory.start().add(self.start + size_of::<Head>()) };
        let len = used.min(self.capacity).min(mapped);
        // SAFETY: that many are mapped, and records consist of atomics alone.
        unsafe { slice::from_raw_parts(first.cast().as_ptr(), len) }
    }

    /// Maps the first `count` records. If there is no room, this process sees only some of them.
    fn reach(&self, count: usize) -> io::Result<()> {
        let end = self.start + Self::end_of(count.min(self.capacity));
        // SAFETY: only the holder of the thing's lock touches the memory, which is this thread, and
        // it has borrowed nothing from it yet.
        unsafe { self.memory.reach(end) }
    }

    fn reach_used(&self) {
        let _ = self.reach(self.head().used.load(Relaxed) as usize);
    }

    /// Takes a record for this process. Returns `None` if all are held by living processes, or
    /// there is no memory for more.
    pub(crate) fn add(&self) -> Option<Hold> {
        self.reach_used();
        let record = match self.take_free().or_else(|| self.take_new()) {
            Some(record) => record,
            None if self.has_just_looked() => return None,
            None => {
                self.free_the_dead(usize::MAX);
                self.collect_free();
                self.take_free()?
            }
        };
        let serial = self.head().serials.fetch_add(1, Relaxed) + 1;
        let taken = self.records().get(record)?;
        taken.serial.store(serial, Relaxed);
        taken.owner.store(Owner::current().word(), Release);
        Some(Hold {
            record,
            serial,
            made_during: handover(),
        })
    }

    fn take_free(&self) -> Option<usize> {
        let head = self.head();
        let free = (head.free.load(Relaxed) as usize).checked_sub(1)?;
        let record = self.records().get(free)?;
        if record.owner().is_some() {
            // A broken process has overwritten the list, which is rebuilt when it is needed.
            head.free.store(0, Release);
            return None;
        }
        head.free.store(record.next.load(Relaxed), Release);
        Some(free)
    }

    /// Takes a record that has never been taken.
    fn take_new(&self) -> Option<usize> {
        let new = self.head().used.load(Relaxed) as usize;
        if new >= self.capacity {
            return None;
        }
        self.reach(new + 1).ok()?;
        let (start, end) = (
            self.start + Self::end_of(new),
            self.start + Self::end_of(new + 1),
        );
        let page = (end - 1) / PAGE * PAGE;
        if start <= page {
            self.memory.allocate(page..page + PAGE).ok()?;
        }
        self.head().used.store(new as u64 + 1, Release);
        Some(new)
    }

    /// Frees a record.
    fn free(&self, place: usize) {
        let head = self.head();
        let Some(record) = self.records().get(place) else {
            return;
        };
        record.owner.store(0, Release);
        record.next.store(head.free.load(Relaxed), Release);
        head.free.store(place as u64 + 1, Release);
    }

    /// Rebuilds the list of free records, including those that killed processes lost.
    fn collect_free(&self) {
        self.head().free.store(0, Release);
        for (place, record) in self.records().iter().enumerate() {
            if record.owner().is_none() {
                self.free(place);
            }
        }
    }

    /// Frees the record of a handle that is dropped, or passes it on to the child that the handle
    /// was moved into. This process must have [settled](crate::sys::owner::settle).
    pub(crate) fn remove(&self, hold: &Hold) -> Dropped {
        self.reach_used();
        self.end(hold, || self.free(hold.record))
    }

    /// As [`remove`](Self::remove), for a single-threaded process while another process keeps the
    /// thing's lock. The record counts as free, and is found again when no other is left.
    pub(crate) fn abandon(&self, hold: &Hold) {
        self.end(hold, || {
            self.records()[hold.record].owner.store(0, Release);
        });
    }

    fn end(&self, hold: &Hold, free: impl FnOnce()) -> Dropped {
        let Some(record) = self.records().get(hold.record) else {
            return Dropped::Kept;
        };
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
                free();
                Dropped::Freed
            }
        }
    }

    /// The process that a record belongs to, if it was not freed.
    pub(crate) fn owner_of(&self, hold: &Hold) -> Option<Owner> {
        self.reach_used();
        let record = self.records().get(hold.record)?;
        record
            .owner()
            .filter(|_| record.serial.load(Relaxed) == hold.serial)
    }

    /// Passes a record on, if it is `from`'s. Returns whether it was.
    pub(crate) fn pass_on(&self, hold: &Hold, from: Owner, to: Owner) -> bool {
        let is_from = self.owner_of(hold) == Some(from);
        if let Some(record) = self.records().get(hold.record).filter(|_| is_from) {
            record.owner.store(to.word(), Release);
        }
        is_from
    }

    /// Whether any living process still has a handle.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        let records = self.records();
        // Usually it is the same one as before.
        let first = (self.head().held.load(Relaxed) as usize).min(records.len());
        let mut others = false;
        for place in (first..records.len()).chain(0..first) {
            let Some(owner) = records[place].owner() else {
                continue;
            };
            if owner.is_current() || !others && self.has_just_looked() {
                self.head().held.store(place as u64, Relaxed);
                return true;
            }
            others = true;
        }
        others && self.free_the_dead(1) > 0
    }

    /// Returns an owner that has ended without dropping its handle, or one of `others` that has
    /// ended.
    pub(crate) fn find_dead(&self, others: impl Iterator<Item = Owner>) -> Option<Owner> {
        if self.has_just_looked() {
            return None;
        }
        self.reach_used();
        let owners = self.records().iter().filter_map(Record::owner);
        let dead = owners
            .chain(others)
            .find(|owner| !owner.is_current() && !owner.is_alive());
        if dead.is_none() {
            self.head().looked.store(milliseconds(), Relaxed);
        }
        dead
    }

    /// The processes that hold a handle. A process may appear several times.
    pub(crate) fn owners(&self) -> impl Iterator<Item = Owner> {
        self.reach_used();
        self.records().iter().filter_map(Record::owner)
    }

    /// How many handles made after the one with this serial number are held, even by owners whose
    /// end has not been noticed.
    pub(crate) fn count_after(&self, serial: u64) -> usize {
        self.reach_used();
        let held = self.records().iter().filter(|one| one.owner().is_some());
        held.filter(|one| one.serial.load(Relaxed) > serial).count()
    }

    /// The serial number of the newest handle.
    pub(crate) fn last_serial(&self) -> u64 {
        self.head().serials.load(Relaxed)
    }

    /// Frees the records of owners that have ended.
    pub(crate) fn forget_dead(&self) {
        self.reach_used();
        self.free_the_dead(usize::MAX);
    }

    /// Checking takes a few microseconds per process, so it is done at most once per tick. For the
    /// rest of the tick, the processes that were alive count as alive.
    fn has_just_looked(&self) -> bool {
        // A time in the future comes from a broken process.
        let since = milliseconds().checked_sub(self.head().looked.load(Relaxed));
        since.is_some_and(|since| u128::from(since) < TICK.as_millis())
    }

    /// Frees the records whose owners have ended, until it has met `enough` whose owners have not.
    /// Returns how many of those it met.
    fn free_the_dead(&self, enough: usize) -> usize {
        self.head().looked.store(milliseconds(), Relaxed);
        // One process may hold many.
        let mut known = None;
        let mut met = 0;
        for (place, record) in self.records().iter().enumerate() {
            let Some(owner) = record.owner() else {
                continue;
            };
            let lives = match known {
                Some((last, lives)) if last == owner => lives,
                _ => owner.is_current() || owner.is_alive(),
            };
            known = Some((owner, lives));
            if !lives {
                self.free(place);
                continue;
            }
            self.head().held.store(place as u64, Relaxed);
            met += 1;
            if met == enough {
                break;
            }
        }
        met
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
