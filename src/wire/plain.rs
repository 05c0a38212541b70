//! Types whose bytes in memory are their encoding.
//!
//! In Rust (as of 2026), a trait can't say "do this for these types, and that for all others". But
//! every type here is `'static`, so [`Any`] can ask whether a `T` *is* an `i64`. The compiler knows
//! the answer for each `T`, and keeps only the branch that is taken.

use std::any::Any;

use bytemuck::Pod;

use crate::sys::memory::prefer_large_pages;

/// Does `$do` for each plain number type.
macro_rules! for_each_number {
    ($do:ident) => { $do!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64) };
}

/// The bytes of `value`, if it is plain.
#[inline]
pub(super) fn as_bytes<T: 'static>(value: &T) -> Option<&[u8]> {
    let value: &dyn Any = value;
    macro_rules! numbers {
        ($($number:ty)*) => {$(
            if let Some(number) = value.downcast_ref::<$number>() {
                return Some(bytemuck::bytes_of(number));
            }
            if let Some(numbers) = value.downcast_ref::<Vec<$number>>() {
                return Some(bytemuck::cast_slice(numbers));
            }
        )*};
    }
    for_each_number!(numbers);
    if value.is::<()>() {
        return Some(&[]);
    }
    value.downcast_ref::<String>().map(String::as_bytes)
}

/// The bytes of all `values`, if they are plain and each has the same number of bytes.
#[inline]
pub(super) fn all_as_bytes<T: 'static>(values: &[T]) -> Option<&[u8]> {
    fixed_size::<T>()?;
    let start = values.as_ptr().cast();
    // SAFETY: `fixed_size` knows only numbers and `()`, which consist of initialized bytes alone.
    Some(unsafe { std::slice::from_raw_parts(start, size_of_val(values)) })
}

/// The values that lie in `bytes` one after another, if they are plain and aligned, and all have
/// the same length, which must not be 0.
#[inline]
pub(super) fn all_from_bytes<T: 'static>(bytes: &[u8]) -> Option<impl Iterator<Item = T>> {
    let size = fixed_size::<T>().filter(|&size| size > 0)?;
    let start: *const T = bytes.as_ptr().cast();
    if !start.is_aligned() {
        return None;
    }
    // SAFETY: it is aligned and lies in `bytes`; `fixed_size` knows only numbers and `()`, and
    // every bit pattern is a number.
    let values = unsafe { std::slice::from_raw_parts(start, bytes.len() / size) };
    // SAFETY: numbers can be copied.
    Some(values.iter().map(|value| unsafe { std::ptr::read(value) }))
}

/// Whether `T` is plain. [`decode`] knows, whatever the bytes are.
#[inline]
pub(super) fn is_plain<T: 'static>() -> bool {
    decode::<T>(&[]).is_some()
}

/// The number of bytes that every value of `T` has, if `T` is plain and there is such a number.
#[inline]
pub(super) fn fixed_size<T: 'static>() -> Option<usize> {
    macro_rules! numbers {
        ($($number:ty)*) => {
            is::<T, ()>() $(|| is::<T, $number>())*
        };
    }
    for_each_number!(numbers).then_some(size_of::<T>())
}

/// Returns `None` if `T` is not plain, and `Some(None)` if it is, but `bytes` is not a value of it.
#[inline]
pub(super) fn decode<T: 'static>(bytes: &[u8]) -> Option<Option<T>> {
    macro_rules! numbers {
        ($($number:ty)*) => {$(
            if is::<T, $number>() {
                return Some(bytemuck::try_pod_read_unaligned::<$number>(bytes).ok().and_then(as_is));
            }
            if is::<T, Vec<$number>>() {
                return Some(read_all::<$number>(bytes).and_then(as_is));
            }
        )*};
    }
    for_each_number!(numbers);
    if is::<T, ()>() {
        return Some(bytes.is_empty().then(|| as_is(())).flatten());
    }
    if is::<T, String>() {
        // The copy is checked, since shared memory could change after the check.
        return Some(String::from_utf8(bytes.to_vec()).ok().and_then(as_is));
    }
    None
}

#[inline]
fn is<T: 'static, U: 'static>() -> bool {
    std::any::TypeId::of::<T>() == std::any::TypeId::of::<U>()
}

/// A `U` as the `T` that it is.
#[inline]
fn as_is<U: 'static, T: 'static>(value: U) -> Option<T> {
    let mut value = Some(value);
    (&mut value as &mut dyn Any)
        .downcast_mut::<Option<T>>()?
        .take()
}

fn read_all<N: Pod>(bytes: &[u8]) -> Option<Vec<N>> {
    if let Ok(numbers) = bytemuck::try_cast_slice(bytes) {
        let mut copy = Vec::with_capacity(numbers.len());
        prefer_large_pages(copy.spare_capacity_mut());
        copy.extend_from_slice(numbers);
        return Some(copy);
    }
    // The bytes may not be aligned for an `N`.
    let numbers = bytes.chunks_exact(size_of::<N>());
    let whole = numbers.remainder().is_empty();
    whole.then(|| numbers.map(bytemuck::pod_read_unaligned).collect())
}
