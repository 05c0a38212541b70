//! Ending the programs that a process has started when that process ends.
//!
//! The process leads a group of its own, to which the programs it starts also belong. A guard in
//! the same group waits for the process to end, however it ends, and then kills the group, itself
//! included. While the guard lives, no other group can have this number, so nothing else is ever
//! killed.
//!
//! The guard is a clone without an exit signal, so a plain `waitpid(-1)` in the process does not
//! see it. It holds no file except a descriptor for the process, and ignores all signals except
//! SIGKILL.
//!
//! A program that has left the group, by `setpgid` or `setsid`, is not ended. A subreaper would
//! find such programs, but the process would then have to be the subreaper's child, and not its
//! parent's.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::unistd::{Pid, getpid, setpgid};

use super::call::Named;
use super::descriptor::close_range;
use super::fork::exit_now;
use super::wait::pidfd_open;

/// From now on, what this process starts ends with it.
///
/// # Errors
/// If a sandbox forbids one of the calls, or no process can be made.
pub(crate) fn lead() -> io::Result<()> {
    setpgid(Pid::from_raw(0), Pid::from_raw(0)).by("setpgid")?;
    let leader = pidfd_open(getpid().as_raw())?.ok_or(Errno::ESRCH)?;
    let leader = leader.file()?.as_raw_fd();
    let mut before = SigSet::empty();
    sigprocmask(
        SigmaskHow::SIG_SETMASK,
        Some(&SigSet::all()),
        Some(&mut before),
    )?;
    // SAFETY: without flags, this is a fork that runs no handlers and sends no signal at its end.
    // The guard uses neither locks nor memory of this process's.
    let cloned = unsafe { libc::syscall(libc::SYS_clone, 0, 0, 0, 0, 0) };
    if cloned == 0 {
        guard(leader);
    }
    let cloned = Errno::result(cloned);
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    cloned.by("clone")?;
    Ok(())
}

/// Waits until `leader` is readable, and kills the group.
fn guard(leader: RawFd) -> ! {
    // SAFETY: this process runs nothing but this function, which uses one descriptor.
    unsafe { close_range(0, leader - 1) };
    // SAFETY: as above.
    unsafe { close_range(leader + 1, RawFd::MAX) };
    let mut watched = libc::pollfd {
        fd: leader,
        events: libc::POLLIN,
        revents: 0,
    };
    loop {
        // SAFETY: `watched` lives through the call.
        let ready = unsafe { libc::poll(&raw mut watched, 1, -1) };
        // A guard that is not allowed to wait would run for ever, so it ends what it can't guard.
        if ready == 1 || Errno::last() != Errno::EINTR {
            break;
        }
    }
    // SAFETY: the call touches no memory. 0 stands for this process's own group.
    unsafe { libc::kill(0, libc::SIGKILL) };
    exit_now(0)
}
