//! The atomics that the table is made of. Its tests put others in their place, which try every
//! interleaving: those of the crate `interleave`, or, with `--cfg loom`, loom's.

#[cfg(any(loom, not(test)))]
pub(super) use crate::sys::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence, futex};
#[cfg(all(test, not(loom)))]
pub(super) use interleave::{AtomicU32, AtomicU64, AtomicUsize, fence, futex};
