//! A mapping of a file in which every access is checked.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use nix::errno::Errno;
use nix::sys::mman::MmapAdvise;

use super::growing::PAGE;
use super::memory::SharedMemory;
use super::window::Window;

/// The first bytes of a [`Window`], mapped.
///
/// One process writes to them, through a mapping of its own: writing takes `&mut`. The others read,
/// under the contract of [`bytes`](Self::bytes). A child that needs them maps them anew. This type
/// makes sure that all accesses stay inside the mapping.
#[derive(Debug)]
pub(crate) struct FileMapping(SharedMemory);

impl FileMapping {
    /// The first `len` bytes, which must have been allocated.
    pub(crate) fn new(window: &Window, len: u64) -> io::Result<Self> {
        if len > window.len() {
            return Err(Errno::EFBIG.into());
        }
        let len = usize::try_from(len).map_err(|_| Errno::ENOMEM)?;
        // SAFETY: the file reaches to the end of the window, and never gets shorter.
        let mut memory = unsafe { SharedMemory::of_file(window.file()?, window.start(), len) }?;
        memory.keep_from_children();
        Ok(Self(memory))
    }

    /// Maps all that is in use; the first `sure` bytes are known to be.
    pub(crate) fn of_all(window: &Window, sure: u64) -> io::Result<Self> {
        Self::new(window, window.extent(sure)?)
    }

    /// Makes it read-only for this process. A write ends it by SIGSEGV.
    pub(crate) fn protect_from_writes(&self) -> io::Result<()> {
        self.0.protect_part_from_writes(0..self.0.len())
    }

    /// Allocates and maps the first `len` bytes.
    pub(crate) fn grow(&mut self, window: &Window, len: u64) -> io::Result<()> {
        let before = self.0.len();
        self.0
            .resize(usize::try_from(len).map_err(|_| Errno::ENOMEM)?)?;
        if let Err(error) = window.allocate(before as u64..len) {
            // Shrinking always succeeds.
            let _ = self.0.resize(before);
            return Err(error);
        }
        // Much cheaper than a page fault for each page.
        let added = before..self.0.len();
        let populated = self
            .0
            .advise(added.clone(), MmapAdvise::MADV_POPULATE_WRITE);
        if populated.is_err() {
            // Linux before 5.14. A page counts as in use once it has been touched.
            for page in added.step_by(PAGE) {
                self.write(page as u64, &[0]);
            }
        }
        Ok(())
    }

    /// Maps no more than the first `len` bytes.
    pub(crate) fn shrink(&mut self, len: u64) {
        if len < self.len() {
            // Shrinking always succeeds.
            let _ = self.0.resize(len as usize);
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Copies `bytes` to `at`.
    #[inline(always)]
    pub(crate) fn write(&mut self, at: u64, bytes: &[u8]) {
        let to = self.part(at, bytes.len() as u64);
        // SAFETY: `part` checked that there is room, and `&mut` means that only this thread writes.
        // Readers promise not to read here meanwhile. The source is private memory.
        unsafe { to.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    }

    /// Fills `len` bytes from `at` on with `byte`.
    pub(crate) fn fill(&mut self, at: u64, len: u64, byte: u8) {
        let to = self.part(at, len);
        // SAFETY: as in `write`.
        unsafe { to.write_bytes(byte, len as usize) };
    }

    /// Copies `len` bytes from one place to another.
    pub(crate) fn copy_within(&mut self, from: u64, to: u64, len: u64) {
        let (from, to) = (self.part(from, len), self.part(to, len));
        // SAFETY: as in `write`, for both places; they may overlap.
        unsafe { to.copy_from(from, len as usize) };
    }

    /// The bytes from `at` on.
    ///
    /// # Safety
    /// Nobody may write to them as long as the slice lives.
    #[inline]
    pub(crate) unsafe fn bytes(&self, at: u64, len: u64) -> &[u8] {
        let start = self.part(at, len);
        // SAFETY: `part` checked that they are in the mapping; the caller that they stay the same.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), len as usize) }
    }

    /// The word at `at`, which must be a multiple of 8.
    #[inline]
    pub(crate) fn word(&self, at: u64) -> &AtomicU64 {
        assert!(at.is_multiple_of(8), "a word at {at}");
        // SAFETY: it is in the mapping and aligned; every bit pattern is a valid atomic. If the
        // writer also fills a word as bytes, others read it only once the writer has told them
        // where it is.
        unsafe { self.part(at, 8).cast().as_ref() }
    }

    #[inline]
    fn part(&self, at: u64, len: u64) -> NonNull<u8> {
        let fits = at.checked_add(len).is_some_and(|end| end <= self.len());
        assert!(fits, "{len} bytes at {at} of {}", self.len());
        // SAFETY: it fits.
        unsafe { self.0.start().add(at as usize) }
    }
}
