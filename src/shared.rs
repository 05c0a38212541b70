//! Atomics in memory that processes share: Python's `Value`, without a lock.
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//! use multiprocessing::{Shared, process};
//!
//! let counter = Shared::new(AtomicU64::new(0))?;
//! process::scope(|s| {
//!     for _ in 0..4 {
//!         s.spawn(|| {
//!             for _ in 0..1000 {
//!                 counter.fetch_add(1, Relaxed);
//!             }
//!         });
//!     }
//! })?;
//! assert_eq!(counter.load(Relaxed), 4000);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! An atomic is changed as a whole, by one CPU instruction, so no process ever sees half a change,
//! and a process that is killed leaves nothing half-done. For a value that takes more than one step
//! to change, or a floating-point number, use a [`Mutex`](crate::Mutex).
//!
//! # Why this is sound
//!
//! An atomic may be changed through a shared reference by anyone at any time, so it does not matter
//! how many copies of the handle there are, or which process has them. Every bit pattern that
//! another process can store is a value of the type: any pattern is an integer, and an
//! [`AtomicBool`] can only be set to `true` and `false`. Other types are refused:
//! ```compile_fail,E0277
//! # use multiprocessing::Shared;
//! # use std::cell::Cell;
//! let number = Shared::new(Cell::new(1))?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! So is a pointer, which means nothing in another process:
//! ```compile_fail,E0277
//! # use multiprocessing::Shared;
//! # use std::sync::atomic::AtomicPtr;
//! let place = Shared::new(AtomicPtr::new(&mut 1))?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::*;

use crate::crossing::{Crossing, Words, crosses};
use crate::error::Error;
use crate::sys::memory_file::{Kept, MemoryFile};
use crate::sys::owner::Owner;
use crate::sys::shared_box::SharedBox;

/// An atomic, or an array of them, in shared memory.
///
/// A clone is another handle to the same value, as with [`Arc`]. Clones can be moved into any
/// number of children, or be borrowed by them.
pub struct Shared<T> {
    place: Arc<Place<T>>,
}

struct Place<T> {
    value: SharedBox<T>,
    memory: Kept,
}

/// Types that a [`Shared`] can hold: all atomics except [`AtomicPtr`], arrays of them, and tuples.
///
/// ```
/// use std::sync::atomic::{AtomicBool, AtomicU32};
/// use multiprocessing::Shared;
///
/// let several = Shared::new(([const { AtomicU32::new(0) }; 4], AtomicBool::new(true)))?;
/// # Ok::<(), multiprocessing::Error>(())
/// ```
pub trait Atomic: private::Atomic {}

impl<T: private::Atomic> Atomic for T {}

mod private {
    /// # Safety
    /// The type must consist of atomics alone, none of which holds a pointer.
    pub unsafe trait Atomic: Send + Sync + 'static {}
}

macro_rules! atomics {
    ($($atomic:ty)*) => {$(
        // SAFETY: it is one.
        unsafe impl private::Atomic for $atomic {}
    )*};
}

atomics! {
    AtomicBool AtomicI8 AtomicI16 AtomicI32 AtomicI64 AtomicIsize
    AtomicU8 AtomicU16 AtomicU32 AtomicU64 AtomicUsize
}

// SAFETY: it consists of its elements.
unsafe impl<T: private::Atomic, const N: usize> private::Atomic for [T; N] {}

macro_rules! tuples {
    ($(($($T:ident)+))+) => {$(
        // SAFETY: it consists of its members.
        unsafe impl<$($T: private::Atomic),+> private::Atomic for ($($T,)+) {}
    )+};
}

tuples! { (A) (A B) (A B C) (A B C D) }

impl<T: Atomic> Shared<T> {
    /// Puts `value` into shared memory.
    ///
    /// # Errors
    /// [`Error::System`] if there is not enough memory.
    pub fn new(value: T) -> Result<Self, Error> {
        let initialize = |place: *mut T| {
            // SAFETY: the place is new memory, as large as a `T`.
            unsafe { place.write(value) };
            Ok(())
        };
        let file = MemoryFile::fixed(size_of::<T>());
        // SAFETY: the value is made of atomics alone.
        let value = unsafe { SharedBox::new(&file, 0, initialize) };
        let value = value.map_err(|error| Error::system("share a value", error))?;
        Ok(Self::of(file, value))
    }

    fn of(file: MemoryFile, value: SharedBox<T>) -> Self {
        Self {
            place: Arc::new(Place {
                value,
                memory: file.keep(),
            }),
        }
    }
}

impl<T: Atomic> Crossing for Shared<T> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn memory(&self) -> &Kept {
        &self.place.memory
    }

    unsafe fn arrive(file: MemoryFile, _: Words, _: Option<Owner>) -> io::Result<Self> {
        // SAFETY: the caller's promise, and `new` made the value there.
        let value = unsafe { SharedBox::joined(&file, 0) }?;
        Ok(Self::of(file, value))
    }
}

crosses!([T: Atomic] Shared<T>);

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.place.value
    }
}

impl<T> Clone for Shared<T> {
    /// Another handle to the same value.
    fn clone(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
