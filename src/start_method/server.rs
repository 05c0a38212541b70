//! The fork server: it waits for requests, and makes a child for each.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;

use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};

use super::child;
use crate::sys::clone::Cloner;
use crate::sys::fork::exit_now;
use crate::sys::letters;

/// The answer of a server that can't make children. Any other answer is a pid, or a negated error
/// number.
pub(super) const UNABLE: i32 = i32::MIN;

/// Serves until the requester is gone.
///
/// # Safety
/// The other end of the socket must be a process that runs the same program, and this process must
/// have run none of the program's code.
pub(super) unsafe fn serve(socket: OwnedFd) -> ! {
    // Signals to a whole group, such as Ctrl-C, are for the program.
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None);
    let cloner = Cloner::new();
    let socket = File::from(socket);
    // ANCHOR: serve
    while let Ok(Some(letter)) = letters::receive(&socket) {
        let made = match &cloner {
            // SAFETY: `Cloner::new` found no other thread, and this one
            // starts none. The copy uses nothing but the letter, which the
            // original only closes.
            Some(cloner) => unsafe { cloner.make_sibling() },
            None => Ok(Some(UNABLE)),
        };
        let answer = match made {
            Ok(Some(pid)) => pid,
            Ok(None) => {
                drop(socket);
                let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
                // SAFETY: the caller's promise.
                unsafe { child::run(letter) }
            }
            Err(error) => -error.raw_os_error().unwrap_or(0),
        };
        if answered(&socket, answer).is_err() {
            break;
        }
    }
    // ANCHOR_END: serve
    exit_now(0)
}

fn answered(mut socket: &File, answer: i32) -> io::Result<()> {
    socket.write_all(&answer.to_ne_bytes())
}
