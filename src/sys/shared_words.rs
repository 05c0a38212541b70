//! A fixed number of atomic words in shared memory.

use std::io;
use std::ops::Deref;
use std::slice;
use std::sync::atomic::AtomicU64;

use super::memory::SharedMemory;
use super::memory_file::MemoryFile;

/// Words that this process shares with the children it forks from now on. They begin as 0.
#[derive(Debug)]
pub(crate) struct SharedWords(SharedMemory);

impl SharedWords {
    /// At a page of the file.
    pub(crate) fn new(file: &MemoryFile, start: usize, count: usize) -> io::Result<Self> {
        let new = Self::joined(file, start, count)?;
        new.0.allocate(0..new.0.len())?;
        Ok(new)
    }

    /// Those that another process has made there.
    pub(crate) fn joined(file: &MemoryFile, start: usize, count: usize) -> io::Result<Self> {
        file.map(start..start + Self::size(count)).map(Self)
    }

    pub(crate) const fn size(count: usize) -> usize {
        count * size_of::<AtomicU64>()
    }
}

impl Deref for SharedWords {
    type Target = [AtomicU64];

    fn deref(&self) -> &[AtomicU64] {
        let count = self.0.len() / size_of::<AtomicU64>();
        // SAFETY: the mapping has that many words, starts at a page and lives as long as `self`.
        // Every bit pattern is a valid atomic, and atomics may be changed by anyone at any time.
        unsafe { slice::from_raw_parts(self.0.start().cast().as_ptr(), count) }
    }
}
