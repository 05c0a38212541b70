//! The anonymous files in which the memory of handles lies.
//!
//! A mapping needs no descriptor once it is there, but a process that does not inherit it can only be
//! given it by one. So each handle keeps a descriptor, until a quarter of those that the process may
//! have are kept. Handles that are made beyond that work as the others do, and can't be sent.

use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::MFdFlags;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::stat::fstat;
use nix::unistd::ftruncate;

use super::call::Named;
use super::checked_file::{CheckedFile, above_standard};
use super::memory::{SharedMemory, empty_file};

/// What a handle's memory is mapped from.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    /// Without one, the memory has no file, and only children that are forked get it.
    file: Option<OwnedFd>,
    len: usize,
}

impl MemoryFile {
    /// For memory of a fixed length.
    pub(crate) fn fixed(len: usize) -> Self {
        let file = may_keep().then(|| Self::sparse(len).ok()).flatten();
        file.unwrap_or(Self { file: None, len })
    }

    /// A file of that length, in which nothing takes up memory yet.
    pub(crate) fn sparse(len: usize) -> io::Result<Self> {
        let (longest, _) = getrlimit(Resource::RLIMIT_FSIZE).by("prlimit64")?;
        if len as u64 > longest {
            return Err(Errno::EFBIG.into()); // asking for it would be a SIGXFSZ
        }
        let file = empty_file(c"handle", MFdFlags::MFD_ALLOW_SEALING)?;
        ftruncate(&file, i64::try_from(len).map_err(|_| Errno::EFBIG)?).by("ftruncate")?;
        fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK)).by("fcntl")?;
        Ok(Self {
            file: Some(file),
            len,
        })
    }

    /// One that another process has made by this type.
    pub(crate) fn received(file: OwnedFd) -> io::Result<Self> {
        let file = above_standard(file)?;
        let seals = fcntl(&file, FcntlArg::F_GET_SEALS)?;
        if !SealFlag::from_bits_retain(seals).contains(SealFlag::F_SEAL_SHRINK) {
            return Err(Errno::EBADF.into());
        }
        let len = usize::try_from(fstat(&file)?.st_size).map_err(|_| Errno::EFBIG)?;
        Ok(Self {
            file: Some(file),
            len,
        })
    }

    /// Maps a part, which starts at a page.
    pub(crate) fn map(&self, part: Range<usize>) -> io::Result<SharedMemory> {
        if part.end > self.len {
            return Err(Errno::EFBIG.into());
        }
        match &self.file {
            // SAFETY: the file is that long, and sealed against getting shorter.
            Some(file) => unsafe {
                SharedMemory::of_file(file, part.start as u64, part.len().max(1))
            },
            None => SharedMemory::lazy(part.len()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The descriptor, once everything is mapped.
    pub(crate) fn keep(self) -> Kept {
        let file = self.file.filter(|_| may_keep());
        let file = file.and_then(|file| CheckedFile::new(file).ok());
        if file.is_some() {
            KEPT.fetch_add(1, Relaxed);
        }
        Kept(file)
    }
}

/// How many are kept in this process. A child that is forked has them, too.
static KEPT: AtomicU64 = AtomicU64::new(0);

fn may_keep() -> bool {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(limit, _)| limit);
    KEPT.load(Relaxed) < limit / 4
}

/// The descriptor of a handle's memory, if it was kept.
#[derive(Debug)]
pub(crate) struct Kept(Option<CheckedFile>);

impl Kept {
    pub(crate) fn file(&self) -> io::Result<&CheckedFile> {
        let Some(kept) = &self.0 else {
            return Err(io::Error::other(
                "no descriptor of its memory was kept, since this process had too many when it got it; \
                 raise the limit (`ulimit -n`), a quarter of which is for handles, or drop some",
            ));
        };
        kept.file()?;
        Ok(kept)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.0.is_some() {
            KEPT.fetch_sub(1, Relaxed);
        }
    }
}

/// Where the next part may start, after one of `len` bytes at `start`.
pub(crate) fn after(start: usize, len: usize) -> usize {
    (start + len).next_multiple_of(super::memory::page_size())
}
