//! Shared memory that grows.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::MmapAdvise;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::ftruncate;

use super::memory::{SharedMemory, meminfo};

/// A mapping as long as the machine has memory, of which each part is allocated when it is needed.
///
/// So it can grow for all processes at once, without a word between them. Addresses cost nothing;
/// and since what is mapped is a file (without a name), the memory that it could have is not
/// reckoned among what is in use, however strictly a machine reckons.
pub(crate) struct GrowingMemory(SharedMemory);

impl GrowingMemory {
    /// Where the addresses, or the length of a file, are limited, it is shorter.
    pub(crate) fn new() -> io::Result<Self> {
        const LEAST: usize = 1 << 20;
        static TOTAL: OnceLock<usize> = OnceLock::new();
        let total = *TOTAL.get_or_init(|| meminfo("MemTotal:").unwrap_or(1 << 36));
        let (longest_file, _) = getrlimit(Resource::RLIMIT_FSIZE)?;
        let mut len = total.min(usize::try_from(longest_file).unwrap_or(usize::MAX));
        let file = memfd_create(c"growing", MFdFlags::MFD_CLOEXEC)?;
        loop {
            ftruncate(&file, i64::try_from(len).map_err(|_| Errno::EFBIG)?)?;
            // SAFETY: nobody else has the file, and where it was mapped it is not changed again.
            match unsafe { SharedMemory::of_file(&file, len) } {
                Err(_) if len > LEAST => len /= 2,
                mapped => return mapped.map(Self),
            }
        }
    }

    /// Allocates a part, or says that there is not enough memory. It begins at the start of a page.
    pub(crate) fn allocate(&self, part: Range<usize>) -> io::Result<()> {
        self.0.allocate(part)
    }

    /// Gives the memory of a part back. What was in it is lost for all processes.
    pub(crate) fn discard(&self, part: Range<usize>) {
        // Where it fails, the memory is kept.
        let _ = self.0.advise(part, MmapAdvise::MADV_REMOVE);
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.0.start()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
