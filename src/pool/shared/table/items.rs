//! Chunks of numbered items, for the tests of the table.

use super::{Input, Output};
use crate::pool::shared::arena::Block;
use crate::pool::shared::inline::Inline;

/// A chunk of items. In the table, an item is one byte, and its position in the input is its
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Chunk {
    pub(super) first: u64,
    pub(super) count: u64,
}

impl Chunk {
    pub(super) fn rest(self, begun: u64) -> Self {
        Self {
            first: self.first + begun,
            count: self.count - begun,
        }
    }
}

/// An item of a chunk is its own input, and its own result.
pub(super) fn input(chunk: Chunk) -> Input {
    match Inline::of(&[&[chunk.first as u8]]) {
        Some(inline) if chunk.count == 1 => Input::Inline(inline),
        _ => Input::At {
            at: chunk.first,
            len: chunk.count,
        },
    }
}

/// The first item of the chunk that has this input.
pub(super) fn first(input: Input) -> u64 {
    match input {
        Input::Inline(inline) => inline.bytes()[0].into(),
        Input::At { at, .. } => at,
    }
}

pub(super) fn output(first: u64, count: u64, finished: u64) -> Output {
    match Inline::of(&[&[first as u8]]) {
        Some(inline) if count == 1 => Output::Inline(inline),
        _ => Output::In(Block {
            segment: 0,
            at: first,
            len: finished,
        }),
    }
}

/// How many items of the chunk have their results in `output`.
pub(super) fn finished(chunk: Chunk, output: Output) -> u64 {
    match output {
        Output::Inline(inline) => {
            assert!([&[][..], &[chunk.first as u8]].contains(&inline.bytes()));
            inline.len()
        }
        Output::In(block) => {
            assert_eq!(block.at, chunk.first);
            block.len
        }
    }
}
