//! Values as bytes, on their way between processes.
//!
//! Numbers, text and vectors of numbers are sent as they lie in memory ([`plain`]); everything else
//! is encoded in the format of [postcard](https://docs.rs/postcard), with a check that both sides
//! mean the same ([`shape`]). Both ends are the same program on the same machine, so neither byte
//! order nor layout can differ.

mod decoder;
mod encoder;
mod failure;
mod plain;
mod shape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A value that can be sent to another process and back.
///
/// It is implemented for every type that serde can encode and decode and that borrows nothing.
///
/// # What can't be sent
///
/// The bytes contain values but no names, and the other side reads field after field. A field that
/// `#[serde(skip_serializing_if = "…")]` leaves out is therefore an [`Error::Encode`] that names
/// it, and fields that only one side has, by `skip_serializing`, `skip_deserializing` or the `tag`
/// of a struct, are an [`Error::Decode`]. So is a variant that follows a skipped one, which serde
/// counts on one side only, and a variant whose name differs between the sides. `#[serde(skip)]` on
/// a field is fine: it leaves the field out on both sides.
///
/// Types that need the names (with `untagged`, `tag` or `flatten`, or `serde_json::Value`) cause an
/// [`Error::Encode`] or [`Error::Decode`]. Send such a value as text. More than 2²⁴ elements that
/// take no bytes, as in a long `Vec<()>`, are refused as well: send their number.
///
/// A `Deserialize` that panics does so in the process that receives the value. In a worker that
/// costs one item; in the caller of `map` or `join`, the call.
pub trait Portable: Serialize + DeserializeOwned + 'static {}

impl<T: Serialize + DeserializeOwned + 'static> Portable for T {}

/// Appends the bytes of `value` to `out`.
#[inline]
pub(crate) fn encode<T: Portable>(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
    if let Some(bytes) = plain::as_bytes(value) {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    encoder::encode(value, out).map_err(Error::encode::<T>)
}

/// The bytes of `value`, borrowed if it is encoded as it lies in memory.
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
    decoder::decode(bytes).map_err(Error::decode::<T>)
}

/// Decodes the value if that only means copying its bytes, without running `T`'s `Deserialize`.
#[inline]
pub(crate) fn decode_plain<T: Portable>(bytes: &[u8]) -> Option<Result<T, Error>> {
    plain::decode(bytes).map(|value| value.ok_or_else(|| wrong_length::<T>(bytes)))
}

/// The bytes of `value` as they lie in memory, if that is how it is encoded.
#[inline]
pub(crate) fn as_bytes<T: Portable>(value: &T) -> Option<&[u8]> {
    plain::as_bytes(value)
}

/// The bytes of all `values`, one after another, if they are encoded as they lie in memory.
#[inline]
pub(crate) fn all_as_bytes<T: Portable>(values: &[T]) -> Option<&[u8]> {
    plain::all_as_bytes(values)
}

/// The values that lie in `bytes` one after another, if that is how they are encoded.
#[inline]
pub(crate) fn all_from_bytes<T: Portable>(bytes: &[u8]) -> Option<impl Iterator<Item = T>> {
    plain::all_from_bytes(bytes)
}

/// Whether values are encoded as they lie in memory, so that encoding cannot fail.
#[inline]
pub(crate) fn is_plain<T: Portable>() -> bool {
    plain::is_plain::<T>()
}

/// The length of the encoding, if all values of the type have the same length.
#[inline]
pub(crate) fn fixed_size<T: Portable>() -> Option<usize> {
    plain::fixed_size::<T>()
}

fn wrong_length<T>(bytes: &[u8]) -> Error {
    Error::decode::<T>(format_args!("{} bytes are not its length", bytes.len()))
}
