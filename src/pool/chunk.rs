//! The items of a chunk as bytes; who [runs](mod@run) them is another matter.
//!
//! Values of one fixed length stand one behind the other; before each other value stands its
//! length, so that a value that cannot be decoded spoils no other. A byte for each result, its
//! kind, tells a value from a failure. It stands before the result or, where all values have one
//! length, behind all values, and the texts of failures behind that.

mod run;
#[cfg(test)]
mod tests;

use super::sink::Sink;
use super::table::MOST_ITEMS;
use crate::error::{Cause, Error, Panic, TaskError};
use crate::wire::{self, Portable};
pub(super) use run::{ChunkRun, Run, carry_out, run};

const VALUE: u8 = 0;
const PANIC: u8 = 1;
const NOT_SENT: u8 = 2;
const UNREADABLE: u8 = 3;

/// Appends the inputs of a chunk, the first of which has the place `first` among all.
#[inline]
pub(super) fn encode_inputs<T: Portable>(
    values: &[T],
    first: usize,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    if let Some(bytes) = wire::all_as_bytes(values) {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    for (i, value) in values.iter().enumerate() {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        wire::encode(value, out).map_err(|error| error.of_item(first + i))?;
        let len = (out.len() - start - 8) as u64;
        out[start..start + 8].copy_from_slice(&len.to_le_bytes());
    }
    Ok(())
}

/// What stands before the bytes of an input: their length, unless all inputs have the same.
#[inline]
pub(super) fn head<T: Portable>(bytes: &[u8]) -> Option<[u8; 8]> {
    let has_head = wire::fixed_size::<T>().is_none();
    has_head.then(|| (bytes.len() as u64).to_le_bytes())
}

/// Takes the bytes of the next value of type `T` off `bytes`.
#[inline]
fn next_value<'a, T: Portable>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    match wire::fixed_size::<T>() {
        Some(size) => bytes.split_off(..size),
        None => next_text(bytes),
    }
}

/// The most inputs that `bytes` can hold.
fn most_inputs<T: Portable>(bytes: &[u8]) -> u64 {
    let least = wire::fixed_size::<T>().unwrap_or(size_of::<u64>());
    bytes
        .len()
        .checked_div(least)
        .map_or(MOST_ITEMS, |most| most as u64)
}

/// Takes a length, and as many bytes, off `bytes`.
#[inline]
fn next_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = u64::from_le_bytes(*bytes.split_off(..8)?.first_chunk()?);
    bytes.split_off(..usize::try_from(len).ok()?)
}

/// The inputs of a chunk without the first `count`. `len` is the length of each, if all have one.
pub(super) fn skip_inputs(mut bytes: &[u8], len: Option<usize>, count: u64) -> &[u8] {
    if let Some(len) = len {
        let skipped = usize::try_from(count).map_or(usize::MAX, |count| count.saturating_mul(len));
        return bytes.get(skipped..).unwrap_or_default();
    }
    for _ in 0..count {
        if next_text(&mut bytes).is_none() {
            return &[];
        }
    }
    bytes
}

/// Reads the results of the first `count` items of a chunk that was offered with `offered` items,
/// and hands each to `sink`. `failure` makes the error of the item at a place in the chunk.
///
/// Whatever the bytes are, the sink gets a result for each item, unless it wants no more.
#[inline]
pub(super) fn read_results<R: Portable>(
    mut bytes: &[u8],
    offered: u64,
    count: u64,
    failure: impl Fn(u64, Cause) -> Box<TaskError>,
    sink: &mut impl Sink<R>,
) -> Result<(), Box<TaskError>> {
    let Some(size) = wire::fixed_size::<R>() else {
        return (0..count).try_for_each(|i| {
            sink.take(read_result(&mut bytes).map_err(|cause| failure(i, *cause)))
        });
    };
    let offered = usize::try_from(offered).unwrap_or(usize::MAX);
    let (values, rest) = bytes
        .split_at_checked(offered.saturating_mul(size))
        .unwrap_or_default();
    let (kinds, mut failures) = rest.split_at_checked(offered).unwrap_or_default();
    if let Some(kinds) = kinds.get(..count as usize)
        && kinds.iter().all(|kind| *kind == VALUE)
        && let Some(values) = wire::all_from_bytes(&values[..count as usize * size])
    {
        return sink.take_all(values);
    }
    (0..count).try_for_each(|i| {
        let place = i as usize;
        let result = match kinds.get(place) {
            Some(&VALUE) => read_value(&values[place * size..][..size]),
            Some(&kind) => read_failure(kind, &mut failures),
            None => Err(cut_short()),
        };
        sink.take(result.map_err(|cause| failure(i, *cause)))
    })
}

#[inline]
fn read_result<R: Portable>(bytes: &mut &[u8]) -> Result<R, Box<Cause>> {
    match *bytes.split_off_first().ok_or_else(cut_short)? {
        VALUE => read_value(next_text(bytes).ok_or_else(cut_short)?),
        kind => read_failure(kind, bytes),
    }
}

#[inline]
fn read_value<R: Portable>(bytes: &[u8]) -> Result<R, Box<Cause>> {
    // What is checked first and then read must not change in between, not even if a worker in its
    // wrong mind writes to it.
    let value = wire::decode_plain(bytes).unwrap_or_else(|| {
        let copy = bytes.to_vec();
        wire::decode(&copy)
    });
    value.map_err(|error| Cause::Decode(error.to_string()).into())
}

#[cold]
fn read_failure<R>(kind: u8, bytes: &mut &[u8]) -> Result<R, Box<Cause>> {
    let text = next_text(bytes).ok_or_else(cut_short)?;
    Err(failure(kind, &String::from_utf8_lossy(text)).into())
}

#[cold]
fn cut_short() -> Box<Cause> {
    Box::new(Cause::Decode("its result ends too early".to_owned()))
}

#[cold]
fn failure(kind: u8, text: &str) -> Cause {
    match kind {
        PANIC => Cause::Panic(Panic::from_text(text)),
        NOT_SENT => Cause::Encode(text.to_owned()),
        _ => Cause::Decode(text.to_owned()),
    }
}
