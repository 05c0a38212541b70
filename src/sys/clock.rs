//! The monotonic clock, which all processes share and nobody can set.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

pub(crate) fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
}

/// The longest time a killed process can delay the others.
pub(crate) const TICK: Duration = Duration::from_millis(20);
