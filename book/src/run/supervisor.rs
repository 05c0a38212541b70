//! The process that starts a program, and ends it together with all its children.
//!
//! It is this program again, called as `book supervise -- PROGRAM …`. Its standard input is a
//! socket to the process that asked for the run. When the other end is closed, on purpose or
//! because its owner was killed, the supervisor sends the program's group `SIGTERM`, then
//! `SIGKILL`. Descendants that left the group are adopted by the supervisor, which is their
//! *subreaper*, and killed too. Finally it writes a report to the socket.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// The command that makes this program a supervisor.
pub const COMMAND: &str = "run-for-a-page";

/// The time between `SIGTERM` and `SIGKILL`.
const GRACE: Duration = Duration::from_millis(500);

/// How a program ended, and how long it ran.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) end: End,
    pub(crate) microseconds: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum End {
    Code(i32),
    Signal(String),
    /// Why it did not even start.
    NotStarted(String),
}

/// Runs the program and returns once nothing of it is left.
///
/// # Errors
/// If the system refuses what a supervisor needs.
pub fn supervise(command: &[OsString]) -> io::Result<()> {
    let line = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    set_child_subreaper(true)?;
    // Programs that crash on purpose leave no core files.
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;

    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let start = Instant::now();
    let report = match command.process_group(0).spawn() {
        Ok(child) => {
            let program = Pid::from_raw(child.id() as i32);
            let waited = wait_or_ask_to_end(program, &line);
            let microseconds = start.elapsed().as_micros() as u64;
            // Even if waiting failed, nothing is left running.
            let end = end_all(program)?;
            waited?;
            Report { end, microseconds }
        }
        Err(error) => Report {
            end: End::NotStarted(format!("cannot start {}: {error}", program.display())),
            microseconds: 0,
        },
    };
    // The process that asked for the run may be gone.
    let _ = serde_json::to_writer(&line, &report);
    Ok(())
}

/// Returns once the program has ended, by itself or because `line` was closed. It stays a
/// zombie, so its process id cannot be reused yet.
fn wait_or_ask_to_end(program: Pid, line: &UnixStream) -> io::Result<()> {
    // Blocked only now, since the program would inherit the mask. If it has ended already,
    // `has_ended` finds out before the first poll.
    let mut child_signal = SigSet::empty();
    child_signal.add(Signal::SIGCHLD);
    child_signal.thread_block()?;
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    let child_events = SignalFd::with_flags(&child_signal, flags)?;

    let mut deadline: Option<Instant> = None;
    while !has_ended(program)? {
        let death = PollFd::new(child_events.as_fd(), PollFlags::POLLIN);
        let closed = PollFd::new(line.as_fd(), PollFlags::POLLIN);
        let send = match deadline {
            None => {
                let mut both = [death, closed];
                interruptible(poll(&mut both, PollTimeout::NONE))?;
                both[1].any().unwrap_or(true).then_some(Signal::SIGTERM)
            }
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
                let died = interruptible(poll(&mut [death], left))? > 0;
                (!died).then_some(Signal::SIGKILL)
            }
        };
        if let Some(signal) = send {
            signal_group(program, signal)?;
            deadline = Some(Instant::now() + GRACE);
        }
        while child_events.read_signal()?.is_some() {}
    }
    Ok(())
}

/// A program may have left its own group, which may be empty by now.
fn signal_group(program: Pid, signal: Signal) -> nix::Result<()> {
    killpg(program, signal).or_else(|_| kill(program, signal))
}

fn interruptible(polled: nix::Result<i32>) -> nix::Result<i32> {
    match polled {
        Err(Errno::EINTR) => Ok(1),
        polled => polled,
    }
}

fn has_ended(program: Pid) -> nix::Result<bool> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    Ok(waitid(Id::Pid(program), flags)? != WaitStatus::StillAlive)
}

/// Kills what is left of the program's group, and descendants that left the group, which
/// become our children when their parents die.
fn end_all(program: Pid) -> io::Result<End> {
    signal_group(program, Signal::SIGKILL)?;
    let mut end = None;
    loop {
        for child in children()? {
            kill(child, Signal::SIGKILL)?;
        }
        match waitpid(None, None) {
            Ok(status) if status.pid() == Some(program) => end = Some(status),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => break,
            Err(error) => return Err(error.into()),
        }
    }
    match end {
        Some(WaitStatus::Exited(_, code)) => Ok(End::Code(code)),
        Some(WaitStatus::Signaled(_, signal, _)) => Ok(End::Signal(signal.to_string())),
        _ => Err(Errno::ECHILD.into()),
    }
}

/// Our children, including zombies.
fn children() -> io::Result<Vec<Pid>> {
    let list = fs::read_to_string("/proc/thread-self/children")?;
    let pids = list.split_whitespace().filter_map(|pid| pid.parse().ok());
    Ok(pids.map(Pid::from_raw).collect())
}
