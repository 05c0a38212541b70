//! The atomics that the table consists of. Its tests replace them with others that try every
//! interleaving: those of `steps.rs`, or, with `--cfg loom`, loom's.

#[cfg(any(loom, not(test)))]
pub(super) use crate::sys::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence, futex};
#[cfg(all(test, not(loom)))]
pub(super) use interleave::{AtomicU32, AtomicU64, AtomicUsize, fence, futex};
