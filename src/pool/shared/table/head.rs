//! What the table has only once.

use super::sync::{AtomicU32, AtomicU64};

/// In `wake_at`: the parent is awake.
pub(super) const NEVER: u64 = u64::MAX;

/// Each field has its own cache line, since each is written by different processes at different
/// times.
#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct Head {
    /// One past the last position offered. Written by the parent.
    pub(super) end: Line<AtomicU64>,
    /// Where to look for a READY chunk: there is none before it. It is only a hint: whoever finds
    /// it too low raises it.
    pub(super) hint: Line<AtomicU64>,
    /// The parent sleeps until a chunk at this position or a later one is DONE.
    pub(super) wake_at: Line<AtomicU64>,
    /// Not 0 if the parent sleeps and wants to be woken when a worker is idle, since there is work
    /// to steal for it.
    pub(super) wake_when_idle: Line<AtomicU32>,
    /// Not 0 if workers must leave instead of sleeping.
    pub(super) closing: Line<AtomicU32>,
}

#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct Line<T>(pub(super) T);
