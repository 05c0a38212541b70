//! The bells, in shared memory, of those waiting for a change with `poll`.
//!
//! Only the holder of the monitor's lock touches them. The bells are rung *before* a change is
//! made: if the process is killed in between, a bell was rung for nothing, but none stays silent
//! for ever.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use super::remote_bell::{Name, Rung};

/// This many can be armed at a time; any others are always readable.
const MOST_ARMED: usize = 32;

pub(crate) struct Bells {
    /// 0 if none is armed.
    any_armed: AtomicU32,
    /// Bells to be rung once, at the next change.
    armed: [AtomicU64; MOST_ARMED],
}

impl Bells {
    /// Arms the bell to be rung at the next change. Returns false if too many are armed.
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

    /// Rings the armed bells, and disarms them.
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
