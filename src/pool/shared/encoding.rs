//! How the items of a chunk, and their results, lie in memory as bytes.
//!
//! Values of one fixed size follow each other without gaps. Any other value is preceded by its
//! length, so that a value that can't be decoded does not affect others. A byte for each result,
//! its kind, tells a value from a failure. It precedes the result. If all values have one size, the
//! kinds follow all values instead, and then come the texts of the failures.

use super::table::MOST_ITEMS;
use crate::error::Error;
use crate::wire::{self, Portable};

/// The kinds of a result: a value, or why there is none.
pub(in crate::pool) const VALUE: u8 = 0;
pub(in crate::pool) const PANIC: u8 = 1;
pub(in crate::pool) const NOT_ENCODED: u8 = 2;
pub(in crate::pool) const NOT_DECODED: u8 = 3;

/// Appends the items of a chunk. Its first item has the index `first`.
///
/// # Errors
/// If an item can't be encoded.
#[inline]
pub(in crate::pool) fn encode_items<T: Portable>(
    items: &[T],
    first: usize,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    if let Some(bytes) = wire::all_as_bytes(items) {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    for (i, item) in items.iter().enumerate() {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        wire::encode(item, out).map_err(|error| error.of_item(first + i))?;
        let len = (out.len() - start - 8) as u64;
        out[start..start + 8].copy_from_slice(&len.to_le_bytes());
    }
    Ok(())
}

/// What precedes an encoded value: its length, unless all values have the same length.
#[inline]
pub(in crate::pool) fn prefix<T: Portable>(value: &[u8]) -> Option<[u8; 8]> {
    let has_prefix = wire::fixed_size::<T>().is_none();
    has_prefix.then(|| (value.len() as u64).to_le_bytes())
}

/// Takes the bytes of the next value of type `T` from `bytes`.
#[inline]
pub(in crate::pool) fn next_value<'a, T: Portable>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    match wire::fixed_size::<T>() {
        Some(size) => bytes.split_off(..size),
        None => next_text(bytes),
    }
}

/// Takes a length, and that many bytes, from `bytes`.
#[inline]
pub(in crate::pool) fn next_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = u64::from_le_bytes(*bytes.split_off(..8)?.first_chunk()?);
    bytes.split_off(..usize::try_from(len).ok()?)
}

/// The most items that `bytes` can hold.
pub(in crate::pool) fn most_items<T: Portable>(bytes: &[u8]) -> u64 {
    let least = wire::fixed_size::<T>().unwrap_or(size_of::<u64>());
    bytes
        .len()
        .checked_div(least)
        .map_or(MOST_ITEMS, |most| most as u64)
}

/// The items of a chunk without the first `count`. `size` is the size of each, if all have the
/// same.
pub(in crate::pool) fn skip_items(mut bytes: &[u8], size: Option<usize>, count: u64) -> &[u8] {
    if let Some(size) = size {
        let skipped = usize::try_from(count).map_or(usize::MAX, |count| count.saturating_mul(size));
        return bytes.get(skipped..).unwrap_or_default();
    }
    for _ in 0..count {
        if next_text(&mut bytes).is_none() {
            return &[];
        }
    }
    bytes
}
