//! A task's function as addresses, and back. Only here are its types known to both sides.

use std::mem::transmute;
use std::ptr::with_exposed_provenance;

use super::chunk_run::ChunkRun;
use super::items::run_items;
use crate::pool::shared::functions::Function;
use crate::wire::Portable;

/// The code that runs a chunk, compiled for the types of its items.
pub(super) type Runner = fn(&mut ChunkRun);

pub(in crate::pool) fn function<T: Portable, R: Portable>(f: fn(T) -> R) -> Function {
    Function {
        runner: run::<T, R> as Runner as usize,
        task: f as usize,
    }
}

pub(in crate::pool) fn function_with_state<S: 'static, T: Portable, R: Portable>(
    f: fn(&mut S, T) -> R,
) -> Function {
    Function {
        runner: run_with_state::<S, T, R> as Runner as usize,
        task: f as usize,
    }
}

/// # Safety
/// The function must have been made by [`function`] or [`function_with_state`] in a process that runs
/// this program, and its addresses must be those of this process.
pub(super) unsafe fn runner(function: Function) -> Runner {
    let address = with_exposed_provenance::<()>(function.runner);
    // SAFETY: by the caller's promise it is the address of a `Runner` in this process.
    unsafe { transmute::<*const (), Runner>(address) }
}

fn run<T: Portable, R: Portable>(chunk: &mut ChunkRun) {
    let task = with_exposed_provenance(chunk.task);
    // SAFETY: `function` pairs this code with the address of a function of just this type.
    let f = unsafe { transmute::<*const (), fn(T) -> R>(task) };
    run_items(chunk, |_, item: T| f(item));
}

fn run_with_state<S: 'static, T: Portable, R: Portable>(chunk: &mut ChunkRun) {
    let task = with_exposed_provenance(chunk.task);
    // SAFETY: `function_with_state` pairs this code with the address of a function of just this
    // type.
    let f = unsafe { transmute::<*const (), fn(&mut S, T) -> R>(task) };
    run_items(chunk, |state, item: T| {
        let state = state
            .downcast_mut()
            .expect("the pool and its workers agree on the state");
        f(state, item)
    });
}
