//! A place where processes meet, which shows whether they run at the same time.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use multiprocessing::sync::PoisonError;
use multiprocessing::{Condition, Mutex, MutexGuard};

use crate::Wrong;

/// How long one waits for others who may never come.
const PATIENCE: Duration = Duration::from_secs(1);

/// A place where processes meet, to be a `static` of the check.
#[derive(Debug)]
pub struct Meeting(OnceLock<Place>);

#[derive(Debug)]
struct Place {
    arrived: Mutex<u32>,
    one_more: Condition,
}

impl Meeting {
    #[allow(clippy::new_without_default, reason = "a static needs a const")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Makes the place, before the reader's code runs; nobody is there.
    ///
    /// # Errors
    /// If there is no memory left to share.
    pub fn begin(&self) -> Result<(), Wrong> {
        if self.0.get().is_none() {
            let place = Place {
                arrived: Mutex::new(0)?,
                one_more: Condition::new()?,
            };
            drop(self.0.set(place));
        }
        *self.lock() = 0;
        Ok(())
    }

    /// Returns how many have arrived now.
    pub fn arrive(&self) -> u32 {
        let mut arrived = self.lock();
        *arrived += 1;
        self.place().one_more.notify_all();
        *arrived
    }

    /// How many have arrived so far.
    pub fn arrived(&self) -> u32 {
        *self.lock()
    }

    /// Waits until `count` have arrived. Gives up after a while: false.
    pub fn wait_for(&self, count: u32) -> bool {
        let one_more = &self.place().one_more;
        let waited = one_more.wait_timeout_while(self.lock(), PATIENCE, |arrived| *arrived < count);
        let (_arrived, result) = waited.unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    /// Even after a death: a number is always whole.
    fn lock(&self) -> MutexGuard<'_, u32> {
        let arrived = self.place().arrived.lock();
        arrived.unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> &Place {
        self.0.get().expect("the check has called `begin`")
    }
}

/// Whether `happens` comes true within `limit`.
pub fn within(limit: Duration, happens: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !happens() {
        if start.elapsed() > limit {
            return false;
        }
        thread::yield_now();
    }
    true
}
