//! Atomics whose operations are steps. Where no world is explored, they are the standard ones.

use std::sync::atomic::{self, Ordering};

use crate::places::Word;
use crate::run::{Step, step};

pub fn fence(order: Ordering) {
    if step(|_| Some(Step::Fence)).is_none() {
        atomic::fence(order);
    }
}

/// Sleeping and waking on a word, as in Linux.
pub mod futex {
    use super::{AtomicU32, Step, Word, step};

    pub fn wait(word: &AtomicU32, expected: u32, _: Option<std::time::Duration>) {
        step(|places| {
            Some(Step::Sleep(
                *places.indices.get(&word.at())?,
                expected.into(),
            ))
        });
    }

    pub fn wake(word: &AtomicU32, count: u32) {
        step(|places| Some(Step::Wake(*places.indices.get(&word.at())?, count.into())));
    }
}

macro_rules! atomics {
    ($($name:ident: $value:ty;)*) => {$(
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name(atomic::$name);

        impl Word for $name {
            fn at(&self) -> usize {
                std::ptr::from_ref(self) as usize
            }

            fn value(&self) -> u64 {
                self.0.load(Ordering::Relaxed) as u64
            }
        }

        #[allow(dead_code, reason = "not all types are used in all ways")]
        impl $name {
            fn step(&self, make: impl FnOnce(usize) -> Step) -> Option<$value> {
                Some(step(|places| Some(make(*places.indices.get(&self.at())?)))? as $value)
            }

            pub fn load(&self, order: Ordering) -> $value {
                self.step(Step::Load).unwrap_or_else(|| self.0.load(order))
            }

            pub fn store(&self, value: $value, order: Ordering) {
                let is_fence = order == Ordering::SeqCst;
                if self.step(|at| Step::Store(at, value as u64, is_fence)).is_none() {
                    self.0.store(value, order);
                }
            }

            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.step(|at| Step::Exchange(at, None, value as u64))
                    .unwrap_or_else(|| self.0.swap(value, order))
            }

            pub fn compare_exchange(
                &self,
                old: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                match self.step(|at| Step::Exchange(at, Some(old as u64), new as u64)) {
                    Some(seen) if seen == old => Ok(seen),
                    Some(seen) => Err(seen),
                    None => self.0.compare_exchange(old, new, success, failure),
                }
            }

            pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.step(|at| Step::Add(at, value as u64))
                    .unwrap_or_else(|| self.0.fetch_add(value, order))
            }
        }
    )*};
}

atomics! {
    AtomicU32: u32;
    AtomicU64: u64;
    AtomicUsize: usize;
}
