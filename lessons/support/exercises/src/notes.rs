//! Notes that a check's functions leave, in whatever process the reader runs them.

use std::sync::OnceLock;

use multiprocessing::{Portable, Receiver, Sender, channel};

use crate::Wrong;

/// A place for notes, to be a `static` of the check: functions that are given to the reader's code
/// can capture nothing.
#[derive(Debug)]
pub struct Notes<T: Portable>(OnceLock<(Sender<T>, Receiver<T>)>);

impl<T: Portable> Notes<T> {
    #[allow(clippy::new_without_default, reason = "a static needs a const")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Makes the place, before the reader's code runs, and forgets earlier notes.
    ///
    /// # Errors
    /// If there is no memory left to share.
    pub fn begin(&self) -> Result<(), Wrong> {
        if self.0.get().is_none() {
            let _ = self.0.set(channel()?);
        }
        self.read();
        Ok(())
    }

    pub fn leave(&self, note: T) {
        if let Some((sender, _)) = self.0.get() {
            let _ = sender.send(note);
        }
    }

    /// Takes all notes, in the order in which they were left.
    pub fn read(&self) -> Vec<T> {
        let receiver = self.0.get().map(|(_, receiver)| receiver);
        let next = || receiver?.try_recv().ok();
        std::iter::from_fn(next).collect()
    }
}
