//! The entry: what a program that this library has executed does before its `main`.
//!
//! The loader calls what is listed in `.init_array` before it calls `main`. The standard library
//! itself has an entry there, which makes `std::env::args` work; it comes first.

use std::env;
use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl, open};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, dup2_stdin, getegid, geteuid};

use super::{child, server};
use crate::sys::code::Code;
use crate::sys::fork::exit_now;
use crate::sys::letters;

/// In the environment of a process that was executed to serve: its role, and the pid of the process
/// that it serves.
pub(super) const VARIABLE: &str = "MULTIPROCESSING_START";
pub(super) const SERVER: &str = "server";
pub(super) const CHILD: &str = "child";

// ANCHOR: entry
// SAFETY: the loader calls each function that is listed there; this one
// takes nothing.
#[used]
#[unsafe(link_section = ".init_array")]
static ENTRY: extern "C" fn() = enter;
// ANCHOR_END: entry

/// Whether the entry was called.
static IS_THERE: AtomicBool = AtomicBool::new(false);

/// Whether a process that executes this program gets here before it reaches `main`.
pub(super) fn is_there() -> bool {
    IS_THERE.load(Relaxed) && Code::offset(enter as *const () as usize).is_some()
}

extern "C" fn enter() {
    IS_THERE.store(true, Relaxed);
    let Some(role) = env::var_os(VARIABLE) else {
        return;
    };
    // SAFETY: before `main` there is no other thread, unless a constructor has started one, which
    // would have to be reading the environment right now.
    unsafe { env::remove_var(VARIABLE) };
    let role = role.to_string_lossy();
    let Some((role, requester)) = role.split_once(' ') else {
        return;
    };
    let Some(socket) = socket_of(requester) else {
        return; // the variable was left in the environment by some other program
    };
    if prepare().is_err() {
        exit_now(1);
    }
    match role {
        // SAFETY: the socket was made by our parent, which executed its own program.
        SERVER => unsafe { server::serve(socket) },
        CHILD => match letters::receive(&socket) {
            Ok(Some(letter)) => {
                drop(socket);
                // SAFETY: as above.
                unsafe { child::run(letter) }
            }
            _ => exit_now(1),
        },
        _ => exit_now(1),
    }
}

/// Stdin, if it is a socket that `requester` has made. The requester must be this process's parent,
/// and have the same privileges: a program may be marked to run as another user.
fn socket_of(requester: &str) -> Option<OwnedFd> {
    // SAFETY: the number is only looked up; if nothing is open under it, that is an error.
    let stdin = unsafe { BorrowedFd::borrow_raw(0) };
    let peer = getsockopt(&stdin, PeerCredentials).ok()?;
    if peer.pid().to_string() != requester {
        return None;
    }
    let is_ours = peer.pid() as u32 == parent_id()
        && peer.uid() == geteuid().as_raw()
        && peer.gid() == getegid().as_raw();
    if !is_ours {
        exit_now(1);
    }
    stdin.try_clone_to_owned().ok()
}

/// What the standard library does before it calls `main`, and what the parent could not do.
fn prepare() -> io::Result<()> {
    // SAFETY: no handler is installed.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) }?;
    let null = open(
        "/dev/null",
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    dup2_stdin(null)?;
    chdir("/")?;
    // It was executed as `/proc/self/exe`.
    let program = env::args_os().next().unwrap_or_default();
    let name = Path::new(&program).file_name().unwrap_or(OsStr::new("?"));
    prctl::set_name(&CString::new(name.as_bytes())?)?;
    close_inherited()
}

/// Closes what the parent was started with, or has opened, without marking it to be closed by
/// `exec`. What constructors have opened is usually marked.
fn close_inherited() -> io::Result<()> {
    let open = fs::read_dir("/proc/self/fd")?;
    let numbers = open.flatten().map(|file| file.file_name());
    let numbers: Vec<i32> = numbers
        .filter_map(|name| name.to_str()?.parse().ok())
        .collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // SAFETY: the number is only looked up.
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        let flags = fcntl(file, FcntlArg::F_GETFD).map(FdFlag::from_bits_retain);
        if flags.is_ok_and(|flags| !flags.contains(FdFlag::FD_CLOEXEC)) {
            // SAFETY: nothing in this program has opened it, so nothing uses it.
            let closed = unsafe { nix::libc::close(number) };
            Errno::result(closed)?;
        }
    }
    Ok(())
}
