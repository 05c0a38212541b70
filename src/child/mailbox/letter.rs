//! The contents of a mailbox.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::*};

use crate::error::Panic;

/// Nothing was left: the child is still running, or ended unexpectedly.
pub(super) const EMPTY: u32 = 0;
/// The bytes are the encoded answer.
pub(super) const ANSWER: u32 = 1;
/// The bytes are a panic as text.
pub(super) const PANIC: u32 = 2;
/// The bytes say why the answer could not be sent.
pub(super) const NOT_SENT: u32 = 3;
/// The encoded answer is in the file.
pub(super) const ANSWER_IN_FILE: u32 = 4;
/// The bytes say why what was sent to the child could not be read.
pub(super) const NOT_READ: u32 = 5;

pub(super) const PAGE: usize = 4096;
pub(super) const CAPACITY: usize = PAGE - 16;

/// What a page holds.
#[repr(C)]
pub(in crate::child) struct Letter {
    /// Set by the parent once what was moved into the child belongs to the child.
    pub(super) handed_over: AtomicU32,
    /// The child's pid. The child writes it, in case the parent can't learn it otherwise.
    pub(super) child: AtomicU32,
    pub(super) kind: AtomicU32,
    len: AtomicU32,
    bytes: [AtomicU8; CAPACITY],
}

impl Letter {
    /// In the child: leaves a panic, with as much of its message and backtrace as fits.
    pub(in crate::child) fn post_panic(&self, panic: &Panic) {
        self.write(PANIC, panic.to_text(CAPACITY).as_bytes());
    }

    #[inline]
    pub(super) fn write(&self, kind: u32, bytes: &[u8]) {
        self.kind.store(EMPTY, Release);
        let bytes = &bytes[..bytes.len().min(CAPACITY)];
        for (slot, byte) in self.bytes.iter().zip(bytes) {
            slot.store(*byte, Relaxed);
        }
        self.len.store(bytes.len() as u32, Relaxed);
        self.kind.store(kind, Release);
    }

    pub(super) fn read(&self) -> (u32, Vec<u8>) {
        let kind = self.kind.load(Acquire);
        let len = self.len.load(Relaxed) as usize;
        let bytes = self.bytes.iter().take(len);
        (kind, bytes.map(|byte| byte.load(Relaxed)).collect())
    }
}

pub(super) fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(CAPACITY)]
}
