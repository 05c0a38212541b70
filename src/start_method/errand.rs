//! What a child is to do, in a form that can be sent.

use std::mem::{self, MaybeUninit, transmute};
use std::os::fd::OwnedFd;
use std::ptr::with_exposed_provenance;

use crate::child::{Child, Mailbox, answer};
use crate::crossing::{Arrival, Parcel, packing, unpacking};
use crate::error::{Error, Obstacle};
use crate::sys::code::Code;
use crate::sys::owner::give_to;
use crate::wire::{self, Portable};

/// As its parent has it.
pub(crate) struct Errand {
    /// The [`Run`] that knows the types, by its place in the program.
    pub(super) run: usize,
    /// The function that it calls, if it calls one by its address.
    pub(super) function: usize,
    pub(super) argument: Vec<u8>,
    /// In the child: what was enclosed.
    pub(super) enclosed: Vec<OwnedFd>,
    /// Those in the argument, as long as they are the parent's.
    pub(super) handles: Vec<Parcel>,
    /// Those in the argument, as the child has them.
    pub(super) arrived: Vec<Arrival>,
}

/// As the child has it.
pub(crate) struct Received {
    function: usize,
    pub(crate) argument: Vec<u8>,
    pub(crate) enclosed: Vec<OwnedFd>,
    arrived: Vec<Arrival>,
}

/// Runs an errand, leaves the answer in the mailbox, and returns the exit code.
pub(crate) type Run = fn(Received, &Mailbox) -> i32;

impl Errand {
    /// To call `f`, for the process `name`.
    pub(crate) fn of_closure<F, T>(name: &str, f: F) -> Result<Self, Error>
    where
        F: FnOnce() -> T,
        T: Portable,
    {
        if size_of::<F>() != 0 {
            return Err(refused(name, Obstacle::Captures));
        }
        mem::forget(f); // the child has it now
        Self::new(name, call_closure::<F, T>, 0, Vec::new(), Vec::new())
    }

    /// To call `f` with `argument`, for the process `name`.
    pub(crate) fn of_function<A, T>(name: &str, f: fn(A) -> T, argument: &A) -> Result<Self, Error>
    where
        A: Portable,
        T: Portable,
    {
        let function = offset(name, f as usize)?;
        let (argument, handles) = packing(|| wire::encoded(argument));
        let argument = argument?.into_owned();
        Self::new(name, call_function::<A, T>, function, argument, handles)
    }

    /// To call `run`, for the process `name`.
    pub(crate) fn of_run(name: &str, run: Run, argument: Vec<u8>) -> Result<Self, Error> {
        Self::new(name, run, 0, argument, Vec::new())
    }

    fn new(
        name: &str,
        run: Run,
        function: usize,
        argument: Vec<u8>,
        handles: Vec<Parcel>,
    ) -> Result<Self, Error> {
        Ok(Self {
            run: offset(name, run as usize)?,
            function,
            argument,
            enclosed: Vec::new(),
            handles,
            arrived: Vec::new(),
        })
    }

    /// In the parent: the handles are the child's from now on.
    pub(super) fn give_handles_to(&self, child: &Child) {
        if self.handles.is_empty() {
            return;
        }
        give_to(child.pid() as i32, child.mailbox().handed_over(), |heir| {
            self.handles.iter().for_each(|handle| handle.give_to(heir));
        });
    }

    /// In the child.
    ///
    /// # Safety
    /// It must come from another process that runs the same program.
    pub(super) unsafe fn run(self, mailbox: &Mailbox) -> i32 {
        let Some(run) = Code::address(self.run) else {
            mailbox.post_unread("its function is no code of this program");
            return 1;
        };
        // SAFETY: the caller's promise: this is what `new` was given there, and the code is the same.
        let run = unsafe { transmute::<*const (), Run>(with_exposed_provenance(run)) };
        let received = Received {
            function: self.function,
            argument: self.argument,
            enclosed: self.enclosed,
            arrived: self.arrived,
        };
        run(received, mailbox)
    }
}

/// How far a function of the program's is from the program's start, for the process `name`.
pub(crate) fn offset(name: &str, address: usize) -> Result<usize, Error> {
    Code::offset(address).ok_or_else(|| refused(name, Obstacle::ForeignFunction))
}

pub(crate) fn refused(name: &str, obstacle: Obstacle) -> Error {
    Error::StartMethod {
        name: name.to_owned(),
        obstacle,
    }
}

fn call_closure<F, T>(_: Received, mailbox: &Mailbox) -> i32
where
    F: FnOnce() -> T,
    T: Portable,
{
    let f = MaybeUninit::<F>::uninit();
    // SAFETY: `of_closure` made sure that it has no bytes to be initialized, and gave up the one that
    // there was, so there is one of it.
    let f = unsafe { f.assume_init() };
    answer(f, mailbox)
}

fn call_function<A, T>(received: Received, mailbox: &Mailbox) -> i32
where
    A: Portable,
    T: Portable,
{
    let Some(address) = Code::address(received.function) else {
        mailbox.post_unread("its function is no code of this program");
        return 1;
    };
    let address = with_exposed_provenance(address);
    // SAFETY: `of_function` made both from a function of this type, in a process with the same code.
    let f = unsafe { transmute::<*const (), fn(A) -> T>(address) };
    match unpacking(received.arrived, || wire::decode(&received.argument)) {
        Ok(argument) => answer(|| f(argument), mailbox),
        Err(error) => {
            mailbox.post_unread(&error.to_string());
            1
        }
    }
}
