//! A range of an anonymous file that many windows share.
//!
//! Each of the parent's descriptors makes a fork slower, and the number of descriptors is limited.
//! So the arenas of all pools of a process lie in one file, which is longer than any machine's
//! memory and uses memory only where something was allocated. No range is used twice.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use nix::unistd::{Whence, ftruncate, lseek};

use super::call::Named;
use super::descriptor::Descriptor;
use super::generation::Generation;
use super::growing::PAGE;
use super::memory::{lacks, nameless_file};

/// The most that a window can hold.
const LONGEST: u64 = 1 << 42;
const FILE_LEN: u64 = 1 << 62;

#[derive(Debug)]
pub(crate) struct Window {
    file: Arc<Descriptor>,
    start: u64,
    len: u64,
    /// Only the process that made it frees its memory.
    generation: Generation,
}

/// The file of the next window. It is closed with its last window.
struct Current {
    file: Weak<Descriptor>,
    next: u64,
    generation: Generation,
}

static CURRENT: Mutex<Current> = Mutex::new(Current {
    file: Weak::new(),
    next: 0,
    generation: Generation::NONE,
});

impl Window {
    pub(crate) fn new() -> io::Result<Self> {
        let (longest_file, _) = getrlimit(Resource::RLIMIT_FSIZE).by("prlimit64")?;
        if longest_file != RLIM_INFINITY {
            // A window within that limit, in a file of its own.
            let len = longest_file.min(LONGEST) & !(PAGE as u64 - 1);
            return Ok(Self {
                file: Arc::new(new_file(len)?),
                start: 0,
                len,
                generation: Generation::current(),
            });
        }
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = current.file.upgrade().filter(|file| {
            let is_own = current.generation.is_current() && !file.is_inherited();
            is_own && current.next < FILE_LEN && file.file().is_ok()
        });
        let file = match existing {
            Some(file) => file,
            None => {
                let file = Arc::new(new_file(FILE_LEN)?);
                *current = Current {
                    file: Arc::downgrade(&file),
                    next: 0,
                    generation: Generation::current(),
                };
                file
            }
        };
        let start = current.next;
        current.next += LONGEST;
        Ok(Self {
            file,
            start,
            len: LONGEST,
            generation: Generation::current(),
        })
    }

    /// In a child that was sent the window's [`descriptor`](Self::descriptor) and
    /// [`range`](Self::range).
    pub(crate) fn received(file: Descriptor, range: Range<u64>) -> Self {
        Self {
            file: Arc::new(file),
            start: range.start,
            len: range.end - range.start,
            generation: Generation::NONE,
        }
    }

    /// Where the window lies in the file.
    pub(crate) fn range(&self) -> Range<u64> {
        self.start..self.start + self.len
    }

    /// Whether this process is a copy of the one that made the window, or was sent it.
    pub(crate) fn is_inherited(&self) -> bool {
        !self.generation.is_current()
    }

    /// What a child that uses the window must keep open.
    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.file
    }

    /// # Errors
    /// If the program has closed it.
    pub(crate) fn file(&self) -> io::Result<&File> {
        self.file.file()
    }

    /// Where the window starts in the file. The file reaches at least to the end of its last
    /// window.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// How many bytes from the start of the window are in use. The first `sure` bytes are known to
    /// be.
    ///
    /// This asks the kernel, since the process that writes there may be broken.
    pub(super) fn extent(&self, sure: u64) -> io::Result<u64> {
        let from = i64::try_from(self.start + sure).map_err(|_| Errno::EFBIG)?;
        match lseek(self.file()?, from, Whence::SeekHole) {
            Ok(hole) => Ok((hole as u64 - self.start).min(self.len)),
            // Nothing is allocated beyond that.
            Err(Errno::ENXIO) => Ok(sure),
            Err(error) => Err(error).by("lseek"),
        }
    }

    /// Allocates a part.
    pub(crate) fn allocate(&self, part: Range<u64>) -> io::Result<()> {
        let len = part.end - part.start;
        if lacks(usize::try_from(len).unwrap_or(usize::MAX)) {
            return Err(Errno::ENOMEM.into());
        }
        // Exceeding this limit would end the process, by SIGXFSZ.
        if part.end > self.len || part.end > getrlimit(Resource::RLIMIT_FSIZE).by("prlimit64")?.0 {
            return Err(Errno::EFBIG.into());
        }
        self.change(FallocateFlags::empty(), part)
    }

    /// Frees the memory from `start` on, for all processes that map it. The bytes are then zero,
    /// and must be allocated before they are written again.
    pub(crate) fn discard_from(&self, start: u64) {
        let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        // If it fails, the memory is kept until the last of them ends.
        let _ = self.change(flags, start..self.len);
    }

    fn change(&self, flags: FallocateFlags, part: Range<u64>) -> io::Result<()> {
        let start = i64::try_from(self.start + part.start).map_err(|_| Errno::EFBIG)?;
        let len = i64::try_from(part.end - part.start).map_err(|_| Errno::ENOMEM)?;
        loop {
            match fallocate(self.file()?, flags, start, len) {
                Err(Errno::EINTR) => {}
                result => return result.by("fallocate"),
            }
        }
    }
}

fn new_file(len: u64) -> io::Result<Descriptor> {
    let file = nameless_file(c"arenas")?;
    let len = i64::try_from(len).map_err(|_| Errno::EFBIG)?;
    ftruncate(file.file()?, len).by("ftruncate")?;
    Ok(file)
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.is_inherited() {
            self.discard_from(0);
        }
    }
}
