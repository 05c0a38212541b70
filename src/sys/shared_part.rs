//! Shared memory for many things that each need a little.
//!
//! A fork takes time for each mapping of its parent, even for one that the child does not get. So
//! several things share a mapping, and a thousand pools have a few dozen mappings.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nix::sys::mman::MmapAdvise;

use super::generation::Generation;
use super::memory::{SharedMemory, page_size};

/// Whole pages of a mapping, which belong to this part alone. Children get them only if they are lent.
#[derive(Debug)]
pub(crate) struct SharedPart {
    start: NonNull<u8>,
    sheet: Arc<SharedMemory>,
    /// Where it lies in the sheet.
    range: Range<usize>,
    generation: Generation,
}

/// The mapping that the next part is taken from, and how much of it is used. It is unmapped with its
/// last part.
struct Sheet {
    memory: Weak<SharedMemory>,
    used: usize,
    generation: Generation,
}

static SHEET: Mutex<Sheet> = Mutex::new(Sheet {
    memory: Weak::new(),
    used: 0,
    generation: Generation::NONE,
});

const LARGEST_SHEET: usize = 64 << 20;

impl SharedPart {
    /// At least `len` bytes, filled with zeroes, that take up memory only once they are touched.
    pub(crate) fn lazy(len: usize) -> io::Result<Self> {
        let len = len.max(1).next_multiple_of(page_size());
        let mut current = SHEET.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = current.memory.upgrade();
        let existing = existing.filter(|_| current.generation.is_current());
        let last_len = existing.as_ref().map_or(0, |sheet| sheet.len());
        let with_room = existing.filter(|sheet| sheet.len() - current.used >= len);
        let sheet = match with_room {
            Some(sheet) => sheet,
            None => {
                // Twice as long as the last one, so that a single part takes no more than it needs.
                let size = len.max((2 * last_len).min(LARGEST_SHEET));
                let mut memory = SharedMemory::lazy(size)?;
                memory.keep_from_children();
                let sheet = Arc::new(memory);
                *current = Sheet {
                    memory: Arc::downgrade(&sheet),
                    used: 0,
                    generation: Generation::current(),
                };
                sheet
            }
        };
        let range = current.used..current.used + len;
        current.used = range.end;
        Ok(Self {
            // SAFETY: the sheet has room for it.
            start: unsafe { sheet.start().add(range.start) },
            sheet,
            range,
            generation: Generation::current(),
        })
    }

    #[inline]
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Whether children that are forked from now on get it.
    pub(crate) fn lend(&self, lent: bool) {
        self.sheet.lend_part(self.range.clone(), lent);
    }

    /// Takes away this process's right to write to it. A write ends the process by SIGSEGV.
    pub(crate) fn protect_from_writes(&self) -> io::Result<()> {
        self.sheet.protect_part_from_writes(self.range.clone())
    }
}

/// The memory is given back at once.
impl Drop for SharedPart {
    fn drop(&mut self) {
        if self.generation.is_current() {
            // If it fails, the memory is kept until the last part of the mapping is dropped.
            let _ = self
                .sheet
                .advise(self.range.clone(), MmapAdvise::MADV_REMOVE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    fn word(part: &SharedPart) -> &AtomicU64 {
        // SAFETY: a part is longer than a word, begins with a page, and any bits are an atomic.
        unsafe { part.start().cast().as_ref() }
    }

    #[test]
    fn parts_are_apart_and_begin_with_zeroes() {
        let mut parts = Vec::new();
        for round in 1..=3 {
            for number in 0..40 {
                let part = SharedPart::lazy(number * 5000).expect("memory");
                assert_eq!(word(&part).swap(number as u64 + 1, Relaxed), 0);
                parts.push((number as u64 + 1, part));
            }
            for (value, part) in &parts {
                assert_eq!(word(part).load(Relaxed), *value);
            }
            let mut place = 0;
            parts.retain(|_| {
                place += 1;
                place % (round + 1) == 0
            });
        }
    }
}
