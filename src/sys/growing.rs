//! Shared memory that grows.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

use nix::errno::Errno;
use nix::sys::mman::MmapAdvise;
use nix::sys::resource::{Resource, getrlimit};

use super::call::Named;
use super::memory::{SharedMemory, meminfo, page_size, resized};
use super::memory_file::MemoryFile;

/// An anonymous file as long as the machine's memory. Each process maps what is in use, and each
/// part is allocated when it is needed.
///
/// So it can grow for all processes at once, without any communication, and uses little of their
/// address space until it does. A mapping can be extended without a descriptor of its file. What it
/// could grow to does not count as committed memory, whatever the
/// machine's overcommit policy.
#[derive(Debug)]
pub(crate) struct GrowingMemory {
    start: AtomicPtr<u8>,
    mapped: AtomicUsize,
    /// How long it can become.
    file_len: usize,
}

impl GrowingMemory {
    /// A file for memory that can grow to at least `least` bytes, from `start` on.
    pub(crate) fn file(start: usize, least: usize) -> io::Result<MemoryFile> {
        static TOTAL: OnceLock<usize> = OnceLock::new();
        let total = *TOTAL.get_or_init(|| meminfo("MemTotal:").unwrap_or(1 << 36));
        let (longest_file, _) = getrlimit(Resource::RLIMIT_FSIZE).by("prlimit64")?;
        let longest_file = usize::try_from(longest_file).unwrap_or(usize::MAX);
        let file_len = (start + total.max(least)).min(longest_file) & !(PAGE - 1);
        if file_len < start + least {
            return Err(Errno::EFBIG.into());
        }
        MemoryFile::sparse(file_len)
    }

    /// What lies in the file from the page at `start` on. The first `mapped` bytes of it are mapped.
    pub(crate) fn new(file: &MemoryFile, start: usize, mapped: usize) -> io::Result<Self> {
        let mut memory = file.map(start..start + mapped)?;
        let mapping = memory.start().as_ptr();
        memory.leak();
        Ok(Self {
            start: AtomicPtr::new(mapping),
            mapped: AtomicUsize::new(mapped),
            file_len: file.len() - start,
        })
    }

    /// Maps at least `len` bytes in this process. The memory may move.
    ///
    /// # Safety
    /// No thread of this process may have a pointer into the memory that it will use again, or call
    /// anything of this type meanwhile.
    #[inline]
    pub(crate) unsafe fn reach(&self, len: usize) -> io::Result<()> {
        if len <= self.len() {
            return Ok(());
        }
        self.map_more(len)
    }

    #[cold]
    fn map_more(&self, len: usize) -> io::Result<()> {
        if len > self.file_len {
            return Err(Errno::ENOMEM.into());
        }
        // Maps a little more, so that the memory seldom moves.
        let len = (len + len / 2).next_multiple_of(PAGE).min(self.file_len);
        // SAFETY: the mapping is this type's own, which `reach` alone changes; its caller promises
        // that nobody has borrowed from it. The file is as long as that.
        let start = unsafe { resized(self.start(), self.len(), len) }?;
        self.start.store(start.as_ptr(), Relaxed);
        self.mapped.store(len, Relaxed);
        Ok(())
    }

    /// Allocates all pages of a part, which must be mapped, or fails if there is not enough memory.
    pub(crate) fn allocate(&self, part: Range<usize>) -> io::Result<()> {
        // The kernel rounds the length by itself.
        let start = part.start / page_size() * page_size();
        self.as_memory(|memory| memory.allocate(start..part.end))
    }

    /// Frees the pages that lie in a part, which must be mapped. Their contents are lost for all
    /// processes.
    pub(crate) fn discard(&self, part: Range<usize>) {
        let page = page_size();
        let (start, end) = (part.start.next_multiple_of(page), part.end / page * page);
        if start < end {
            // If it fails, the memory is kept.
            let _ = self.as_memory(|memory| memory.advise(start..end, MmapAdvise::MADV_REMOVE));
        }
    }

    fn as_memory<R>(&self, f: impl FnOnce(&SharedMemory) -> R) -> R {
        // SAFETY: it is mapped, and this second owner is forgotten below.
        let mut memory = unsafe { SharedMemory::from_parts(self.start(), self.len()) };
        let result = f(&memory);
        memory.leak();
        result
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        NonNull::new(self.start.load(Relaxed)).expect("a mapping does not start at 0")
    }

    /// How many bytes are mapped.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.mapped.load(Relaxed)
    }
}

impl Drop for GrowingMemory {
    fn drop(&mut self) {
        // SAFETY: it is mapped, and nobody uses it after this.
        drop(unsafe { SharedMemory::from_parts(self.start(), self.len()) });
    }
}

/// The smallest page size. Larger pages are multiples of it.
pub(crate) const PAGE: usize = 4096;
