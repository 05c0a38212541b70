//! What a worker says about itself.

use super::sync::AtomicU32;

/// In `doing`: the worker has a chunk, or is on its way to one.
pub(super) const AT_WORK: u32 = 0;
/// The worker has none, and polls the table, or is about to.
pub(super) const SPINNING: u32 = 1;
/// The worker sleeps, or is about to. Whoever wakes it writes [`SPINNING`] first.
pub(super) const ASLEEP: u32 = 2;

/// In `due`: the worker asks whether it must leave.
pub(super) const DUE: u32 = 1;
/// The parent's answers.
pub(super) const LEAVE: u32 = 2;
pub(super) const STAY: u32 = 3;

#[repr(C, align(64))]
#[derive(Default)]
pub(super) struct Status {
    /// What the worker is doing. It sleeps on this word.
    pub(super) doing: AtomicU32,
    /// 1 once the worker's initializer has succeeded.
    pub(super) ready: AtomicU32,
    /// Whether the worker has run its number of chunks, and the parent's answer to that. The worker
    /// sleeps on this word until the answer arrives.
    pub(super) due: AtomicU32,
}
