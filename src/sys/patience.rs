//! Spinning for a while before going to sleep.
//!
//! Being woken takes a few microseconds, and two processes that wait for each other take turns to
//! sleep and wake. A process that spins a little longer than that finds the other awake, and gets
//! its answer in less than a microsecond.

use std::hint::spin_loop;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// The most spins: a few tens of microseconds.
const MOST: u32 = 2000;
/// The fewest: a microsecond or two.
const FEWEST: u32 = 100;
/// A shorter sleep would have been better spent spinning.
const SHORT: Duration = Duration::from_micros(200);

/// Whether spinning is worthwhile while `others` need a CPU. It is not if they need all of them:
/// then the awaited process could run instead.
pub(crate) fn pays(others: usize) -> bool {
    others < processors()
}

/// The number of CPUs available to this process, or rather to its first ancestor that started a
/// child: a worker that was pinned to one CPU knows that the others run elsewhere.
pub(crate) fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| available_parallelism().map_or(1, usize::from))
}

/// The spin budget. A long sleep halves it.
#[derive(Debug)]
pub(crate) struct Patience(AtomicU32);

impl Patience {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    /// Whether `is_over` becomes true while this spins, with `others` needing a CPU. If not, it is
    /// time to [`sleep`](Self::sleep).
    #[inline]
    pub(crate) fn look(&self, others: usize, mut is_over: impl FnMut() -> bool) -> bool {
        if !pays(others) {
            return false;
        }
        let is_soon_over = (0..self.0.load(Relaxed)).any(|_| {
            spin_loop();
            is_over()
        });
        if is_soon_over {
            self.0.store(MOST, Relaxed);
        }
        is_soon_over
    }

    /// Calls `sleep`, and adapts the budget to how long it takes.
    pub(crate) fn sleep<R>(&self, sleep: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let slept = sleep();
        let next = if start.elapsed() < SHORT {
            MOST
        } else {
            (self.0.load(Relaxed) / 2).max(FEWEST)
        };
        self.0.store(next, Relaxed);
        slept
    }
}
