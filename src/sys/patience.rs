//! Looking a while before going to sleep.
//!
//! To be woken takes some microseconds, and where one who waits is the only one who could keep the
//! other awake, both take turns to sleep and to wake. Who looks for a change a little longer than
//! that meets the other awake, and an answer takes less than a microsecond.

use std::hint::spin_loop;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How often one looks at most: some tens of microseconds long.
const MOST: u32 = 2000;
/// And at least: a microsecond or two.
const FEWEST: u32 = 100;
/// A sleep that was shorter would have been better spent looking.
const SHORT: Duration = Duration::from_micros(200);

/// Whether it can pay to look when so many others need a processor. Not where they need all: there,
/// whoever is waited for could run instead.
pub(crate) fn pays(others: usize) -> bool {
    others < processors()
}

/// How many processors this process may use; or rather its first ancestor that started another, so
/// that a worker that was put on a processor of its own knows that the others are elsewhere.
pub(crate) fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| available_parallelism().map_or(1, usize::from))
}

/// How long to look. Who slept for long looks half as long the next time.
#[derive(Debug)]
pub(crate) struct Patience(AtomicU32);

impl Patience {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    /// Whether `is_over` soon, when so many others need a processor. If not, it is time to
    /// [`sleep`](Self::sleep).
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

    /// Calls `sleep`, and learns from how long it takes.
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
