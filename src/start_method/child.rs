//! A child that inherits nothing, from the request to its end.

use std::io;
use std::mem;
use std::os::fd::OwnedFd;

use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, fchdir};

use super::errand::Errand;
use super::request::{Request, Role};
use crate::child::{Diversion, Mailbox, exit_on_broken_pipe, live};
use crate::identity::Identity;
use crate::sys::descriptor::Descriptor;
use crate::sys::fork::exit_now;
use crate::sys::generation::Generation;
use crate::sys::letters::Letter;
use crate::sys::lifeline::tie_to;
use crate::sys::owner::expect_handover;
use crate::trace;

/// The exit code of a child that could not begin. No answer goes with it.
const NOT_BEGUN: i32 = 1;

/// Does what the letter asks for.
///
/// # Safety
/// It must be a [`Request`] of a process that runs the same program.
pub(super) unsafe fn run(letter: Letter) -> ! {
    let Ok((mailbox, errand)) = settle_in(letter) else {
        exit_now(NOT_BEGUN)
    };
    // SAFETY: the mailbox lives as long as the process, which never returns from this frame.
    mem::forget(unsafe { Diversion::into(&mailbox, Generation::current()) });
    mailbox.assume();
    if !errand.arrived.is_empty() {
        // SAFETY: as above.
        unsafe { expect_handover(mailbox.handed_over()) };
    }
    live(&mailbox, io::stdout(), || {
        // It writes of its own begin, as any process does that opens the file.
        let _ = trace::open();
        // SAFETY: the caller's promise.
        unsafe { errand.run(&mailbox) }
    })
}

fn settle_in(letter: Letter) -> io::Result<(Mailbox, Errand)> {
    let (bytes, mut descriptors) = letter.open()?;
    let (request, mut errand) = Request::read(&bytes, &mut descriptors)?;
    let (mut pages, mut answer) = (None, None);
    for (role, descriptor) in request.roles.into_iter().zip(descriptors) {
        match role {
            // First of all: from here on, the child ends with its parent.
            Role::Lifeline => tie_to(descriptor),
            Role::Mailbox => pages = Some(descriptor),
            Role::Answer => answer = Some(Descriptor::new(descriptor)?),
            Role::Directory => fchdir(descriptor)?,
            Role::Stdin => dup2_stdin(descriptor)?,
            Role::Stdout => dup2_stdout(descriptor)?,
            Role::Stderr => dup2_stderr(descriptor)?,
            Role::Enclosed => errand.enclosed.push(descriptor),
        }
    }
    let pages: OwnedFd = pages.ok_or(io::ErrorKind::InvalidData)?;
    // SAFETY: the parent has mapped it, and sealed it against getting shorter.
    let mailbox = unsafe { Mailbox::received(&pages, request.page, answer) }?;
    if !mailbox.begin(request.attempt) {
        return Err(io::ErrorKind::NotConnected.into());
    }
    Identity::from_parts(request.name, request.numbers).assume();
    if request.ends_on_broken_pipe {
        exit_on_broken_pipe();
    }
    Ok((mailbox, errand))
}
