//! The chunks of a call of `map`, on their way to the table.

use std::collections::VecDeque;

use super::arena::Block;
use super::chunk;
use super::cut::Cut;
use super::engine::{JobId, Order};
use super::job::Job;
use super::small::Small;
use super::table::{Input, Size};
use crate::error::Error;
use crate::wire::{self, Portable};

/// A batch ends when so many bytes of inputs are together,
const BYTES: usize = 32 << 10;
/// or so many chunks.
const CHUNKS: usize = 256;

/// Items that are drawn and ordered as there is room on the table: what waits there would only take
/// up memory.
pub(super) struct Orders<I: Iterator> {
    /// `None` when it is exhausted.
    items: Option<I>,
    cut: Cut,
    /// How many items were drawn.
    drawn: usize,
    chunk: Vec<I::Item>,
    encoded: Vec<u8>,
    ready: VecDeque<Order>,
}

impl<T: Portable, I: Iterator<Item = T>> Orders<I> {
    pub(super) fn new(items: I, cut: Cut) -> Self {
        Self {
            items: Some(items),
            cut,
            drawn: 0,
            chunk: Vec::new(),
            encoded: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    pub(super) fn are_over(&self) -> bool {
        self.ready.is_empty() && self.items.is_none()
    }

    pub(super) fn drawn(&self) -> usize {
        self.drawn
    }

    /// Orders what there is room for. If an item can't be encoded, none is run.
    pub(super) fn feed<R: Portable>(&mut self, job: &Job<R>) -> Result<(), Error> {
        while !self.are_over() {
            if self.ready.is_empty() {
                self.encode(job)?;
            }
            if !job.order_from(&mut self.ready)? {
                break;
            }
        }
        Ok(())
    }

    /// Draws the items of the next chunk. `None`: there are no more.
    fn draw(&mut self) -> Option<Size> {
        self.chunk.clear();
        let items = self.items.as_mut()?;
        let size = self.cut.next(items.size_hint().0);
        self.chunk.extend(items.take(size.count as usize));
        let count = self.chunk.len() as u64;
        if count < size.count {
            self.items = None;
        }
        (count > 0).then_some(Size { count, ..size })
    }

    /// Makes the next orders, and moves their inputs into shared memory: those of a batch, or of
    /// all items, where one could fail.
    fn encode<R: Portable>(&mut self, job: &Job<R>) -> Result<(), Error> {
        let is_infallible = wire::is_plain::<T>();
        while let Some(size) = self.draw() {
            if let Some(bytes) = wire::all_as_bytes(&self.chunk)
                && bytes.len() > BYTES
                && self.encoded.is_empty()
            {
                // A copy on the way would cost more than all the rest.
                let Block { at, len, .. } = job.store(bytes)?;
                self.push(job.id(), size, Input::At { at, len });
                return Ok(());
            }
            let start = self.encoded.len();
            chunk::encode_inputs(&self.chunk, self.drawn, &mut self.encoded)?;
            let input = match Small::of(&[&self.encoded[start..]]) {
                Some(small) if size.count == 1 => {
                    self.encoded.truncate(start);
                    Input::Small(small)
                }
                _ => Input::At {
                    at: start as u64,
                    len: (self.encoded.len() - start) as u64,
                },
            };
            self.push(job.id(), size, input);
            if is_infallible && (self.encoded.len() > BYTES || self.ready.len() == CHUNKS) {
                break;
            }
        }
        if !self.encoded.is_empty() {
            let block = job.store(&self.encoded)?;
            self.encoded.clear();
            for order in &mut self.ready {
                if let Input::At { at, .. } = &mut order.input {
                    *at += block.at;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, job: JobId, size: Size, input: Input) {
        self.ready
            .push_back(Order::new(job, self.drawn, size, input));
        self.drawn += size.count as usize;
    }
}
