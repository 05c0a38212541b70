//! Decoding the results that a worker left.

#[cfg(test)]
mod tests;

use super::sink::Sink;
use crate::error::{Cause, Error, Panic, TaskError};
use crate::pool::engine::Outcome;
use crate::pool::shared::encoding::{NOT_ENCODED, PANIC, VALUE, next_text};
use crate::pool::shared::table::Output;
use crate::wire::{self, Portable};

/// Hands each result of an outcome to `sink`, in order.
#[inline]
pub(super) fn read_into<R: Portable>(
    outcome: &Outcome,
    sink: &mut impl Sink<R>,
) -> Result<(), Error> {
    let taken = match outcome {
        Outcome::Lost {
            index,
            cause,
            source,
        } => sink.take(Err(source.task_error(*index, cause.clone()))),
        Outcome::Results {
            first,
            count,
            offered,
            output,
            source,
            ..
        } => {
            let failure = |i, cause| source.task_error(first + i as usize, cause);
            let mapping;
            let bytes = match output {
                Output::Inline(inline) => inline.bytes(),
                Output::In(block) => {
                    mapping = match source.mapping(*block) {
                        Ok(mapping) => mapping,
                        Err(error) => {
                            let cause =
                                Cause::Decode(format!("left a result out of reach: {error}"));
                            return (0..*count)
                                .try_for_each(|i| sink.take(Err(failure(i, cause.clone()))))
                                .map_err(|error| Error::Task(*error));
                        }
                    };
                    // SAFETY: the worker finished the chunk, or has ended, and leaves the block
                    // alone until it is released, which is after this. A corrupt one could still
                    // change the bytes, so they are copied before they are checked (`read_value`).
                    unsafe { mapping.bytes(block.at, block.len) }
                }
            };
            read_results(bytes, *offered, *count, failure, sink)
        }
    };
    taken.map_err(|error| Error::Task(*error))
}

/// Reads the results of the first `count` items of a chunk that was offered with `offered` items,
/// and hands each to `sink`. `failure` makes the error of the item at an index in the chunk.
///
/// Whatever the bytes are, the sink gets a result for each item, unless it wants no more.
#[inline]
fn read_results<R: Portable>(
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
            None => Err(truncated()),
        };
        sink.take(result.map_err(|cause| failure(i, *cause)))
    })
}

#[inline]
fn read_result<R: Portable>(bytes: &mut &[u8]) -> Result<R, Box<Cause>> {
    match *bytes.split_off_first().ok_or_else(truncated)? {
        VALUE => read_value(next_text(bytes).ok_or_else(truncated)?),
        kind => read_failure(kind, bytes),
    }
}

#[inline]
fn read_value<R: Portable>(bytes: &[u8]) -> Result<R, Box<Cause>> {
    // The bytes must not change between check and use, even if a corrupt worker writes to them.
    let value = wire::decode_plain(bytes).unwrap_or_else(|| {
        let copy = bytes.to_vec();
        wire::decode(&copy)
    });
    value.map_err(|error| Cause::Decode(error.to_string()).into())
}

#[cold]
fn read_failure<R>(kind: u8, bytes: &mut &[u8]) -> Result<R, Box<Cause>> {
    let text = String::from_utf8_lossy(next_text(bytes).ok_or_else(truncated)?);
    let cause = match kind {
        PANIC => Cause::Panic(Panic::from_text(&text)),
        NOT_ENCODED => Cause::Encode(text.into_owned()),
        _ => Cause::Decode(text.into_owned()),
    };
    Err(cause.into())
}

#[cold]
fn truncated() -> Box<Cause> {
    Box::new(Cause::Decode("its result is truncated".to_owned()))
}
