//! A place where processes meet, which shows whether they run at the same time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use multiprocessing::Shared;

use crate::Wrong;

/// How long one waits for others who may never come.
const PATIENCE: Duration = Duration::from_secs(1);

/// A place where processes meet, to be a `static` of the check.
#[derive(Debug)]
pub struct Meeting(OnceLock<Shared<AtomicU32>>);

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
        match self.0.get() {
            Some(place) => place.store(0, SeqCst),
            None => drop(self.0.set(Shared::new(AtomicU32::new(0))?)),
        }
        Ok(())
    }

    /// Returns how many have arrived now.
    pub fn arrive(&self) -> u32 {
        self.place().fetch_add(1, SeqCst) + 1
    }

    /// How many have arrived so far.
    pub fn arrived(&self) -> u32 {
        self.place().load(SeqCst)
    }

    /// Waits until `count` have arrived. Gives up after a while: false.
    pub fn wait_for(&self, count: u32) -> bool {
        within(PATIENCE, || self.arrived() >= count)
    }

    fn place(&self) -> &AtomicU32 {
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
