//! The parent's arena, where items wait for workers.

use std::io;

use crate::error::Error;
use crate::pool::shared::arena::{self, Block, Writer};
use crate::sys::window::Window;

/// The most that is kept between two calls, so that the next one need not allocate it again.
const KEPT: u64 = 80 << 20;

pub(super) struct Inputs {
    pub(super) window: Window,
    /// `None` until something is written: every mapping makes each fork slower.
    writer: Option<Writer>,
}

impl Inputs {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            window: arena::new_window()?,
            writer: None,
        })
    }

    /// Copies parts into shared memory, one after another.
    pub(super) fn store(&mut self, parts: &[&[u8]]) -> Result<Block, Error> {
        let failed = |len| move |error| Error::system(format!("share {len} bytes"), error);
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let len = parts.iter().map(|part| part.len()).sum::<usize>();
                none.insert(Writer::new(&self.window).map_err(failed(len))?)
            }
        };
        let mut block = writer.open();
        for part in parts {
            let appended = writer.append(&self.window, &mut block, part);
            appended.map_err(failed(part.len()))?;
        }
        writer.close(block);
        Ok(block)
    }

    /// Bytes that were stored and have not been released.
    pub(super) fn bytes(&self, at: u64, len: u64) -> &[u8] {
        match &self.writer {
            // SAFETY: the parent wrote these bytes, and only `store` writes again, which needs
            // exclusive access to `self`.
            Some(writer) => unsafe { writer.bytes(at, len) },
            // All items so far took no bytes.
            None => &[],
        }
    }

    pub(super) fn release(&self, segment: u64) {
        if let Some(writer) = &self.writer {
            writer.release(segment);
        }
    }

    /// Frees what a large call has used. Nothing may be in use.
    pub(super) fn trim(&mut self) {
        if let Some(writer) = &mut self.writer {
            writer.trim(&self.window, KEPT);
        }
    }
}
