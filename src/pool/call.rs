//! A task's function on its way to the workers.
//!
//! A worker is a fork of its parent, so each function is at the same address in both. What is
//! sent is two addresses: that of the function, and that of the code that knows its types and can
//! call it. The parent, too, keeps what it must know of the types when it has lost sight of them.

use std::mem::transmute;
use std::ptr::with_exposed_provenance;

use super::chunk::{self, ChunkRun, Run};
use crate::error::Error;
use crate::sys::code::Code;
use crate::wire::{self, Portable};

#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) run: usize,
    pub(super) call: usize,
    /// The length of each input, if all have the same.
    pub(super) input_len: Option<usize>,
}

impl Call {
    pub(super) fn new<T: Portable, R: Portable>(f: fn(T) -> R) -> Self {
        Self {
            run: run::<T, R> as Run as usize,
            call: f as usize,
            input_len: wire::fixed_size::<T>(),
        }
    }

    pub(super) fn with_state<S: 'static, T: Portable, R: Portable>(f: fn(&mut S, T) -> R) -> Self {
        Self {
            run: run_with_state::<S, T, R> as Run as usize,
            call: f as usize,
            input_len: wire::fixed_size::<T>(),
        }
    }
}

impl Call {
    /// An error if workers may not have this code, or have other code in its place.
    pub(super) fn check(self, code: &Code) -> Result<(), Error> {
        if code.has(self.run) && code.has(self.call) {
            Ok(())
        } else {
            Err(Error::LoadedLater)
        }
    }
}

fn run<T: Portable, R: Portable>(chunk: &mut ChunkRun) {
    // SAFETY: `Call::new` pairs this code with the address of a function of just this type.
    let f = unsafe { transmute::<*const (), fn(T) -> R>(with_exposed_provenance(chunk.call)) };
    chunk::run(chunk, |_, item: T| f(item));
}

fn run_with_state<S: 'static, T: Portable, R: Portable>(chunk: &mut ChunkRun) {
    // SAFETY: `Call::with_state` pairs this code with the address of a function of just this type.
    let f =
        unsafe { transmute::<*const (), fn(&mut S, T) -> R>(with_exposed_provenance(chunk.call)) };
    chunk::run(chunk, |state, item: T| {
        let state = state
            .downcast_mut()
            .expect("the pool and its workers agree on the state");
        f(state, item)
    });
}
