//! A chunk of a job's items, on its way to a worker.

use crate::pool::shared::table::{Input, Size};

/// Which job a chunk belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) struct JobId(pub(super) usize);

#[derive(Clone, Copy)]
pub(in crate::pool) struct Chunk {
    pub(super) job: JobId,
    /// The index of its first item among the job's.
    pub(super) first: usize,
    pub(super) size: Size,
    /// How many items it had when it was offered. Some may have been taken back since.
    pub(super) offered: u64,
    pub(in crate::pool) input: Input,
    /// The segment of its own block, if it has one. Otherwise the block is the job's.
    pub(super) segment: Option<u64>,
}

impl Chunk {
    /// A chunk that has not been offered. `segment` is that of its own block, if it has one.
    pub(in crate::pool) fn new(
        job: JobId,
        first: usize,
        size: Size,
        input: Input,
        segment: Option<u64>,
    ) -> Self {
        Self {
            job,
            first,
            size,
            offered: 0,
            input,
            segment,
        }
    }
}
