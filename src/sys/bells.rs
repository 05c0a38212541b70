//! The bells of those who wait for a change by `poll`, in shared memory.
//!
//! Only the holder of the monitor's lock touches them. A change is rung *before* it is made: if the
//! process is killed in between, a bell was rung for nothing, and not silent for ever.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use super::remote_bell::{Name, Rung};

/// So many can be armed at a time; others are readable all the time.
const MOST_ARMED: usize = 32;

pub(crate) struct Bells {
    /// 0: none is armed.
    any_armed: AtomicU32,
    /// Those that are to be rung once, at the next change.
    armed: [AtomicU64; MOST_ARMED],
}

impl Bells {
    /// Lets the bell be rung at the next change. Returns false if there are too many.
    pub(crate) fn arm(&self, name: Name) -> bool {
        let free = || {
            let words = self.armed.iter().map(|word| word.load(Relaxed));
            let free = words.clone().position(|word| word == 0);
            words.clone().position(|word| word == name.word()).or(free)
        };
        let place = free().or_else(|| {
            self.ring_all();
            free()
        });
        let Some(place) = place else {
            return false;
        };
        self.armed[place].store(name.word(), Relaxed);
        self.any_armed.store(1, Relaxed);
        true
    }

    /// Rings those that are armed, which then are not any more.
    #[inline]
    pub(crate) fn ring(&self) {
        if self.any_armed.load(Relaxed) != 0 {
            self.ring_all();
        }
    }

    #[cold]
    fn ring_all(&self) {
        let mut any = false;
        for word in &self.armed {
            if let Some(name) = Name::from_word(word.load(Relaxed)) {
                match name.ring() {
                    Rung::Yes | Rung::Gone => word.store(0, Relaxed),
                    Rung::Refused => any = true,
                }
            }
        }
        self.any_armed.store(any.into(), Relaxed);
    }
}
