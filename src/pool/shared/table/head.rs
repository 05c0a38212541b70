//! What the whole table has once.

use super::sync::{AtomicU32, AtomicU64};

/// In `wake_at`: the parent is awake.
pub(super) const NEVER: u64 = u64::MAX;

/// Each field has a cache line of its own, since each is written by other processes at other times.
#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct Head {
    /// One past the last position offered. Written by the parent.
    pub(super) end: Line<AtomicU64>,
    /// Where to look for a READY chunk: none lies before. Only a hint: whoever finds it too low
    /// moves it up.
    pub(super) hint: Line<AtomicU64>,
    /// The parent sleeps until a chunk at this position or a later one is DONE.
    pub(super) wake_at: Line<AtomicU64>,
    /// Not 0: the parent sleeps, and wants to be woken when a worker is idle, since there is work
    /// to steal for it.
    pub(super) wake_when_idle: Line<AtomicU32>,
    /// Not 0: workers leave instead of sleeping.
    pub(super) closing: Line<AtomicU32>,
}

#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct Line<T>(pub(super) T);
