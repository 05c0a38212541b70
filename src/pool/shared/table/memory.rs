//! How the table is laid out: a head, a status for each worker, and the slots.

use std::io;

use super::head::Head;
use super::slot::Slot;
use super::state::SLOTS;
use super::status::Status;

use crate::sys::shared_part::SharedPart;

/// How many bytes a table takes up.
pub(super) fn len(workers: usize) -> usize {
    size_of::<Head>() + workers * size_of::<Status>() + SLOTS as usize * size_of::<Slot>()
}

/// One mapping, which the workers inherit or are sent.
#[cfg(not(loom))]
#[derive(Debug)]
pub(super) struct Memory {
    mapping: SharedPart,
    workers: usize,
}

#[cfg(not(loom))]
impl Memory {
    pub(super) fn new(workers: usize) -> io::Result<Self> {
        Ok(Self::of(SharedPart::lazy(len(workers))?, workers))
    }

    /// In a mapping that is at least as long as [`len`] says.
    pub(super) fn of(mapping: SharedPart, workers: usize) -> Self {
        Self { mapping, workers }
    }

    /// What children must be lent or sent.
    pub(super) fn part(&self) -> Option<&SharedPart> {
        Some(&self.mapping)
    }

    pub(super) fn head(&self) -> &Head {
        // SAFETY: the mapping begins with a `Head`, is aligned to a page, and lives as long as
        // `self`. All fields are atomics, for which every bit pattern is valid, zeroes included.
        unsafe { self.mapping.start().cast().as_ref() }
    }

    pub(super) fn status(&self, worker: usize) -> &Status {
        assert!(worker < self.workers, "worker {worker} of {}", self.workers);
        let at = size_of::<Head>() + worker * size_of::<Status>();
        // SAFETY: there is room for this many statuses behind the head.
        let status = unsafe { self.mapping.start().add(at) };
        // SAFETY: as in `head`; the sizes before it are multiples of its alignment.
        unsafe { status.cast().as_ref() }
    }

    pub(super) fn slot(&self, position: u64) -> &Slot {
        let before = size_of::<Head>() + self.workers * size_of::<Status>();
        let at = before + (position % SLOTS) as usize * size_of::<Slot>();
        // SAFETY: there is room for `SLOTS` slots behind the statuses.
        let slot = unsafe { self.mapping.start().add(at) };
        // SAFETY: as in `status`.
        unsafe { slot.cast().as_ref() }
    }
}

/// The heap: a model's workers are threads, and its atomics are not plain words.
#[cfg(loom)]
pub(super) struct Memory {
    head: Head,
    statuses: Vec<Status>,
    slots: Vec<Slot>,
}

#[cfg(loom)]
impl Memory {
    pub(super) fn new(workers: usize) -> io::Result<Self> {
        Ok(Self {
            head: Head::default(),
            statuses: std::iter::repeat_with(Status::default)
                .take(workers)
                .collect(),
            slots: std::iter::repeat_with(Slot::default)
                .take(SLOTS as usize)
                .collect(),
        })
    }

    pub(super) fn of(_: SharedPart, workers: usize) -> Self {
        Self::new(workers).expect("the heap has room")
    }

    pub(super) fn part(&self) -> Option<&SharedPart> {
        None
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn status(&self, worker: usize) -> &Status {
        &self.statuses[worker]
    }

    pub(super) fn slot(&self, position: u64) -> &Slot {
        &self.slots[(position % SLOTS) as usize]
    }
}
