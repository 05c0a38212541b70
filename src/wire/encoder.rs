//! Values as bytes: postcard's format, but an error where postcard silently goes wrong.

use serde::Serialize;
use serde::ser::{self, Serializer};

use super::failure::Failure;
use super::shape::{Empty, Shape};

/// Appends the bytes of `value` to `out`.
#[inline]
pub(super) fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut encoder = Encoder {
        // Owned, so that it stays in registers.
        bytes: postcard::Serializer {
            output: Out(std::mem::take(out)),
        },
        shape: Shape::default(),
        empty: Empty::default(),
    };
    let encoded = value.serialize(&mut encoder);
    *out = encoder.bytes.output.0;
    encoded?;
    if let Some(seal) = encoder.shape.seal() {
        out.extend_from_slice(&seal);
    }
    Ok(())
}

struct Out(Vec<u8>);

impl postcard::ser_flavors::Flavor for Out {
    type Output = ();

    #[inline(always)]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline(always)]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        // Short ones are copied here, without a call.
        self.0.extend(bytes.iter().copied());
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

struct Encoder {
    bytes: postcard::Serializer<Out>,
    shape: Shape,
    empty: Empty,
}

impl Encoder {
    #[inline]
    fn elements(&mut self, len: Option<usize>) -> Result<Elements<'_>, Failure> {
        self.bytes.serialize_seq(len)?;
        Ok(Elements {
            start: self.bytes.output.0.len(),
            len: len.unwrap_or_default(),
            encoder: self,
        })
    }

    #[inline]
    fn variant(&mut self, index: u32, name: &'static str) -> Result<(), Failure> {
        self.shape.add_variant(name);
        Ok(self.bytes.serialize_u32(index)?)
    }
}

macro_rules! forward {
    ($($method:ident($($value:ident: $type:ty)?))*) => {$(
        #[inline]
        fn $method(self, $($value: $type)?) -> Result<(), Failure> {
            Ok(self.bytes.$method($($value)?)?)
        }
    )*};
}

impl<'e> Serializer for &'e mut Encoder {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Elements<'e>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Fields<'e>;
    type SerializeTupleVariant = Fields<'e>;
    type SerializeMap = Elements<'e>;
    type SerializeStruct = Fields<'e>;
    type SerializeStructVariant = Fields<'e>;

    forward! {
        serialize_bool(value: bool)
        serialize_i8(value: i8) serialize_i16(value: i16) serialize_i32(value: i32)
        serialize_i64(value: i64) serialize_i128(value: i128)
        serialize_u8(value: u8) serialize_u16(value: u16) serialize_u32(value: u32)
        serialize_u64(value: u64) serialize_u128(value: u128)
        serialize_f32(value: f32) serialize_f64(value: f64) serialize_char(value: char)
        serialize_str(value: &str) serialize_bytes(value: &[u8])
        serialize_none() serialize_unit() serialize_unit_struct(name: &'static str)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.bytes.serialize_some(&())?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Elements<'e>, Failure> {
        self.elements(len)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Elements<'e>, Failure> {
        self.elements(len)
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Self, Failure> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Fields<'e>, Failure> {
        Ok(Fields::of(self))
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Fields<'e>, Failure> {
        Ok(Fields::of(self))
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Failure> {
        self.variant(index, variant)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        self.variant(index, variant)?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Fields<'e>, Failure> {
        self.variant(index, variant)?;
        Ok(Fields::of(self))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Fields<'e>, Failure> {
        self.variant(index, variant)?;
        Ok(Fields::of(self))
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<(), Failure> {
        Ok(self.bytes.collect_str(value)?)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// A struct that is being encoded.
struct Fields<'e> {
    encoder: &'e mut Encoder,
    /// The number of fields so far.
    count: usize,
}

impl<'e> Fields<'e> {
    #[inline]
    fn of(encoder: &'e mut Encoder) -> Self {
        Self { encoder, count: 0 }
    }

    #[inline]
    fn append<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.count += 1;
        value.serialize(&mut *self.encoder)
    }
}

/// A sequence or a map that is being encoded.
struct Elements<'e> {
    encoder: &'e mut Encoder,
    start: usize,
    len: usize,
}

impl Elements<'_> {
    #[inline]
    fn append<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(&mut *self.encoder)
    }

    #[inline]
    fn end(self) -> Result<(), Failure> {
        if self.encoder.bytes.output.0.len() == self.start {
            self.encoder.empty.add(self.len)?;
        }
        Ok(())
    }
}

impl ser::SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = Failure;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.append(value)
    }

    #[inline]
    fn end(self) -> Result<(), Failure> {
        self.end()
    }
}

impl ser::SerializeMap for Elements<'_> {
    type Ok = ();
    type Error = Failure;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.append(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.append(value)
    }

    #[inline]
    fn end(self) -> Result<(), Failure> {
        self.end()
    }
}

impl ser::SerializeTuple for &mut Encoder {
    type Ok = ();
    type Error = Failure;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(&mut **self)
    }

    #[inline]
    fn end(self) -> Result<(), Failure> {
        Ok(())
    }
}

macro_rules! fields {
    ($($trait:ident($($key:ident)?))*) => {$(
        impl ser::$trait for Fields<'_> {
            type Ok = ();
            type Error = Failure;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                $($key: &'static str,)?
                value: &T,
            ) -> Result<(), Failure> {
                self.append(value)
            }

            $(
                #[cold]
                fn skip_field(&mut self, $key: &'static str) -> Result<(), Failure> {
                    Err(skipped($key))
                }
            )?

            #[inline]
            fn end(self) -> Result<(), Failure> {
                self.encoder.shape.add_fields(self.count);
                Ok(())
            }
        }
    )*};
}

fields! {
    SerializeStruct(_key)
    SerializeStructVariant(_key)
    SerializeTupleStruct()
    SerializeTupleVariant()
}

fn skipped(field: &str) -> Failure {
    Failure::new(format_args!(
        "its field `{field}` is left out (`skip_serializing_if`), and the bytes have no names to \
         say so; remove the attribute, or leave the field out on both sides with `#[serde(skip)]`"
    ))
}
