//! Values as bytes, on their way between processes.
//!
//! Numbers, text and vectors of numbers cross as they lie in memory ([`plain`]); everything else
//! is encoded by [postcard](https://docs.rs/postcard). Both ends are the same program on the same
//! machine, so neither byte order nor layout can differ.

mod own_text;
mod plain;

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A value that can cross to another process and back.
///
/// It is implemented for every type that serde can encode and decode and that borrows nothing.
///
/// # What does not cross well
///
/// The bytes hold values and no names, and the other side takes field after field. So attributes
/// that leave fields out, `#[serde(skip_serializing)]` and `#[serde(skip_serializing_if = "…")]`,
/// shift those that follow: **other values may arrive, without an error**. (`#[serde(skip)]` is
/// fine: it leaves the field out on both sides.) Types that need the names, with `untagged`, `tag`
/// or `flatten`, or `serde_json::Value`, cause an [`Error::Encode`] or [`Error::Decode`]. Send such
/// a value as text.
///
/// A `Deserialize` that panics does so in the process that receives the value: in a worker it costs
/// one item, in the caller of `map` or `join` the call.
pub trait Portable: Serialize + DeserializeOwned + 'static {}

impl<T: Serialize + DeserializeOwned + 'static> Portable for T {}

/// Appends the bytes of `value` to `out`.
#[inline]
pub(crate) fn encode<T: Portable>(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
    if let Some(bytes) = plain::as_bytes(value) {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let bytes = std::mem::take(out);
    *out = postcard::to_extend(value, bytes).map_err(|error| {
        Error::encode::<T>(own_text(value, &error).unwrap_or_else(|| reason(&error)))
    })?;
    Ok(())
}

/// The bytes of `value`, borrowed if its encoding is what lies in memory.
#[inline]
pub(crate) fn encoded<T: Portable>(value: &T) -> Result<Cow<'_, [u8]>, Error> {
    match plain::as_bytes(value) {
        Some(bytes) => Ok(bytes.into()),
        None => {
            let mut bytes = Vec::new();
            encode(value, &mut bytes)?;
            Ok(bytes.into())
        }
    }
}

/// Decodes the value that `bytes` hold, and nothing else.
#[inline]
pub(crate) fn decode<T: Portable>(bytes: &[u8]) -> Result<T, Error> {
    if let Some(value) = decode_plain(bytes) {
        return value;
    }
    let taken = postcard::take_from_bytes(bytes).map_err(|error| {
        Error::decode::<T>(own_text::of::<T>(bytes, &error).unwrap_or_else(|| reason(&error)))
    })?;
    match taken {
        (value, []) => Ok(value),
        _ => Err(wrong_length::<T>(bytes)),
    }
}

/// Decodes the value if that only means copying its bytes, and runs none of the code of `T`'s
/// `Deserialize`.
#[inline]
pub(crate) fn decode_plain<T: Portable>(bytes: &[u8]) -> Option<Result<T, Error>> {
    plain::decode(bytes).map(|value| value.ok_or_else(|| wrong_length::<T>(bytes)))
}

/// The bytes of `value` as they lie in memory, if that is how it is encoded.
#[inline]
pub(crate) fn as_bytes<T: Portable>(value: &T) -> Option<&[u8]> {
    plain::as_bytes(value)
}

/// All `values`, one after another, if their encoding is what lies in memory.
#[inline]
pub(crate) fn all_as_bytes<T: Portable>(values: &[T]) -> Option<&[u8]> {
    plain::all_as_bytes(values)
}

/// The values that lie in `bytes` one after another, if that is how they are encoded.
#[inline]
pub(crate) fn all_from_bytes<T: Portable>(bytes: &[u8]) -> Option<impl Iterator<Item = T>> {
    plain::all_from_bytes(bytes)
}

/// Whether the encoding of a value is what lies in memory, so that it cannot fail.
#[inline]
pub(crate) fn is_plain<T: Portable>() -> bool {
    plain::is_plain::<T>()
}

/// The length of the encoding, if all values of the type have the same length.
#[inline]
pub(crate) fn fixed_size<T: Portable>() -> Option<usize> {
    plain::fixed_size::<T>()
}

/// The text of the error that the type's own `Serialize` returned. Postcard does not keep it, so the
/// value is encoded once more, by a format that does.
#[cold]
fn own_text<T: Portable>(value: &T, error: &postcard::Error) -> Option<String> {
    if *error != postcard::Error::SerdeSerCustom {
        return None;
    }
    let error = serde_json::to_writer(std::io::sink(), value).err()?;
    // Anything else is what that format itself can't do.
    (error.classify() == serde_json::error::Category::Data).then(|| error.to_string())
}

fn reason(error: &postcard::Error) -> String {
    use postcard::Error::*;
    match error {
        WontImplement | NotYetImplemented | SerializeSeqLengthUnknown => {
            "its encoding needs names or lengths that the bytes do not have (`untagged`, `tag`, \
             `flatten` and the like do); send it as text"
                .to_owned()
        }
        other => other.to_string(),
    }
}

fn wrong_length<T>(bytes: &[u8]) -> Error {
    Error::decode::<T>(format_args!("{} bytes are not its length", bytes.len()))
}
