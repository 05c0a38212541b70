//! An array in memory that processes share.
//!
//! ```
//! use multiprocessing::{Array, process};
//!
//! let mut numbers = Array::from_slice(&[2, 3, 6, 7])?;
//! process::scope(|s| {
//!     for x in numbers.lend_mut() {
//!         s.spawn_with(x, |x| *x *= *x);
//!     }
//! })?;
//! assert_eq!(*numbers, [4, 9, 36, 49]);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! No lock is needed: each child is lent an element of its own, and the borrow checker knows it.
//!
//! # Why elements are lent, and not captured
//!
//! With threads, `s.spawn(|| *x *= *x)` captures the `&mut`, and that is enough: a thread shares
//! everything with its siblings, so locks and reference counts work across them, and [`Send`]
//! stops what doesn't. A process shares *nothing but* the array. Everything else in it is a copy,
//! locks included:
//!
//! ```text
//! let guarded = Mutex::new(&mut numbers[..]);
//! s.spawn(|| guarded.lock().unwrap()[0] += 1);   // locks the child's copy of the mutex
//! guarded.lock().unwrap()[0] += 1;               // locks the parent's: two writers at once
//! ```
//!
//! With threads, that program compiles and is correct. With processes it would be a data race in
//! safe code, and no bound on the closure's type tells it from a harmless one. So a `&mut` into an
//! array never crosses a fork, by this argument:
//!
//! 1. References into an array come only from [`Deref`] in the process that made it, or from a
//!    loan in a child that was given it.
//! 2. A child that is not lent an array cannot reach it: the fork makes its pages inaccessible, so
//!    using an inherited reference, however well hidden, ends the child with SIGSEGV.
//! 3. While a loan lasts, the array is borrowed, so its owner has no reference into it, and none
//!    is inherited by the child that is lent it. A [`LentMut`] itself can't be looked into; it
//!    only names a part, and the parts of one array do not overlap.
//! 4. A copy of a loan that a child inherits is refused there, because it remembers who made it.
//! 5. The borrow cannot end before the scope has joined the child, even if the scope panics.
//!
//! A process that is made behind the library's back, by `fork`, `daemon` or a bare `clone`, has
//! none of these pages, neither an owner's nor a borrower's. Touching them ends it with SIGSEGV,
//! after a message on stderr (except in a bare `clone`). The original goes on.
//!
//! Elements are [`Pod`]: plain data without pointers (a pointer means nothing in another process)
//! for which every bit pattern is a valid value. A child that is killed in the middle of a write
//! can leave an element half-written, but never an invalid one.
//!
//! One element lent to two children does not compile:
//! ```compile_fail,E0499
//! # use multiprocessing::{Array, process};
//! let mut numbers = Array::from_slice(&[2, 3])?;
//! process::scope(|s| {
//!     s.spawn_with(numbers.lend_mut(), |n| n[0] = 4);
//!     s.spawn_with(numbers.lend_mut(), |n| n[0] = 5);
//! })?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! Nor does one loan given to two:
//! ```compile_fail,E0382
//! # use multiprocessing::{Array, process};
//! let mut numbers = Array::from_slice(&[2, 3])?;
//! process::scope(|s| {
//!     for x in numbers.lend_mut() {
//!         s.spawn_with(x, |x| *x = 4);
//!         s.spawn_with(x, |x| *x = 5);
//!     }
//! })?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! Nor looking at the array while a child may write to it:
//! ```compile_fail,E0502
//! # use multiprocessing::{Array, process};
//! let mut numbers = Array::from_slice(&[2, 3])?;
//! process::scope(|s| {
//!     s.spawn_with(numbers.lend_mut(), |n| n[0] = 4);
//!     println!("{}", numbers[0]);
//! })?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! Nor keeping what was lent past the scope:
//! ```compile_fail,E0521
//! # use multiprocessing::{Array, process};
//! # use std::cell::Cell;
//! let kept: Cell<Option<&'static mut [i32]>> = Cell::new(None);
//! let mut numbers = Array::from_slice(&[2, 3])?;
//! process::scope(|s| {
//!     s.spawn_with(numbers.lend_mut(), |n| kept.set(Some(n)));
//! })?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! Nor elements that hold pointers:
//! ```compile_fail,E0277
//! # use multiprocessing::Array;
//! let names = Array::from_slice(&[String::from("Ada")])?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```

mod loan;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::slice;

use bytemuck::Pod;
use nix::errno::Errno;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{self, Serialize, Serializer};

pub use loan::{IntoIter, Lent, LentMut, Loan};

use crate::error::Error;
use crate::sys::copies::hint;
use crate::sys::generation::Generation;
use crate::sys::guarded::Guarded;
use crate::sys::memory::SharedMemory;

/// A fixed number of elements in shared memory. It behaves like a slice.
///
/// The process that makes an array owns it, and lends it, or parts of it, to its children; see
/// [`lend_mut`](Self::lend_mut). It has no name anywhere, so nothing is left of it once its
/// processes have ended, however they end.
///
/// As a value, in an argument, an answer or a message, an array is sent as a copy of its elements,
/// and the receiver owns a new one.
///
/// The [module's documentation](self) says what is guaranteed, and why.
pub struct Array<T> {
    memory: Guarded,
    len: usize,
    generation: Generation,
    elements: PhantomData<T>,
}

// SAFETY: an array owns its elements, as a `Vec` does; it is as safe to send and share as they are.
unsafe impl<T: Send> Send for Array<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Array<T> {}

impl<T: Pod> Array<T> {
    /// An array of `len` elements whose bytes are all zero.
    ///
    /// # Errors
    /// [`Error::System`] if there is not enough memory. All of it is allocated now, so a shortage
    /// is reported here, and not later by a signal.
    pub fn new(len: usize) -> Result<Self, Error> {
        const {
            assert!(
                align_of::<T>() <= 4096,
                "elements are aligned to a page at most"
            );
        }
        let memory = size_of::<T>()
            .checked_mul(len)
            .filter(|&bytes| bytes <= isize::MAX as usize)
            .ok_or_else(|| Errno::ENOMEM.into())
            .and_then(SharedMemory::allocated)
            .and_then(Guarded::new)
            .map_err(|error| {
                let size = size_of::<T>();
                Error::system(format!("share {len} elements of {size} bytes"), error)
            })?;
        Ok(Self {
            memory,
            len,
            generation: Generation::current(),
            elements: PhantomData,
        })
    }

    /// An array that holds a copy of `elements`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_slice(elements: &[T]) -> Result<Self, Error> {
        let mut array = Self::new(elements.len())?;
        array.copy_from_slice(elements);
        Ok(array)
    }

    /// Lends the array to children that may write to it: the whole array to one child, or its parts
    /// to several, if you split the loan or iterate over it.
    ///
    /// The only use of a loan is to pass it to
    /// [`Scope::spawn_with`](crate::process::Scope::spawn_with).
    ///
    /// ```
    /// use multiprocessing::{Array, process};
    ///
    /// let mut numbers: Array<u64> = Array::new(1000)?;
    /// process::scope(|s| {
    ///     for (half, part) in numbers.lend_mut().chunks(500).enumerate() {
    ///         s.spawn_with(part, move |part| part.fill(half as u64));
    ///     }
    /// })?;
    /// assert_eq!(numbers[499..501], [0, 1]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn lend_mut(&mut self) -> LentMut<'_, [T]> {
        LentMut::of(self)
    }

    /// Lends the array to any number of children for reading.
    ///
    /// ```
    /// use multiprocessing::{Array, process};
    ///
    /// let numbers = Array::from_slice(&[1, 2, 3])?;
    /// let (sum, largest) = process::scope(|s| {
    ///     let sum = s.spawn_with(numbers.lend(), |n| n.iter().sum::<i32>());
    ///     let largest = s.spawn_with(numbers.lend(), |n| n.iter().max().copied());
    ///     (sum.join(), largest.join())
    /// })?;
    /// assert_eq!((sum?, largest?), (6, Some(3)));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn lend(&self) -> Lent<'_, [T]> {
        Lent::of(self)
    }
}

/// As a copy of its elements: the bytes of all, one after another.
impl<T: Pod> Serialize for Array<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if size_of::<T>() == 0 {
            return Err(ser::Error::custom("its elements have no bytes"));
        }
        serializer.serialize_bytes(bytemuck::cast_slice(self))
    }
}

/// A new array.
impl<'de, T: Pod> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes<T>(PhantomData<T>);
        impl<T: Pod> Visitor<'_> for Bytes<T> {
            type Value = Array<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "the bytes of elements, {} each", size_of::<T>())
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Array<T>, E> {
                let size = size_of::<T>();
                if size == 0 || !bytes.len().is_multiple_of(size) {
                    return Err(E::invalid_length(bytes.len(), &self));
                }
                let mut array = Array::new(bytes.len() / size).map_err(E::custom)?;
                bytemuck::cast_slice_mut(&mut array).copy_from_slice(bytes);
                Ok(array)
            }
        }
        deserializer.deserialize_bytes(Bytes(PhantomData))
    }
}

impl<T> Array<T> {
    fn assert_owner(&self) {
        assert!(
            self.generation.is_current(),
            "this array belongs to the process that made it; lend it to a child with `spawn_with`, or \
             send a pool's tasks copies of its parts{}",
            hint()
        );
    }
}

impl<T: Pod> Deref for Array<T> {
    type Target = [T];

    /// # Panics
    /// In a child that inherited the array instead of being lent it.
    fn deref(&self) -> &[T] {
        self.assert_owner();
        // SAFETY: the mapping holds `len` elements, aligned to a page; all bit patterns are valid
        // for a `T: Pod`. Nobody writes: this is the owner, and children can write only during an
        // exclusive loan, which borrows the array mutably.
        unsafe { slice::from_raw_parts(self.memory.start().cast().as_ptr(), self.len) }
    }
}

impl<T: Pod> DerefMut for Array<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.assert_owner();
        // SAFETY: as in `deref`; and nobody reads either: loans of both kinds borrow the array.
        unsafe { slice::from_raw_parts_mut(self.memory.start().cast().as_ptr(), self.len) }
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<'a, T: Pod> IntoIterator for &'a Array<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Pod> IntoIterator for &'a mut Array<T> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
