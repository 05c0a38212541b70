//! The text of an error that a type's own `Deserialize` returns, which postcard does not keep.
//!
//! The value is decoded once more, and each deserializer, visitor and access of serde's that takes
//! part is wrapped by one that passes on what it is asked, with [`Own`] as its error. Decoding
//! everything so would take twice the time for small elements.

use std::cell::RefCell;
use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// The text for which `bytes` could not be decoded, if it was the type's own.
#[cold]
pub(super) fn of<T: DeserializeOwned>(bytes: &[u8], error: &postcard::Error) -> Option<String> {
    if *error != postcard::Error::SerdeDeCustom {
        return None;
    }
    TEXT.take();
    T::deserialize(Wrapped(&mut postcard::Deserializer::from_bytes(bytes))).err()?;
    TEXT.take()
}

thread_local! {
    /// That of the last error: the error itself must be postcard's while it passes through there.
    static TEXT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// An error of the format's.
#[derive(Debug)]
struct Own<E>(E);

impl<E: de::Error> fmt::Display for Own<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<E: de::Error> std::error::Error for Own<E> {}

impl<E: de::Error> de::Error for Own<E> {
    #[cold]
    fn custom<T: fmt::Display>(text: T) -> Self {
        TEXT.set(Some(text.to_string()));
        Self(E::custom(text))
    }
}

struct Wrapped<I>(I);

macro_rules! deserialize {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Own<D::Error>> {
            let visitor = Wrapped(visitor);
            self.0.$method($($argument,)* visitor).map_err(Own)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Wrapped<D> {
    type Error = Own<D::Error>;

    deserialize! {
        deserialize_any() deserialize_bool()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char()
        deserialize_str() deserialize_string() deserialize_bytes() deserialize_byte_buf()
        deserialize_option() deserialize_unit() deserialize_seq() deserialize_map()
        deserialize_identifier() deserialize_ignored_any()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )*};
}

macro_rules! visit_through {
    ($($method:ident: $access:ident)*) => {$(
        fn $method<A: $access<'de>>(self, access: A) -> Result<V::Value, A::Error> {
            let access = Wrapped(access);
            self.0.$method(access).map_err(|Own(error)| error)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Wrapped<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool(bool)
        visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128)
        visit_f32(f32) visit_f64(f64) visit_char(char)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    visit_through! {
        visit_some: Deserializer
        visit_newtype_struct: Deserializer
        visit_seq: SeqAccess
        visit_map: MapAccess
        visit_enum: EnumAccess
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Wrapped<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<S::Value, D::Error> {
        let source = Wrapped(source);
        self.0.deserialize(source).map_err(|Own(error)| error)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Wrapped<A> {
    type Error = Own<A::Error>;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        let seed = Wrapped(seed);
        self.0.next_element_seed(seed).map_err(Own)
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Wrapped<A> {
    type Error = Own<A::Error>;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        let seed = Wrapped(seed);
        self.0.next_key_seed(seed).map_err(Own)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let seed = Wrapped(seed);
        self.0.next_value_seed(seed).map_err(Own)
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Wrapped<A> {
    type Error = Own<A::Error>;
    type Variant = Wrapped<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Self::Error> {
        let seed = Wrapped(seed);
        let (value, variant) = self.0.variant_seed(seed).map_err(Own)?;
        Ok((value, Wrapped(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Wrapped<A> {
    type Error = Own<A::Error>;

    fn unit_variant(self) -> Result<(), Self::Error> {
        self.0.unit_variant().map_err(Own)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let seed = Wrapped(seed);
        self.0.newtype_variant_seed(seed).map_err(Own)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let visitor = Wrapped(visitor);
        self.0.tuple_variant(len, visitor).map_err(Own)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let visitor = Wrapped(visitor);
        self.0.struct_variant(fields, visitor).map_err(Own)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::{Deserialize, Serialize};

    use crate::wire::{decode, encoded};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Nothing,
        Circle(f64),
        Line(u8, String),
        Named { even: Option<Even> },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(try_from = "u32")]
    struct Even(u32);

    impl TryFrom<u32> for Even {
        type Error = String;

        fn try_from(number: u32) -> Result<Self, String> {
            let is_even = number.is_multiple_of(2);
            is_even
                .then_some(Self(number))
                .ok_or(format!("{number} is odd"))
        }
    }

    #[test]
    fn the_error_of_a_type_is_its_own_text() {
        let shapes = [2, 7].map(|number| {
            vec![
                Shape::Nothing,
                Shape::Circle(1.5),
                Shape::Line(1, "a".into()),
                Shape::Named {
                    even: Some(Even(number)),
                },
            ]
        });
        for (shapes, is_valid) in shapes.into_iter().zip([true, false]) {
            let map = HashMap::from([('ä', shapes)]);
            let bytes = encoded(&map).expect("bytes");
            match decode::<HashMap<char, Vec<Shape>>>(&bytes) {
                Ok(copy) => assert!(is_valid && copy == map),
                Err(error) => {
                    let text = error.to_string();
                    assert!(!is_valid && text.contains("7 is odd"), "{text}");
                }
            }
        }
        // No text of another error.
        let text = decode::<Vec<Shape>>(&[1, 9]).unwrap_err().to_string();
        assert!(!text.contains("odd"), "{text}");
    }
}
