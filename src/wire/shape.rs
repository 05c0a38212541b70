//! What both sides must agree on although the bytes do not contain it: how many fields each struct
//! has, and which variants were meant.
//!
//! A type can encode more or fewer fields than it decodes, or number its variants differently:
//! `skip_serializing`, the `tag` of a struct, a skipped variant in the middle. Decoding then goes
//! on with shifted bytes, and often succeeds. So both sides compute a hash of what they see, and
//! compare it.

use super::failure::Failure;

/// A hash of the structs and enums in a value, in order.
#[derive(Clone, Copy, Default)]
pub(super) struct Shape(u64);

impl Shape {
    pub(super) const SIZE: usize = 2;

    #[inline]
    pub(super) fn add_fields(&mut self, count: usize) {
        self.mix(count as u64 + 1);
    }

    #[inline]
    pub(super) fn add_variant(&mut self, name: &str) {
        let pack = |word: u64, &byte| word.rotate_left(8) ^ u64::from(byte);
        self.mix(name.as_bytes().iter().fold(0, pack));
    }

    /// Since the factor is odd, a difference remains if all else is the same. Each step depends on
    /// the one before, and takes two cycles; a multiplication would take twice that.
    #[inline]
    fn mix(&mut self, word: u64) {
        self.0 = self.0.wrapping_mul(9).wrapping_add(word);
    }

    /// The bytes that follow the value, or `None` if it has neither structs nor enums.
    #[inline]
    pub(super) fn seal(self) -> Option<[u8; Self::SIZE]> {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        (self.0 != 0).then(|| ((self.0.wrapping_mul(ODD) >> 48) as u16).to_le_bytes())
    }
}

/// The number of elements that take no bytes, such as those of a `Vec<()>`. Nothing else bounds the
/// length that claims them.
#[derive(Default)]
pub(super) struct Empty(usize);

impl Empty {
    pub(super) const MOST: usize = 1 << 24;

    /// # Errors
    /// If a value has more than [`MOST`](Self::MOST).
    #[inline]
    pub(super) fn add(&mut self, count: usize) -> Result<(), Failure> {
        self.0 = self.0.saturating_add(count);
        if self.0 > Self::MOST {
            return Err(Failure::new(format_args!(
                "more than {} of its elements take no bytes; send their number instead",
                Self::MOST
            )));
        }
        Ok(())
    }
}
