//! The items of a chunk as bytes, and the loop that runs them.
//!
//! Values of one fixed length stand one behind the other; before each other value stands its
//! length, so that a value that cannot be decoded spoils no other. A result has a byte in front
//! that tells a value from a failure.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::worker::Task;
use crate::error::{Cause, Error, Panic};
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

/// The bytes of a chunk that has one item: a head, and the rest, which is `value` itself if it is
/// plain, or else put into `encoded`.
pub(super) fn encode_one<'a, T: Value>(
    value: &'a T,
    encoded: &'a mut Vec<u8>,
) -> Result<([u8; 8], usize, &'a [u8]), Error> {
    let bytes = match wire::as_bytes(value) {
        Some(bytes) => bytes,
        None => {
            wire::encode(value, encoded)?;
            encoded
        }
    };
    let head = (bytes.len() as u64).to_le_bytes();
    let head_len = if wire::fixed_size::<T>().is_some() {
        0
    } else {
        8
    };
    Ok((head, head_len, bytes))
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

/// Runs the items of a chunk in a worker; `T`, `R` and what `call` is are known here alone.
pub(super) fn run<T: Value, R: Value>(task: &mut Task, mut call: impl FnMut(&mut dyn Any, T) -> R) {
    let input = task.input;
    let mut rest = input;
    if let Some(size) = wire::fixed_size::<R>() {
        task.reserve(task.count().saturating_mul(1 + size as u64));
    }
    let mut i = 0;
    while i < task.count() {
        // A task may have caught a panic, which must not be taken for the end of a later one.
        task.mailbox.clear();
        let item = next_value::<T>(&mut rest);
        task.begin_item(i, (input.len() - rest.len()) as u64);
        let result = match item.map(wire::decode::<T>) {
            Some(Ok(item)) => {
                let state = &mut *task.state;
                catch_unwind(AssertUnwindSafe(|| call(state, item))).map_err(|payload| {
                    // Dropping what somebody panicked with could panic.
                    std::mem::forget(payload);
                    (PANIC, last_panic(task.mailbox))
                })
            }
            Some(Err(error)) => Err((UNREADABLE, error.to_string())),
            None => Err((UNREADABLE, "the input ends too early".to_owned())),
        };
        match result {
            Ok(result) => append_result(task, result),
            Err((kind, reason)) => append_failure(task, kind, &reason),
        }
        task.finish_item(i);
        i += 1;
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
fn append_result<R: Value>(task: &mut Task, result: R) {
    let start = task.output_len();
    let appended = match wire::as_bytes(&result) {
        Some(bytes) if wire::fixed_size::<R>().is_some() => {
            task.append(&[VALUE]).and_then(|()| task.append(bytes))
        }
        Some(bytes) => append_text(task, VALUE, bytes),
        None => encode_and_append(task, &result),
    };
    if let Err(reason) = appended {
        task.truncate(start);
        append_failure(task, NOT_SENT, &reason);
    }
}

fn encode_and_append<R: Value>(task: &mut Task, result: &R) -> Result<(), String> {
    let mut scratch = std::mem::take(&mut task.scratch);
    scratch.clear();
    let appended = wire::encode(result, &mut scratch)
        .map_err(|error| error.to_string())
        .and_then(|()| append_text(task, VALUE, &scratch));
    task.scratch = scratch;
    appended
}

fn append_text(task: &mut Task, kind: u8, bytes: &[u8]) -> Result<(), String> {
    let mut head = [kind; 9];
    head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    task.append(&head)?;
    task.append(bytes)
}

#[cold]
fn append_failure(task: &mut Task, kind: u8, reason: &str) {
    task.failed = true;
    if append_text(task, kind, reason.as_bytes()).is_err() {
        // There is no memory even for the reason. The parent sees what is left of it.
        task.leave_without_memory();
    }
}

/// Reads the results of the first `count` items of a chunk and hands each to `sink`, with its
/// place in the chunk.
///
/// Whatever the bytes are, `sink` is called once for each place.
pub(super) fn read_results<R: Value>(
    mut bytes: &[u8],
    count: u64,
    mut sink: impl FnMut(u64, Result<R, Box<Cause>>),
) {
    for i in 0..count {
        sink(i, read_result(&mut bytes));
    }
}

#[inline]
fn read_result<R: Value>(bytes: &mut &[u8]) -> Result<R, Box<Cause>> {
    let cut_short = || Box::new(Cause::Unreadable("its result ends too early".to_owned()));
    let kind = *bytes.split_off_first().ok_or_else(cut_short)?;
    if kind == VALUE {
        let value = next_value::<R>(bytes).ok_or_else(cut_short)?;
        return wire::decode(value).map_err(|error| Cause::Unreadable(error.to_string()).into());
    }
    let text = next_text(bytes).ok_or_else(cut_short)?;
    Err(failure(kind, &String::from_utf8_lossy(text)).into())
}

#[cold]
fn failure(kind: u8, text: &str) -> Cause {
    match kind {
        PANIC => Cause::Panic(Panic::from_text(text)),
        NOT_SENT => Cause::NotSent(text.to_owned()),
        _ => Cause::Unreadable(text.to_owned()),
    }
}
