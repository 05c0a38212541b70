//! Parts of an array on their way to a child.

use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::ptr::NonNull;

use bytemuck::Pod;

use super::Array;
use crate::error::Error;
use crate::sys::generation::Generation;

/// Something that can be lent to a child with
/// [`Scope::spawn_with`](crate::process::Scope::spawn_with): a part of an array, or a tuple of such
/// parts.
pub trait Loan: private::Loan {}

impl<L: private::Loan> Loan for L {}

mod private {
    use crate::error::Error;

    /// # Safety
    /// `claim` may give access only to memory in the mappings that `mappings` names, and the value
    /// must borrow that memory from its owner: exclusively, if what `claim` returns can write.
    pub unsafe trait Loan {
        /// What the child gets.
        type Borrowed;

        /// Adds the starts of the mappings that the child needs.
        fn mappings(&self, starts: &mut Vec<usize>) -> Result<(), Error>;

        /// # Safety
        /// Call it only in a child that has access to `mappings`, and that the owner joins while
        /// the loan lasts.
        unsafe fn claim(self) -> Self::Borrowed;
    }
}

/// Where a loan comes from.
#[derive(Clone, Copy)]
struct Origin {
    mapping: usize,
    generation: Generation,
}

impl Origin {
    fn of<T>(array: &Array<T>) -> Self {
        Self {
            mapping: array.memory.start().as_ptr() as usize,
            generation: array.generation,
        }
    }

    /// A loan or an array that a child inherited is its parent's to lend.
    fn mapping(self) -> Result<usize, Error> {
        self.generation.check("array")?;
        Ok(self.mapping)
    }
}

/// A part of an [`Array`] that one child will have exclusively, as a `&mut T`.
pub struct LentMut<'a, T: ?Sized> {
    part: NonNull<T>,
    origin: Origin,
    borrow: PhantomData<&'a mut T>,
}

impl<'a, T: Pod> LentMut<'a, [T]> {
    pub(super) fn of(array: &'a mut Array<T>) -> Self {
        Self {
            part: whole(array),
            origin: Origin::of(array),
            borrow: PhantomData,
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.part.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Splits the part in two. The first has `middle` elements.
    ///
    /// # Panics
    /// If there are fewer elements than that.
    ///
    /// ```
    /// use multiprocessing::{Array, process};
    ///
    /// let mut numbers = Array::from_slice(&[1, 2, 3])?;
    /// process::scope(|s| {
    ///     let (first, others) = numbers.lend_mut().split_at(1);
    ///     s.spawn_with(first, |first| first[0] = 10);
    ///     s.spawn_with(others, |others| others.fill(0));
    /// })?;
    /// assert_eq!(numbers[..], [10, 0, 0]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn split_at(self, middle: usize) -> (Self, Self) {
        assert!(
            middle <= self.len(),
            "cannot split {} elements at {middle}",
            self.len()
        );
        let start = self.part.cast::<T>();
        // SAFETY: `middle` is at most the length, so this stays inside the part, or at its end.
        let second = unsafe { start.add(middle) };
        let part = |start, len| Self {
            part: NonNull::slice_from_raw_parts(start, len),
            ..self
        };
        (part(start, middle), part(second, self.len() - middle))
    }

    /// Splits the part into parts of `size` elements; the last may be shorter.
    ///
    /// # Panics
    /// If `size` is 0.
    pub fn chunks(self, size: usize) -> impl Iterator<Item = Self> {
        assert!(size > 0, "chunks have at least one element");
        let mut rest = Some(self);
        iter::from_fn(move || {
            let part = rest.take().filter(|part| !part.is_empty())?;
            let size = size.min(part.len());
            let (first, others) = part.split_at(size);
            rest = Some(others);
            Some(first)
        })
    }
}

impl<'a, T: Pod> IntoIterator for LentMut<'a, [T]> {
    type Item = LentMut<'a, T>;
    type IntoIter = IntoIter<'a, T>;

    fn into_iter(self) -> IntoIter<'a, T> {
        IntoIter { rest: Some(self) }
    }
}

/// An iterator over the elements of a [`LentMut`], each of which can be lent to a child of its own.
pub struct IntoIter<'a, T> {
    rest: Option<LentMut<'a, [T]>>,
}

impl<'a, T: Pod> Iterator for IntoIter<'a, T> {
    type Item = LentMut<'a, T>;

    fn next(&mut self) -> Option<LentMut<'a, T>> {
        let rest = self.rest.take().filter(|rest| !rest.is_empty())?;
        let (first, others) = rest.split_at(1);
        self.rest = Some(others);
        Some(LentMut {
            part: first.part.cast(),
            origin: first.origin,
            borrow: PhantomData,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.rest.as_ref().map_or(0, LentMut::len);
        (len, Some(len))
    }
}

impl<T: Pod> ExactSizeIterator for IntoIter<'_, T> {}

/// An [`Array`] that children may read, as a `&[T]`.
pub struct Lent<'a, T: ?Sized> {
    part: NonNull<T>,
    origin: Origin,
    borrow: PhantomData<&'a T>,
}

impl<'a, T: Pod> Lent<'a, [T]> {
    pub(super) fn of(array: &'a Array<T>) -> Self {
        Self {
            part: whole(array),
            origin: Origin::of(array),
            borrow: PhantomData,
        }
    }
}

impl<T: ?Sized> Clone for Lent<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Lent<'_, T> {}

fn whole<T: Pod>(array: &Array<T>) -> NonNull<[T]> {
    NonNull::slice_from_raw_parts(array.memory.start().cast(), array.len)
}

// SAFETY: the part lies in the array's mapping, which is borrowed exclusively for `'a`; parts are
// only ever split, so no two overlap.
unsafe impl<'a, T: ?Sized> private::Loan for LentMut<'a, T> {
    type Borrowed = &'a mut T;

    fn mappings(&self, starts: &mut Vec<usize>) -> Result<(), Error> {
        starts.push(self.origin.mapping()?);
        Ok(())
    }

    unsafe fn claim(mut self) -> &'a mut T {
        // SAFETY: the caller promises access; nobody else has any, as said above.
        unsafe { self.part.as_mut() }
    }
}

// SAFETY: the part lies in the array's mapping, which is borrowed for `'a`, so nobody writes.
unsafe impl<'a, T: ?Sized> private::Loan for Lent<'a, T> {
    type Borrowed = &'a T;

    fn mappings(&self, starts: &mut Vec<usize>) -> Result<(), Error> {
        starts.push(self.origin.mapping()?);
        Ok(())
    }

    unsafe fn claim(self) -> &'a T {
        // SAFETY: the caller promises access, and nobody writes, as said above.
        unsafe { self.part.as_ref() }
    }
}

macro_rules! lend_tuples {
    ($(($($L:ident)+))+) => {$(
        // SAFETY: each loan of the tuple keeps the promise for itself.
        unsafe impl<$($L: private::Loan),+> private::Loan for ($($L,)+) {
            type Borrowed = ($($L::Borrowed,)+);

            fn mappings(&self, starts: &mut Vec<usize>) -> Result<(), Error> {
                #[allow(non_snake_case, reason = "one name for the type and its value")]
                let ($($L,)+) = self;
                $($L.mappings(starts)?;)+
                Ok(())
            }

            unsafe fn claim(self) -> Self::Borrowed {
                #[allow(non_snake_case, reason = "one name for the type and its value")]
                let ($($L,)+) = self;
                // SAFETY: the caller's promise holds for each loan.
                ($(unsafe { $L.claim() },)+)
            }
        }
    )+};
}

lend_tuples! { (A) (A B) (A B C) (A B C D) }

impl<T: ?Sized> fmt::Debug for LentMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentMut").finish_non_exhaustive()
    }
}

impl<T: ?Sized> fmt::Debug for Lent<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for IntoIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").finish_non_exhaustive()
    }
}
