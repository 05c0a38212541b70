//! Memory that several processes share.

use std::ffi::{CStr, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{
    MRemapFlags, MapFlags, MmapAdvise, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, mremap,
    munmap,
};
use nix::unistd::{SysconfVar, ftruncate, sysconf};

use super::call::Named;
use super::checked_file::above_standard;
use super::descriptor::Descriptor;
use super::generation::Generation;

/// An anonymous mapping that this process shares with the children it forks from now on.
///
/// It is zeroed and has no name: when the last process that maps it ends, however it ends, the
/// kernel reclaims it.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    start: NonNull<u8>,
    len: usize,
    /// The process that has it, if it is kept from children.
    only_of: Option<Generation>,
}

// SAFETY: a mapping belongs to the process, not to a thread; what may be done with the bytes is
// decided by the types built on it.
unsafe impl Send for SharedMemory {}
// SAFETY: as above.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// Maps `len` bytes (at least one), which use memory only once they are touched.
    pub(crate) fn lazy(len: usize) -> io::Result<Self> {
        let size = NonZeroUsize::new(len.max(1)).expect("the maximum of 1 and any size is not 0");
        // SAFETY: a new mapping at a place that the kernel chooses touches no existing memory.
        let start = unsafe {
            mmap_anonymous(
                None,
                size,
                ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
                MapFlags::MAP_SHARED,
            )
        }
        .by("mmap")?;
        Ok(Self {
            start: start.cast(),
            len: size.get(),
            only_of: None,
        })
    }

    /// Maps `len` bytes of a file from `start` on, which must be the start of a page.
    ///
    /// # Safety
    /// The file must have that many, and never get shorter.
    pub(crate) unsafe fn of_file(file: impl AsFd, start: u64, len: usize) -> io::Result<Self> {
        let offset = i64::try_from(start).map_err(|_| Errno::EFBIG)?;
        let size = NonZeroUsize::new(len).ok_or(Errno::EINVAL)?;
        // SAFETY: a new mapping at a place that the kernel chooses touches no existing memory, and
        // the caller promises that every byte of it stays there.
        let start = unsafe {
            mmap(
                None,
                size,
                ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
                MapFlags::MAP_SHARED,
                file,
                offset,
            )
        }
        .by("mmap")?;
        Ok(Self {
            start: start.cast(),
            len,
            only_of: None,
        })
    }

    /// Maps `len` bytes and allocates all of them now, so that a lack of memory is reported here,
    /// and not by a signal in the middle of a write.
    pub(crate) fn allocated(len: usize) -> io::Result<Self> {
        let memory = Self::lazy(len)?;
        memory.allocate(0..memory.len)?;
        Ok(memory)
    }

    /// Allocates a part, which starts at a page, or fails if there is not enough memory.
    pub(crate) fn allocate(&self, part: Range<usize>) -> io::Result<()> {
        if part.end > self.len || lacks(part.len()) {
            return Err(Errno::ENOMEM.into());
        }
        match self.advise(part, MmapAdvise::MADV_POPULATE_WRITE) {
            // EINVAL: Linux before 5.14 does not support this, and allocates on the first touch.
            Ok(()) | Err(Errno::EINVAL) => Ok(()),
            // Touching it would have caused a SIGBUS: a memory limit is reached.
            Err(Errno::EFAULT) => Err(Errno::ENOMEM).by("madvise"),
            Err(error) => Err(error).by("madvise"),
        }
    }

    pub(super) fn advise(&self, part: Range<usize>, advice: MmapAdvise) -> Result<(), Errno> {
        assert!(part.start <= part.end && part.end <= self.len);
        // SAFETY: the part lies in the mapping.
        let start = unsafe { self.start.add(part.start) };
        // SAFETY: as above. Populating writes nothing; removing zeroes the bytes, and the types
        // built on this one decide what may be done with them.
        unsafe { madvise(start.cast(), part.len(), advice) }
    }

    /// Makes a part, which starts at a page, read-only for this process. A write ends it with
    /// SIGSEGV.
    pub(super) fn protect_part_from_writes(&self, part: Range<usize>) -> io::Result<()> {
        assert!(part.start <= part.end && part.end <= self.len);
        // SAFETY: the part lies in the mapping.
        let start = unsafe { self.start.add(part.start) };
        // SAFETY: the mapping is this type's own, and whoever reads it may go on.
        unsafe { mprotect(start.cast(), part.len(), ProtFlags::PROT_READ) }.by("mprotect")
    }

    /// Changes the length of the mapping, which may move.
    pub(super) fn resize(&mut self, len: usize) -> io::Result<()> {
        // SAFETY: the mapping is this type's own, and nobody can have borrowed from it now. If it
        // gets longer, the caller makes sure that there is something to map.
        self.start = unsafe { resized(self.start, self.len, len) }?;
        self.len = len;
        Ok(())
    }

    /// # Safety
    /// There must be such a mapping. This becomes its owner.
    pub(super) unsafe fn from_parts(start: NonNull<u8>, len: usize) -> Self {
        Self {
            start,
            len,
            only_of: None,
        }
    }

    /// Leaves the bytes mapped when this is dropped.
    pub(crate) fn leak(&mut self) {
        self.len = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Keeps it from children, except for what [`lend_part`](Self::lend_part) lends. So no child
    /// holds on to the memory when it is dropped, or pays for mapping it. In a child, something
    /// else may be at these addresses, so it must not touch them.
    pub(crate) fn keep_from_children(&mut self) {
        self.only_of = Some(Generation::current());
        self.lend_part(0..self.len, false);
    }

    /// Sets whether children forked from now on get a part, which starts at a page.
    pub(super) fn lend_part(&self, part: Range<usize>, lent: bool) {
        let advice = if lent {
            MmapAdvise::MADV_DOFORK
        } else {
            MmapAdvise::MADV_DONTFORK
        };
        // The kernel only refuses if nothing is mapped there.
        let _ = self.advise(part, advice);
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        if self.only_of.is_some_and(|only| !only.is_current()) {
            return;
        }
        // SAFETY: the owner of the mapping is dropped, so no borrow of the bytes is left. (A length
        // of 0 unmaps nothing.)
        let _ = unsafe { munmap(self.start.cast(), self.len) };
    }
}

/// Changes the length of a mapping, which may move to where the kernel finds room.
///
/// # Safety
/// The mapping must be the caller's, and nobody may have borrowed from it. If it gets longer, there
/// must be something to map.
pub(super) unsafe fn resized(
    start: NonNull<u8>,
    old: usize,
    new: usize,
) -> io::Result<NonNull<u8>> {
    let new = NonZeroUsize::new(new).ok_or(Errno::EINVAL)?;
    let flags = MRemapFlags::MREMAP_MAYMOVE;
    // SAFETY: the caller's promise.
    let moved = unsafe { mremap(start.cast(), old, new.get(), flags, None) }.by("mremap")?;
    Ok(moved.cast())
}

/// For requests up to this many bytes, asking what is available is not worth the time.
const WORTH_ASKING: usize = 1 << 20;

/// Whether the machine lacks the memory. The kernel would try, and kill some program to get it.
pub(super) fn lacks(bytes: usize) -> bool {
    bytes > WORTH_ASKING && meminfo("MemAvailable:").is_some_and(|available| available < bytes)
}

/// A line of `/proc/meminfo`, in bytes. `MemAvailable:` is the kernel's estimate of what can be
/// allocated without swapping.
pub(super) fn meminfo(name: &str) -> Option<usize> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find(|line| line.starts_with(name))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}

/// The size of a page: 4096 bytes on most machines, more on some.
pub(crate) fn page_size() -> usize {
    static PAGE_SIZE: OnceLock<usize> = OnceLock::new();
    *PAGE_SIZE.get_or_init(|| {
        let asked = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        asked.map_or(4096, |size| size as usize)
    })
}

/// Asks the kernel for large pages, which cause far fewer page faults, in a buffer that is about to
/// be filled, if that is worthwhile.
pub(crate) fn prefer_large_pages<T>(room: &mut [MaybeUninit<T>]) {
    const LARGE_PAGE: usize = 2 << 20;
    if size_of_val(room) < 2 * LARGE_PAGE {
        return;
    }
    let bytes = room.as_mut_ptr_range();
    let start = (bytes.start as usize).next_multiple_of(page_size());
    let len = bytes.end as usize - start;
    if let Some(start) = NonNull::new(start as *mut c_void) {
        // SAFETY: the range lies in the room; the advice changes no byte of it.
        let _ = unsafe { madvise(start, len, MmapAdvise::MADV_HUGEPAGE) };
    }
}

/// An anonymous file, sealed against shrinking. It disappears with its last descriptor and mapping.
pub(crate) fn nameless_file(label: &CStr) -> io::Result<Descriptor> {
    let file = empty_file(label, MFdFlags::MFD_ALLOW_SEALING)?;
    fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK)).by("fcntl")?;
    Descriptor::new(file)
}

/// An anonymous file.
pub(super) fn empty_file(label: &CStr, flags: MFdFlags) -> io::Result<OwnedFd> {
    let file =
        above_standard(memfd_create(label, flags | MFdFlags::MFD_CLOEXEC).by("memfd_create")?)?;
    // It may have been stdout for a moment, and a thread may have printed into it.
    ftruncate(&file, 0).by("ftruncate")?;
    Ok(file)
}
