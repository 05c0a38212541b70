//! The chunks of a call of `map`, on their way to the table.

use std::collections::VecDeque;
use std::slice::Chunks;

use super::arena::Block;
use super::chunk;
use super::engine::{JobId, Order};
use super::job::Job;
use super::small::Small;
use super::table::Input;
use crate::error::Error;
use crate::wire::{self, Value};

/// A batch ends when so many bytes of inputs are together,
const BYTES: usize = 32 << 10;
/// or so many chunks.
const CHUNKS: usize = 256;

/// Items that are ordered as there is room on the table: what waits there would only take up
/// memory.
pub(super) struct Orders<'a, T> {
    chunks: Chunks<'a, T>,
    /// The place of the next item among all.
    next: usize,
    encoded: Vec<u8>,
    ready: VecDeque<Order>,
}

impl<'a, T: Value> Orders<'a, T> {
    /// In chunks of `size` items.
    pub(super) fn new(items: &'a [T], size: usize) -> Self {
        Self {
            chunks: items.chunks(size),
            next: 0,
            encoded: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    pub(super) fn are_over(&self) -> bool {
        self.ready.is_empty() && self.chunks.len() == 0
    }

    /// Orders what there is room for. If an item can't be encoded, none is run.
    pub(super) fn feed<R: Value>(&mut self, job: &Job<R>) -> Result<(), Error> {
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

    /// Makes the next orders, and moves their inputs into shared memory: those of a batch, or of
    /// all items, where one could fail.
    fn encode<R: Value>(&mut self, job: &Job<R>) -> Result<(), Error> {
        let is_infallible = wire::fixed_size::<T>().is_some();
        while let Some(items) = self.chunks.next() {
            if let Some(bytes) = wire::all_as_bytes(items)
                && bytes.len() > BYTES
                && self.encoded.is_empty()
            {
                // A copy on the way would cost more than all the rest.
                let Block { at, len, .. } = job.store(bytes)?;
                self.push(job.id(), items.len(), Input::At { at, len });
                return Ok(());
            }
            let start = self.encoded.len();
            chunk::encode_inputs(items, &mut self.encoded)?;
            let input = match Small::of(&[&self.encoded[start..]]) {
                Some(small) if items.len() == 1 => {
                    self.encoded.truncate(start);
                    Input::Small(small)
                }
                _ => Input::At {
                    at: start as u64,
                    len: (self.encoded.len() - start) as u64,
                },
            };
            self.push(job.id(), items.len(), input);
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
    fn push(&mut self, job: JobId, items: usize, input: Input) {
        self.ready.push_back(Order {
            job,
            first: self.next,
            count: items as u64,
            input,
            segment: None,
        });
        self.next += items;
    }
}
