//! Values from bytes that the [encoder](super::encoder) made.

use postcard::de_flavors::Slice;
use serde::Deserialize;
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

use super::failure::Failure;
use super::shape::{Empty, Shape};

/// Decodes the value that `bytes` hold, and nothing else.
#[inline]
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let mut decoder = Decoder {
        bytes: postcard::Deserializer::from_bytes(bytes),
        shape: Shape::default(),
        empty: Empty::default(),
    };
    let value = T::deserialize(&mut decoder)?;
    let is_whole = match decoder.shape.seal() {
        None => decoder.bytes.finalize()?.is_empty(),
        Some(seal) => decoder.bytes.finalize()? == seal,
    };
    if !is_whole {
        return Err(mismatch());
    }
    Ok(value)
}

#[cold]
fn mismatch() -> Failure {
    Failure::new(
        "its `Serialize` and its `Deserialize` do not agree on fields or variants, and the bytes \
         have no names: leave a field out on both sides (`#[serde(skip)]`) or on none; skipped \
         variants come last and are renamed on both sides; the `tag` of a struct needs a format \
         with names",
    )
}

struct Decoder<'de> {
    bytes: postcard::Deserializer<'de, Slice<'de>>,
    shape: Shape,
    empty: Empty,
}

impl<'de> Decoder<'de> {
    /// Takes a value that is not composed of others.
    #[inline]
    fn take<T: Deserialize<'de>>(&mut self) -> Result<T, Failure> {
        Ok(T::deserialize(&mut self.bytes)?)
    }

    /// Takes the elements that follow a length.
    #[inline]
    fn elements<T>(
        &mut self,
        visit: impl FnOnce(Elements<'_, 'de>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let len = self.take()?;
        let before = self.bytes_left()?;
        // There are too many for each to take a byte.
        if len > before {
            self.empty.add(len)?;
        }
        let value = visit(Elements {
            decoder: self,
            left: len,
        })?;
        if len <= before && self.bytes_left()? == before {
            self.empty.add(len)?;
        }
        Ok(value)
    }

    #[inline]
    fn bytes_left(&mut self) -> Result<usize, Failure> {
        let bytes = std::mem::replace(&mut self.bytes, postcard::Deserializer::from_bytes(&[]));
        let bytes = bytes.finalize()?;
        self.bytes = postcard::Deserializer::from_bytes(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn fields<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        let mut fields = Elements {
            decoder: self,
            left: len,
        };
        let value = visitor.visit_seq(&mut fields)?;
        let taken = len - fields.left;
        self.shape.add_fields(taken);
        Ok(value)
    }
}

macro_rules! forward {
    ($($method:ident: $visit:ident($type:ty))*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            visitor.$visit(self.take::<$type>()?)
        }
    )*};
}

macro_rules! refuse {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Failure> {
            Err(postcard::Error::WontImplement.into())
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Failure;

    forward! {
        deserialize_bool: visit_bool(bool)
        deserialize_i8: visit_i8(i8)
        deserialize_i16: visit_i16(i16)
        deserialize_i32: visit_i32(i32)
        deserialize_i64: visit_i64(i64)
        deserialize_i128: visit_i128(i128)
        deserialize_u8: visit_u8(u8)
        deserialize_u16: visit_u16(u16)
        deserialize_u32: visit_u32(u32)
        deserialize_u64: visit_u64(u64)
        deserialize_u128: visit_u128(u128)
        deserialize_f32: visit_f32(f32)
        deserialize_f64: visit_f64(f64)
        deserialize_char: visit_char(char)
        deserialize_str: visit_borrowed_str(&'de str)
        deserialize_string: visit_borrowed_str(&'de str)
        deserialize_bytes: visit_borrowed_bytes(&'de [u8])
        deserialize_byte_buf: visit_borrowed_bytes(&'de [u8])
    }

    refuse! { deserialize_any deserialize_identifier deserialize_ignored_any }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.take::<u8>()? {
            0 => visitor.visit_none(),
            1 => visitor.visit_some(self),
            _ => Err(postcard::Error::DeserializeBadOption.into()),
        }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.elements(|elements| visitor.visit_seq(elements))
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_seq(Elements {
            decoder: self,
            left: len,
        })
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.elements(|elements| visitor.visit_map(elements))
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.fields(len, visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.fields(fields.len(), visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_enum(Variant {
            decoder: self,
            variants,
        })
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The elements of a sequence or a map, or the fields of a tuple or a struct.
struct Elements<'d, 'de> {
    decoder: &'d mut Decoder<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Failure;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Failure;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure> {
        self.next_element_seed(seed)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        seed.deserialize(&mut *self.decoder)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

struct Variant<'d, 'de> {
    decoder: &'d mut Decoder<'de>,
    variants: &'static [&'static str],
}

impl<'d, 'de> EnumAccess<'de> for Variant<'d, 'de> {
    type Error = Failure;
    type Variant = &'d mut Decoder<'de>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Failure> {
        let index: u32 = self.decoder.take()?;
        let number: U32Deserializer<Failure> = index.into_deserializer();
        let value = seed.deserialize(number)?;
        let name = self.variants.get(index as usize).copied();
        self.decoder.shape.add_variant(name.unwrap_or_default());
        Ok((value, self.decoder))
    }
}

impl<'de> VariantAccess<'de> for &mut Decoder<'de> {
    type Error = Failure;

    #[inline]
    fn unit_variant(self) -> Result<(), Failure> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        seed.deserialize(self)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        self.fields(len, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.fields(fields.len(), visitor)
    }
}
