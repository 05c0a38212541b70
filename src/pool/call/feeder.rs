//! The items of a `map`, on their way to the engine.

use std::collections::VecDeque;

use super::chunking::Chunking;
use super::job::Job;
use crate::error::Error;
use crate::pool::engine::Chunk;
use crate::pool::shared::arena::Block;
use crate::pool::shared::encoding::encode_items;
use crate::pool::shared::inline::Inline;
use crate::pool::shared::table::{Input, Size};
use crate::wire::{self, Portable};

/// A batch ends after this many bytes of items,
const BATCH_BYTES: usize = 32 << 10;
/// or this many chunks.
const BATCH_CHUNKS: usize = 256;

/// Draws and submits items while the table has room. More would only take up memory; but where an item
/// could fail to be encoded, all are encoded first, so that such a call fails before a task runs.
pub(in crate::pool) struct Feeder<I: Iterator> {
    /// `None` when exhausted.
    items: Option<I>,
    chunking: Chunking,
    /// How many items were drawn.
    drawn: usize,
    /// The items of the chunk that is being encoded.
    chunk: Vec<I::Item>,
    encoded: Vec<u8>,
    ready: VecDeque<Chunk>,
}

impl<T: Portable, I: Iterator<Item = T>> Feeder<I> {
    pub(in crate::pool) fn new(items: I, chunking: Chunking) -> Self {
        Self {
            items: Some(items),
            chunking,
            drawn: 0,
            chunk: Vec::new(),
            encoded: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    /// Whether all items are submitted.
    pub(in crate::pool) fn is_done(&self) -> bool {
        self.ready.is_empty() && self.items.is_none()
    }

    pub(in crate::pool) fn drawn(&self) -> usize {
        self.drawn
    }

    /// Submits as many as there is room for. If an item can't be encoded, none is run.
    pub(in crate::pool) fn feed<R: Portable>(&mut self, job: &Job<R>) -> Result<(), Error> {
        while !self.is_done() {
            if self.ready.is_empty() {
                self.encode(job)?;
            }
            if !job.submit_from(&mut self.ready)? {
                break;
            }
        }
        Ok(())
    }

    /// Encodes the next chunks, and copies their items into shared memory: a batch, or all items if
    /// one could fail to encode.
    fn encode<R: Portable>(&mut self, job: &Job<R>) -> Result<(), Error> {
        let is_infallible = wire::is_plain::<T>();
        while let Some(size) = self.draw() {
            if let Some(bytes) = wire::all_as_bytes(&self.chunk)
                && bytes.len() > BATCH_BYTES
                && self.encoded.is_empty()
            {
                // An intermediate copy would cost more than all the rest.
                let Block { at, len, .. } = job.store(bytes)?;
                self.push(job, size, Input::At { at, len });
                return Ok(());
            }
            let start = self.encoded.len();
            encode_items(&self.chunk, self.drawn, &mut self.encoded)?;
            let input = match Inline::of(&[&self.encoded[start..]]) {
                Some(inline) if size.count == 1 => {
                    self.encoded.truncate(start);
                    Input::Inline(inline)
                }
                _ => Input::At {
                    at: start as u64,
                    len: (self.encoded.len() - start) as u64,
                },
            };
            self.push(job, size, input);
            if is_infallible
                && (self.encoded.len() > BATCH_BYTES || self.ready.len() == BATCH_CHUNKS)
            {
                break;
            }
        }
        if !self.encoded.is_empty() {
            let block = job.store(&self.encoded)?;
            self.encoded.clear();
            for chunk in &mut self.ready {
                if let Input::At { at, .. } = &mut chunk.input {
                    *at += block.at;
                }
            }
        }
        Ok(())
    }

    /// Draws the items of the next chunk. Returns `None` if there are no more.
    fn draw(&mut self) -> Option<Size> {
        self.chunk.clear();
        let items = self.items.as_mut()?;
        let size = self.chunking.next(items.size_hint().0);
        self.chunk.extend(items.take(size.count as usize));
        let count = self.chunk.len() as u64;
        if count < size.count {
            self.items = None;
        }
        (count > 0).then_some(Size { count, ..size })
    }

    #[inline]
    fn push<R: Portable>(&mut self, job: &Job<R>, size: Size, input: Input) {
        let chunk = Chunk::new(job.id(), self.drawn, size, input, None);
        self.ready.push_back(chunk);
        self.drawn += size.count as usize;
    }
}
