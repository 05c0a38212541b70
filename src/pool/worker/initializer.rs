//! What makes the state of each worker.

use std::any::Any;
use std::fmt::Display;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, transmute};
use std::ptr::with_exposed_provenance;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Obstacle};
use crate::start_method::{offset, refused};
use crate::sys::code::Code;
use crate::wire::{self, Portable};

/// A worker's state, or the reason why there is none.
pub(in crate::pool) type State = Result<Box<dyn Any>, String>;

pub(in crate::pool) trait Initializer: Send {
    /// Makes the state, in a worker that is a copy of this process.
    fn make(&self) -> State;

    /// For a worker that inherits nothing: the function that makes its state, and the argument.
    fn to_send(&self, worker: &str) -> Result<(Sent, Vec<u8>), Error>;
}

/// An initializer without its types.
#[derive(Serialize, Deserialize)]
pub(in crate::pool) struct Sent {
    /// The [`Make`] that knows the types, as an offset in the program.
    make: usize,
    /// The function that it calls by its address, if any.
    function: usize,
}

/// Makes the state with the function at an offset and an argument.
type Make = fn(usize, &[u8]) -> State;

impl Sent {
    /// # Safety
    /// It must come from a process that runs the same program.
    pub(super) unsafe fn make(&self, argument: &[u8]) -> State {
        let make = Code::address(self.make).ok_or(NO_CODE)?;
        // SAFETY: the caller's promise: this is what `to_send` was given there, and the code is the
        // same.
        let make = unsafe { transmute::<*const (), Make>(with_exposed_provenance(make)) };
        make(self.function, argument)
    }
}

const NO_CODE: &str = "its initializer is not code of this program";

/// Does nothing.
pub(in crate::pool) struct Nothing;

impl Initializer for Nothing {
    fn make(&self) -> State {
        Ok(Box::new(()))
    }

    fn to_send(&self, worker: &str) -> Result<(Sent, Vec<u8>), Error> {
        Closure::new(|| Ok::<_, String>(())).to_send(worker)
    }
}

/// A closure, of which forked workers have a copy.
pub(in crate::pool) struct Closure<F, T, E> {
    make: F,
    types: PhantomData<fn() -> (T, E)>,
}

impl<F, T, E> Closure<F, T, E> {
    pub(in crate::pool) fn new(make: F) -> Self {
        let types = PhantomData;
        Self { make, types }
    }
}

impl<F, T, E> Initializer for Closure<F, T, E>
where
    F: Fn() -> Result<T, E> + Send + 'static,
    T: 'static,
    E: Display,
{
    fn make(&self) -> State {
        erased((self.make)())
    }

    fn to_send(&self, worker: &str) -> Result<(Sent, Vec<u8>), Error> {
        if size_of::<F>() != 0 {
            return Err(refused(worker, Obstacle::Captures));
        }
        let make: Make = |_, _| {
            let make = MaybeUninit::<F>::uninit();
            // SAFETY: it has no bytes to be initialized, and one exists in the parent, which keeps
            // it as long as it starts workers; it is only borrowed here, and never dropped.
            let make = unsafe { make.assume_init_ref() };
            erased(make())
        };
        let make = offset(worker, make as usize)?;
        Ok((Sent { make, function: 0 }, Vec::new()))
    }
}

/// A function, and an argument. Each worker gets a clone of the argument.
pub(in crate::pool) struct Function<A, T, E> {
    f: fn(A) -> Result<T, E>,
    argument: A,
}

impl<A, T, E> Function<A, T, E> {
    pub(in crate::pool) fn new(f: fn(A) -> Result<T, E>, argument: A) -> Self {
        Self { f, argument }
    }
}

impl<A, T, E> Initializer for Function<A, T, E>
where
    A: Portable + Clone + Send,
    T: 'static,
    E: Display + 'static,
{
    fn make(&self) -> State {
        erased((self.f)(self.argument.clone()))
    }

    fn to_send(&self, worker: &str) -> Result<(Sent, Vec<u8>), Error> {
        let make: Make = |function, argument| {
            let argument = wire::decode::<A>(argument).map_err(|error| error.to_string())?;
            let function = with_exposed_provenance(Code::address(function).ok_or(NO_CODE)?);
            // SAFETY: both were made below, of a function of this type in a process with the same
            // code.
            let f = unsafe { transmute::<*const (), fn(A) -> Result<T, E>>(function) };
            erased(f(argument))
        };
        let make = offset(worker, make as usize)?;
        let function = offset(worker, self.f as usize)?;
        let argument = wire::encoded(&self.argument)?.into_owned();
        Ok((Sent { make, function }, argument))
    }
}

fn erased<T: 'static, E: Display>(made: Result<T, E>) -> State {
    match made {
        Ok(state) => Ok(Box::new(state)),
        Err(error) => Err(error.to_string()),
    }
}
