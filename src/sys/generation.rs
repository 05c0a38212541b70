//! How many forks lie between a process and the first one.
//!
//! A handle remembers the generation that made it. A copy that a child inherited is told apart by
//! it, and does nothing: the original belongs to the parent.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// 0 for the first process, 1 for its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u32);

static CURRENT: AtomicU32 = AtomicU32::new(0);

impl Generation {
    pub(crate) const FIRST: Self = Self(0);

    /// That of this process.
    #[inline]
    pub(crate) fn current() -> Self {
        Self(CURRENT.load(Relaxed))
    }

    #[inline]
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }

    /// That of this one's children.
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// This process belongs to it from now on.
    pub(crate) fn assume(self) {
        CURRENT.store(self.0, Relaxed);
    }

    #[inline]
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}
