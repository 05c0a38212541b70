//! Children: getting their statuses, and sending them signals.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use super::call::Named;
use super::clock::TICK;
use super::descriptor::Descriptor;

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Exited(i32),
    Signaled(i32),
    /// It is gone, and its status was taken elsewhere: the program ignores SIGCHLD, or waits for
    /// any child.
    Unknown,
}

/// Waits until the child `pid` has ended, and reaps it.
pub(crate) fn reap(pid: i32) -> io::Result<Status> {
    Ok(wait(pid, libc::WEXITED)?.unwrap_or(Status::Unknown))
}

/// Waits until the child `pid` has ended, without reaping it.
pub(crate) fn await_end(pid: i32) -> io::Result<()> {
    wait(pid, libc::WEXITED | libc::WNOWAIT).map(drop)
}

/// Kills the process group led by the child `pid`. The child must have ended and not been reaped,
/// so that the number is still the group's.
pub(crate) fn kill_group(pid: i32) {
    let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
}

/// Reaps the child `pid` if it has ended.
pub(crate) fn try_reap(pid: i32) -> io::Result<Option<Status>> {
    wait(pid, libc::WEXITED | libc::WNOHANG)
}

/// Whether `pid` is a child that has ended and has not been reaped.
pub(crate) fn is_ended_child(pid: i32) -> bool {
    let status = wait(pid, libc::WEXITED | libc::WNOHANG | libc::WNOWAIT);
    matches!(status, Ok(Some(Status::Exited(_) | Status::Signaled(_))))
}

/// Returns `None` if the child is still running, which can only happen with `WNOHANG`. An error
/// says nothing about the child: a sandbox may forbid the call.
fn wait(pid: i32, flags: i32) -> io::Result<Option<Status>> {
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: `info` is large enough for what the kernel writes.
        let waited =
            unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, info.as_mut_ptr(), flags) };
        match Errno::result(waited) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(Errno::ECHILD) => return Ok(Some(Status::Unknown)),
            Err(error) => return Err(error).by("waitid"),
        }
        // SAFETY: all zeroes is a valid `siginfo_t`, and the kernel filled it or left it that way.
        let info = unsafe { info.assume_init() };
        // SAFETY: after `waitid`, the fields of a child's status are the ones that are set.
        let child = unsafe { info.si_pid() };
        // SAFETY: as above.
        let status = unsafe { info.si_status() };
        match info.si_code {
            _ if child == 0 => return Ok(None),
            libc::CLD_EXITED => return Ok(Some(Status::Exited(status))),
            libc::CLD_KILLED | libc::CLD_DUMPED => return Ok(Some(Status::Signaled(status))),
            // A child that this process traces also reports its stops, whether or not they were
            // asked for.
            _ if flags & libc::WNOHANG != 0 => return Ok(None),
            _ => {}
        }
    }
}

/// Opens a descriptor that becomes readable when `pid` ends. Returns `None` if it is already gone.
pub(crate) fn pidfd_open(pid: i32) -> io::Result<Option<Descriptor>> {
    // SAFETY: `pidfd_open` takes a pid and flags, and touches no memory of ours.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    match Errno::result(fd) {
        // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
        Ok(fd) => Descriptor::new(unsafe { OwnedFd::from_raw_fd(fd as i32) }).map(Some),
        Err(Errno::ESRCH) => Ok(None),
        Err(error) => Err(error).by("pidfd_open"),
    }
}

/// Sends a signal to a child that has not been reaped, so that its pid is still its own.
pub(crate) fn send(pid: i32, signal: Signal) -> io::Result<()> {
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).by("kill"),
    }
}

/// Sends a signal through a pidfd, which never reaches another process that has the same pid.
pub(crate) fn send_through(pidfd: &Descriptor, signal: Signal) -> io::Result<()> {
    let pidfd = pidfd.file()?;
    // SAFETY: the descriptor is open, and a null siginfo is allowed.
    let sent = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal as i32,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    match Errno::result(sent) {
        Ok(_) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).by("pidfd_send_signal"),
    }
}

/// Waits until one of `descriptors` is readable, for at most `timeout` (or for ever), and returns
/// the indexes of those that are. An interruption by a signal ends the wait early.
///
/// A descriptor that the program has closed never becomes readable. If there is one, the wait is
/// not longer than a [`TICK`], after which the caller checks without it.
///
/// Descriptors that seem readable are checked for having been closed; the others only after a tick,
/// since most waits are over sooner.
pub(crate) fn wait_readable(descriptors: &[&Descriptor], timeout: Option<Duration>) -> Vec<usize> {
    let tick = timeout.map_or(TICK, |timeout| timeout.min(TICK));
    let unchecked = descriptors.iter().map(|one| Some(one.unchecked_file()));
    let Ok(readable) = poll_readable(unchecked, Some(tick)) else {
        return Vec::new();
    };
    let is_over = readable.is_empty();
    let is_intact = |place: &usize| descriptors[*place].file().is_ok();
    if is_over && timeout == Some(tick) || !is_over && readable.iter().all(is_intact) {
        return readable;
    }
    let files: Vec<_> = descriptors.iter().map(|one| one.file().ok()).collect();
    let timeout = match timeout {
        _ if files.iter().any(Option::is_none) => Some(if is_over { Duration::ZERO } else { tick }),
        timeout => timeout.map(|timeout| timeout.saturating_sub(tick)),
    };
    poll_readable(files.into_iter(), timeout).unwrap_or_default()
}

/// The indexes of the files that are readable.
fn poll_readable<'a>(
    files: impl Iterator<Item = Option<&'a File>>,
    timeout: Option<Duration>,
) -> nix::Result<Vec<usize>> {
    let (mut polled, mut places) = (Vec::new(), Vec::new());
    for (place, file) in files.enumerate() {
        if let Some(file) = file {
            polled.push(PollFd::new(file.as_fd(), PollFlags::POLLIN));
            places.push(place);
        }
    }
    // The kernel refuses times that are too long for it; the callers check their own clocks.
    let timeout = timeout.map(|timeout| TimeSpec::from_duration(timeout.min(A_YEAR)));
    ppoll(&mut polled, timeout, None)?;
    let readable = places.into_iter().zip(polled);
    Ok(readable
        .filter(|(_, descriptor)| descriptor.any().unwrap_or(true))
        .map(|(place, _)| place)
        .collect())
}

pub(crate) const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
