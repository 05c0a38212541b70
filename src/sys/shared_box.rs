//! One value in shared memory.

use std::io;
use std::marker::PhantomData;
use std::ops::Deref;

use super::guarded::Watched;
use super::memory::SharedMemory;
use super::memory_file::MemoryFile;

/// A `T` that this process shares with the children it forks from now on.
///
/// Its destructor never runs: when the last process that maps it ends, its bytes are gone.
pub(crate) struct SharedBox<T> {
    memory: SharedMemory,
    value: PhantomData<T>,
}

// SAFETY: as for a box; each process has its own mapping, and `new` says what `T` must be.
unsafe impl<T: Send + Sync> Send for SharedBox<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for SharedBox<T> {}

impl<T> SharedBox<T> {
    /// A value at a page of the file, whose bytes are zero, or what `initialize` makes of them.
    ///
    /// # Safety
    /// After `initialize` it must be a valid `T`, and stay one whatever the processes that have a
    /// `&T` do with it, all at once. So it is made of atomics, of locks, and of cells that are
    /// only touched under them.
    pub(crate) unsafe fn new(
        file: &MemoryFile,
        start: usize,
        initialize: impl FnOnce(*mut T) -> io::Result<()>,
    ) -> io::Result<Self> {
        // SAFETY: the caller's promise; zeroes become a value below.
        let new = unsafe { Self::joined(file, start) }?;
        new.memory.allocate(0..new.memory.len())?;
        initialize(new.memory.start().cast().as_ptr())?;
        Ok(new)
    }

    /// The value that another process has made there.
    ///
    /// # Safety
    /// It must have made it by [`new`](Self::new), as a `T`.
    pub(crate) unsafe fn joined(file: &MemoryFile, start: usize) -> io::Result<Self> {
        const { assert!(align_of::<T>() <= 4096, "a mapping starts at a page") };
        Ok(Self {
            memory: file.map(start..start + size_of::<T>())?,
            value: PhantomData,
        })
    }

    /// Returns a handle to mark when this process uses the value and its copies must not.
    pub(crate) fn watch(&self) -> Watched {
        Watched::new(&self.memory)
    }

    /// Leaves the value mapped as long as this process runs.
    pub(crate) fn leak(&mut self) {
        self.memory.leak();
    }
}

impl<T> Deref for SharedBox<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the mapping is at least as long as a `T`, starts at a page, lives as long as
        // `self`, and the caller of `new` or `joined` promised that it holds a `T`.
        unsafe { self.memory.start().cast().as_ref() }
    }
}
