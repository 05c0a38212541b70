//! A child that answers with a value.

use std::io;

use super::handle::Child;
use super::mailbox::Mailbox;
use super::start::{Legacy, start};
use crate::error::Error;
use crate::identity::Identity;
use crate::wire::{self, Portable};

pub(crate) fn no_room(identity: &Identity, error: io::Error) -> Error {
    let action = format!("make room for the answer of {}", identity.name);
    Error::system(action, error)
}

/// Starts a child that runs `f` and leaves its answer in the mailbox.
pub(crate) fn start_typed<F, T>(identity: Identity, legacy: Legacy, f: F) -> Result<Child, Error>
where
    F: FnOnce() -> T,
    T: Portable,
{
    let mailbox = Mailbox::of::<T>().map_err(|error| no_room(&identity, error))?;
    start(identity, mailbox, legacy, |mailbox| answer(f, mailbox))
}

/// In the child: leaves what `f` returns, and returns the exit code.
#[inline]
pub(crate) fn answer<T: Portable>(f: impl FnOnce() -> T, mailbox: &Mailbox) -> i32 {
    match wire::encoded(&f()) {
        Ok(answer) => mailbox.post_answer(&answer),
        Err(error) => {
            mailbox.post_failure(&error.to_string());
            return 1;
        }
    }
    0
}
