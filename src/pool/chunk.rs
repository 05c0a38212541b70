//! The items of a chunk as bytes, and the loop that runs them.
//!
//! Values of one fixed length stand one behind the other; before each other value stands its
//! length, so that a value that cannot be decoded spoils no other. A byte for each result, its
//! kind, tells a value from a failure. It stands before the result or, where all values have one
//! length, behind all values, and the texts of failures behind that.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::sink::Sink;
use super::worker::Task;
use crate::error::{Cause, Error, Panic, TaskError};
use crate::process::{Mailbox, Outcome};
use crate::wire::{self, Value};

const VALUE: u8 = 0;
const PANIC: u8 = 1;
const NOT_SENT: u8 = 2;
const UNREADABLE: u8 = 3;

/// Appends the inputs of a chunk.
#[inline]
pub(super) fn encode_inputs<T: Value>(values: &[T], out: &mut Vec<u8>) -> Result<(), Error> {
    if let Some(bytes) = wire::all_as_bytes(values) {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    for value in values {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        wire::encode(value, out)?;
        let len = (out.len() - start - 8) as u64;
        out[start..start + 8].copy_from_slice(&len.to_le_bytes());
    }
    Ok(())
}

/// What stands before the bytes of an input: their length, unless all inputs have the same.
#[inline]
pub(super) fn head<T: Value>(bytes: &[u8]) -> Option<[u8; 8]> {
    let has_head = wire::fixed_size::<T>().is_none();
    has_head.then(|| (bytes.len() as u64).to_le_bytes())
}

/// Takes the bytes of the next value of type `T` off `bytes`.
#[inline]
fn next_value<'a, T: Value>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    match wire::fixed_size::<T>() {
        Some(size) => bytes.split_off(..size),
        None => next_text(bytes),
    }
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

/// Runs the items of a chunk in a worker; `T`, `R` and what `call` is are known here alone.
pub(super) fn run<T: Value, R: Value>(task: &mut Task, mut call: impl FnMut(&mut dyn Any, T) -> R) {
    if let Some(size) = wire::fixed_size::<R>() {
        // If there is no room, it is the first item's fault, and perhaps not that of the others.
        task.begin_item(0);
        if task.lay_out(task.count() * (size as u64 + 1)).is_err() {
            task.leave_without_memory();
        }
    }
    let mut next = 0;
    let mut rest = task.input;
    let mut finished_len = task.output_len();
    // Where a task panics, the loop is begun anew with the next item.
    while let Err(payload) = catch_unwind(AssertUnwindSafe(|| {
        let (mut i, mut inputs) = (next, rest);
        while task.may_begin(i) {
            let input = next_value::<T>(&mut inputs);
            (next, rest, finished_len) = (i + 1, inputs, task.output_len());
            // A task may have caught a panic, which must not be taken for the end of a later one.
            task.mailbox.clear();
            task.begin_item(i);
            match input.map(wire::decode::<T>) {
                Some(Ok(input)) => {
                    let result = call(&mut *task.state, input);
                    leave_result(task, i, &result);
                }
                Some(Err(error)) => leave_failure::<R>(task, i, UNREADABLE, &error.to_string()),
                None => leave_failure::<R>(task, i, UNREADABLE, "the input ends too early"),
            }
            task.finish_item(i);
            i += 1;
        }
    })) {
        // Dropping what somebody panicked with could panic.
        std::mem::forget(payload);
        // To drop a result may panic, too, when it was left already.
        if wire::fixed_size::<R>().is_none() {
            task.truncate(finished_len);
        }
        let reason = last_panic(task.mailbox);
        leave_failure::<R>(task, next - 1, PANIC, &reason);
        task.finish_item(next - 1);
    }
}

fn last_panic(mailbox: &Mailbox) -> String {
    let left = mailbox.open();
    match left {
        Outcome::Failed(Cause::Panic(panic)) => Panic::to_text(&panic.place, &panic.message),
        _ => Panic::to_text("", "(no message)"),
    }
}

#[inline]
fn leave_result<R: Value>(task: &mut Task, i: u64, result: &R) {
    let left = match (wire::fixed_size::<R>(), wire::as_bytes(result)) {
        (Some(size), Some(bytes)) => {
            task.put(i * size as u64, bytes);
            put_kind(task, size, i, VALUE);
            return;
        }
        (_, Some(bytes)) => append_text(task, &[VALUE], bytes),
        (_, None) => encode_and_append(task, result),
    };
    if let Err(reason) = left {
        leave_failure::<R>(task, i, NOT_SENT, &reason);
    }
}

/// The kind of result `i` where values are of this `size`.
#[inline(always)]
fn put_kind(task: &mut Task, size: usize, i: u64, kind: u8) {
    task.put(task.count() * size as u64 + i, &[kind]);
}

fn encode_and_append<R: Value>(task: &mut Task, result: &R) -> Result<(), String> {
    let mut scratch = std::mem::take(&mut task.scratch);
    scratch.clear();
    let appended = wire::encode(result, &mut scratch)
        .map_err(|error| error.to_string())
        .and_then(|()| append_text(task, &[VALUE], &scratch));
    task.scratch = scratch;
    appended
}

/// Appends `kind`, the length of the text, and the text, or nothing.
fn append_text(task: &mut Task, kind: &[u8], bytes: &[u8]) -> Result<(), String> {
    let start = task.output_len();
    let len = (bytes.len() as u64).to_le_bytes();
    let appended = [kind, &len, bytes]
        .iter()
        .try_for_each(|part| task.append(part));
    if appended.is_err() {
        task.truncate(start);
    }
    appended
}

#[cold]
fn leave_failure<R: Value>(task: &mut Task, i: u64, kind: u8, reason: &str) {
    task.failed = true;
    let appended = if let Some(size) = wire::fixed_size::<R>() {
        put_kind(task, size, i, kind);
        append_text(task, &[], reason.as_bytes())
    } else {
        append_text(task, &[kind], reason.as_bytes())
    };
    if appended.is_err() {
        // There is no memory even for the reason. The parent sees what is left of it.
        task.leave_without_memory();
    }
}

/// Reads the results of the first `count` items of a chunk that was offered with `offered` items,
/// and hands each to `sink`. `failure` makes the error of the item at a place in the chunk.
///
/// Whatever the bytes are, the sink gets a result for each item, unless it wants no more.
#[inline]
pub(super) fn read_results<R: Value>(
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
fn read_result<R: Value>(bytes: &mut &[u8]) -> Result<R, Box<Cause>> {
    match *bytes.split_off_first().ok_or_else(cut_short)? {
        VALUE => read_value(next_text(bytes).ok_or_else(cut_short)?),
        kind => read_failure(kind, bytes),
    }
}

#[inline]
fn read_value<R: Value>(bytes: &[u8]) -> Result<R, Box<Cause>> {
    // What is checked first and then read must not change in between, not even if a worker in its
    // wrong mind writes to it.
    let value = wire::decode_plain(bytes).unwrap_or_else(|| {
        let copy = bytes.to_vec();
        wire::decode(&copy)
    });
    value.map_err(|error| Cause::Unreadable(error.to_string()).into())
}

#[cold]
fn read_failure<R>(kind: u8, bytes: &mut &[u8]) -> Result<R, Box<Cause>> {
    let text = next_text(bytes).ok_or_else(cut_short)?;
    Err(failure(kind, &String::from_utf8_lossy(text)).into())
}

#[cold]
fn cut_short() -> Box<Cause> {
    Box::new(Cause::Unreadable("its result ends too early".to_owned()))
}

#[cold]
fn failure(kind: u8, text: &str) -> Cause {
    match kind {
        PANIC => Cause::Panic(Panic::from_text(text)),
        NOT_SENT => Cause::NotSent(text.to_owned()),
        _ => Cause::Unreadable(text.to_owned()),
    }
}
