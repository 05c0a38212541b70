//! The parent's side: it has a server, and asks it for children.

use std::env;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid, getgroups, getpgrp, getresgid, getresuid, getsid};

use super::StartMethod;
use super::entry;
use super::errand::{Errand, refused};
use super::request::{Envelope, directory};
use super::server::UNABLE;
use crate::child::{Child, Mailbox};
use crate::error::{Error, Obstacle};
use crate::identity::Identity;
use crate::sys::call::Named;
use crate::sys::checked_file::is_lost;
use crate::sys::descriptor::Descriptor;
use crate::sys::generation::Generation;
use crate::sys::letters;
use crate::sys::lifeline::Lifeline;
use crate::sys::signals::children_are_discarded;
use crate::sys::stat::is_stopped;
use crate::sys::wait::{pidfd_open, reap, wait_readable};
use crate::trace;

/// Starts a child that inherits nothing.
pub(crate) fn start(
    method: StartMethod,
    identity: Identity,
    mailbox: Mailbox,
    errand: Errand,
    enclosed: &[&Descriptor],
    keeps_stdin: bool,
) -> Result<Child, Error> {
    let name = identity.name.to_string();
    if !entry::is_there() {
        return Err(refused(&name, Obstacle::NoEntry));
    }
    trace::open()?;
    let discarded = children_are_discarded();
    let system = |error| Error::system(format!("start {name}"), error);
    let lifeline = Lifeline::new().map_err(system)?;
    let directory = directory().map_err(system)?;
    let envelope = || {
        Envelope::new(
            &identity,
            &mailbox,
            &errand,
            enclosed,
            &lifeline,
            &directory,
            keeps_stdin,
        )
    };
    let pid = match method {
        StartMethod::Spawn => envelope().and_then(|envelope| execute_child(&envelope)),
        _ => ask_server(envelope, &mailbox),
    };
    let pid = pid.map_err(system)?;
    // A child that the kernel reaps by itself may lose its pid to another process.
    let pidfd = discarded.then(|| pidfd_open(pid).ok().flatten()).flatten();
    let child = Child::new(name, pid, mailbox, pidfd, Some(lifeline.hold()));
    errand.give_handles_to(&child);
    Ok(child)
}

/// Executes the program anew, for one child.
fn execute_child(envelope: &Envelope) -> io::Result<i32> {
    let (pid, socket) = execute(entry::CHILD)?;
    match envelope.send(&socket) {
        // It has ended already, and its status says how.
        Err(error) if is_gone(&error) => Ok(pid),
        sent => sent.map(|()| pid),
    }
}

/// Executes the program that this process runs, which is not always the one that has its name by now.
/// Returns the pid, and the other end of what is its stdin.
fn execute(role: &str) -> io::Result<(i32, OwnedFd)> {
    let (own, others) = letters::pair()?;
    let mut command = Command::new("/proc/self/exe");
    let mut arguments = env::args_os();
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command
        .args(arguments)
        .env(entry::VARIABLE, format!("{role} {}", std::process::id()))
        .stdin(others)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = command.spawn().by("execve")?;
    Ok((child.id() as i32, own))
}

/// After this long without an answer, a server is looked at. One that was stopped is replaced.
const PATIENCE: Duration = Duration::from_millis(500);

/// The server of this process, if it has one.
static SERVER: Mutex<Option<Server>> = Mutex::new(None);

struct Server {
    pid: i32,
    socket: Descriptor,
    standing: Standing,
}

/// What a server's children inherit from it, and should have from its requester.
#[derive(PartialEq)]
struct Standing {
    generation: Generation,
    users: [Uid; 3],
    groups: ([Gid; 3], Vec<Gid>),
    process_group: Pid,
    session: Option<Pid>,
    /// It must be set before most sandboxes can be entered.
    no_new_privileges: bool,
}

impl Standing {
    fn current() -> io::Result<Self> {
        let users = getresuid()?;
        let groups = getresgid()?;
        Ok(Self {
            generation: Generation::current(),
            users: [users.real, users.effective, users.saved],
            groups: ([groups.real, groups.effective, groups.saved], getgroups()?),
            process_group: getpgrp(),
            session: getsid(None).ok(),
            no_new_privileges: prctl::get_no_new_privs().unwrap_or(false),
        })
    }
}

/// Has the server make a child. A server that has ended is replaced, once.
fn ask_server<'a>(
    envelope: impl Fn() -> io::Result<Envelope<'a>>,
    mailbox: &Mailbox,
) -> io::Result<i32> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    let standing = Standing::current()?;
    if let Some(unfit) = server.take_if(|server| server.standing != standing) {
        unfit.end();
    }
    for _ in 0..2 {
        let envelope = envelope()?;
        let asked = match server.take() {
            Some(server) => server,
            None => Server::start()?,
        };
        let answer = asked.ask(&envelope);
        if answer.as_ref().is_err_and(is_gone) {
            asked.end();
            match mailbox.give_up() {
                Some(pid) => return Ok(pid),
                None => continue,
            }
        }
        *server = Some(asked);
        return match answer? {
            UNABLE => execute_child(&envelope),
            pid @ 1.. => Ok(pid),
            error => Err(io::Error::from_raw_os_error(-error)).by("clone"),
        };
    }
    let text = "the fork server ended before it had answered, and so did the one in its place";
    Err(io::Error::other(text))
}

impl Server {
    fn start() -> io::Result<Self> {
        let standing = Standing::current()?;
        let (pid, socket) = execute(entry::SERVER)?;
        Ok(Self {
            pid,
            socket: Descriptor::new(socket)?,
            standing,
        })
    }

    fn ask(&self, envelope: &Envelope) -> io::Result<i32> {
        envelope.send(self.socket.file()?.as_fd())?;
        while wait_readable(&[&self.socket], Some(PATIENCE)).is_empty() {
            self.socket.file()?;
            // It is alive, or the socket would be readable, so the pid is its own.
            if is_stopped(self.pid) {
                let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        let mut answer = [0; 4];
        self.socket.file()?.read_exact(&mut answer)?;
        Ok(i32::from_ne_bytes(answer))
    }

    /// Closes the socket, at which the server ends if it has not ended yet.
    fn end(self) {
        let is_own = self.standing.generation.is_current();
        drop(self.socket);
        if is_own {
            let _ = reap(self.pid);
        }
    }
}

/// Whether the error says that the process at the other end has ended, or can't be reached any more.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof) || is_lost(error)
}
