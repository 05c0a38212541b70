//! Shared memory for many things that each need a little.
//!
//! Each of the parent's mappings makes a fork slower, even a mapping that the child does not get.
//! So several things share a mapping, and a thousand pools have a few dozen mappings.

use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nix::errno::Errno;
use nix::sys::mman::MmapAdvise;
use nix::sys::resource::{Resource, getrlimit};

use super::call::Named;
use super::descriptor::Descriptor;
use super::generation::Generation;
use super::memory::{SharedMemory, nameless_file, page_size};

/// Whole pages of a mapping, which belong only to this part. Children get them only if they are
/// lent or sent.
#[derive(Debug)]
pub(crate) struct SharedPart {
    start: NonNull<u8>,
    sheet: Arc<Sheet>,
    /// Where it lies in the sheet.
    range: Range<usize>,
    generation: Generation,
}

// SAFETY: as for the mapping that it is a part of.
unsafe impl Send for SharedPart {}
// SAFETY: as above.
unsafe impl Sync for SharedPart {}

/// A mapping that parts are taken from. It is unmapped with its last part.
#[derive(Debug)]
struct Sheet {
    memory: SharedMemory,
    /// The file it maps, if it can be sent.
    file: Option<Descriptor>,
}

/// The sheet that the next part is taken from, and how much of it is used.
struct Current {
    sheet: Weak<Sheet>,
    used: usize,
    generation: Generation,
}

impl Current {
    const NONE: Self = Self {
        sheet: Weak::new(),
        used: 0,
        generation: Generation::NONE,
    };
}

/// Parts of one kind are lent to forked children, parts of the other are sent.
static LENT: Mutex<Current> = Mutex::new(Current::NONE);
static SENT: Mutex<Current> = Mutex::new(Current::NONE);

const LARGEST_SHEET: usize = 64 << 20;

impl SharedPart {
    /// At least `len` zeroed bytes, which use memory only once they are touched.
    pub(crate) fn lazy(len: usize) -> io::Result<Self> {
        Self::of(&LENT, len, Sheet::to_lend)
    }

    /// As [`lazy`](Self::lazy), for children that inherit nothing.
    pub(crate) fn to_send(len: usize) -> io::Result<Self> {
        Self::of(&SENT, len, Sheet::to_send)
    }

    fn of(
        current: &Mutex<Current>,
        len: usize,
        new_sheet: fn(usize) -> io::Result<Sheet>,
    ) -> io::Result<Self> {
        let len = len.max(1).next_multiple_of(page_size());
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = current.sheet.upgrade();
        let existing = existing.filter(|_| current.generation.is_current());
        let last_len = existing.as_ref().map_or(0, |sheet| sheet.memory.len());
        let with_room =
            existing.filter(|sheet| sheet.memory.len() - current.used >= len && sheet.is_there());
        let sheet = match with_room {
            Some(sheet) => sheet,
            None => {
                // Twice as long as the last one, so that a single part takes no more than it needs.
                let sheet = Arc::new(new_sheet(len.max((2 * last_len).min(LARGEST_SHEET)))?);
                *current = Current {
                    sheet: Arc::downgrade(&sheet),
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
            start: unsafe { sheet.memory.start().add(range.start) },
            sheet,
            range,
            generation: Generation::current(),
        })
    }

    /// In a child that was sent a part: it lies in `file` from `start` on.
    ///
    /// # Safety
    /// The file must have that many bytes there, and never get shorter.
    pub(crate) unsafe fn received(file: impl AsFd, start: u64, len: usize) -> io::Result<Self> {
        let len = len.max(1).next_multiple_of(page_size());
        // SAFETY: the caller's promise.
        let mut memory = unsafe { SharedMemory::of_file(file, start, len) }?;
        memory.keep_from_children();
        Ok(Self {
            start: memory.start(),
            sheet: Arc::new(Sheet { memory, file: None }),
            range: 0..len,
            generation: Generation::NONE,
        })
    }

    /// The file that holds it, and where in it, if it can be sent.
    pub(crate) fn address(&self) -> Option<(&Descriptor, u64)> {
        Some((self.sheet.file.as_ref()?, self.range.start as u64))
    }

    #[inline]
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Sets whether children forked from now on get it.
    pub(crate) fn lend(&self, lent: bool) {
        self.sheet.memory.lend_part(self.range.clone(), lent);
    }

    /// Removes this process's right to write to it. A write ends the process with SIGSEGV.
    pub(crate) fn protect_from_writes(&self) -> io::Result<()> {
        self.sheet
            .memory
            .protect_part_from_writes(self.range.clone())
    }
}

impl Sheet {
    fn to_lend(len: usize) -> io::Result<Self> {
        let mut memory = SharedMemory::lazy(len)?;
        memory.keep_from_children();
        Ok(Self { memory, file: None })
    }

    fn to_send(len: usize) -> io::Result<Self> {
        // Exceeding this limit would end the process, by SIGXFSZ.
        if len as u64 > getrlimit(Resource::RLIMIT_FSIZE)?.0 {
            return Err(Errno::EFBIG.into());
        }
        let file = nameless_file(c"tables")?;
        file.file()?.set_len(len as u64).by("ftruncate")?;
        // SAFETY: the file is that long, and sealed against getting shorter.
        let mut memory = unsafe { SharedMemory::of_file(file.file()?, 0, len) }?;
        memory.keep_from_children();
        let file = Some(file);
        Ok(Self { memory, file })
    }

    /// Returns false if the program has closed its file.
    fn is_there(&self) -> bool {
        self.file.as_ref().is_none_or(|file| file.file().is_ok())
    }
}

/// Frees the memory at once.
impl Drop for SharedPart {
    fn drop(&mut self) {
        if self.generation.is_current() {
            // If it fails, the memory is kept until the last part of the mapping is dropped.
            let _ = self
                .sheet
                .memory
                .advise(self.range.clone(), MmapAdvise::MADV_REMOVE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    fn word(part: &SharedPart) -> &AtomicU64 {
        // SAFETY: a part is longer than a word and begins with a page, and every bit pattern is a
        // valid atomic.
        unsafe { part.start().cast().as_ref() }
    }

    #[test]
    fn parts_are_apart_and_begin_with_zeroes() {
        apart(SharedPart::lazy);
        apart(SharedPart::to_send);
    }

    fn apart(new: fn(usize) -> io::Result<SharedPart>) {
        let mut parts = Vec::new();
        for round in 1..=3 {
            for number in 0..40 {
                let part = new(number * 5000).expect("memory");
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
