//! A descriptor that any process can make readable, without having inherited it.
//!
//! A process makes a bell when it first waits with `poll`, perhaps long after the others were
//! forked, so they can't have its descriptor. Therefore a bell is a datagram socket with a name,
//! and a process that knows the name rings it by sending an empty message. The name is a random
//! number in the abstract namespace: it is not in the file system, and disappears with the socket.
//!
//! Dead processes do not ring. So a bell also watches processes, and is readable once one of them
//! has ended: the descriptor that is lent is an epoll instance, with the socket and their pidfds.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::{Mutex, OnceLock, PoisonError};

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags};

use super::bell;
use super::call::Named;
use super::descriptor::Descriptor;
use super::owner::Owner;
use super::wait::pidfd_open;

#[derive(Debug)]
pub(crate) struct RemoteBell {
    name: Name,
    socket: Descriptor,
    /// Readable when the socket or one of the pidfds is.
    epoll: Descriptor,
    watched: Mutex<Vec<(Owner, Descriptor)>>,
}

/// The number by which others find a bell. It is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name(u64);

/// What became of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rung {
    Yes,
    /// There is no longer a bell with that name.
    Gone,
    /// This process can't ring: it has no descriptor left, or a sandbox forbids it.
    Refused,
}

impl RemoteBell {
    pub(crate) fn new() -> io::Result<Self> {
        let name = Name::random()?;
        let socket = UnixDatagram::bind_addr(&name.address()?).by("bind")?;
        socket.set_nonblocking(true).by("ioctl")?;
        let socket = Descriptor::new(socket.into())?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).by("epoll_create1")?;
        let epoll = Descriptor::new(epoll.0)?;
        control(epoll.file()?, libc::EPOLL_CTL_ADD, socket.file()?)?;
        Ok(Self {
            name,
            socket,
            epoll,
            watched: Mutex::default(),
        })
    }

    /// Whether it belongs to this process, and was not inherited.
    pub(crate) fn is_own(&self) -> bool {
        !self.epoll.is_inherited()
    }

    pub(crate) fn name(&self) -> Name {
        self.name
    }

    /// # Errors
    /// If the program has closed the descriptor.
    pub(crate) fn lend(&self) -> io::Result<BorrowedFd<'_>> {
        self.epoll.file().map(AsFd::as_fd)
    }

    /// Takes the rings.
    pub(crate) fn silence(&self) {
        bell::silence(&self.socket);
    }

    /// From now on, the bell is readable when one of `owners` other than this process has ended,
    /// and no others are watched. Returns whether one has ended already.
    pub(crate) fn watch(&self, owners: impl Iterator<Item = Owner>) -> io::Result<bool> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let epoll = self.epoll.file()?;
        let mut before = std::mem::take(&mut *watched);
        let mut one_has_ended = false;
        for owner in owners.filter(|owner| !owner.is_current()) {
            if watched.iter().any(|(known, _)| *known == owner) {
                continue;
            }
            if !owner.is_alive() {
                one_has_ended = true;
            } else if let Some(at) = before.iter().position(|(known, _)| *known == owner) {
                watched.push(before.swap_remove(at));
            } else if let Some(pidfd) = pidfd_open(owner.pid())? {
                control(epoll, libc::EPOLL_CTL_ADD, pidfd.file()?)?;
                watched.push((owner, pidfd));
            } else {
                one_has_ended = true;
            }
        }
        for (_, pidfd) in before {
            control(epoll, libc::EPOLL_CTL_DEL, pidfd.file()?)?;
        }
        Ok(one_has_ended)
    }
}

impl Name {
    fn random() -> io::Result<Self> {
        let mut bytes = [0; 8];
        // SAFETY: the place has as many bytes.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        Errno::result(got).by("getrandom")?;
        Ok(Self(u64::from_ne_bytes(bytes) | 1))
    }

    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// Returns `None` if the word is 0, which stands for no bell.
    pub(crate) fn from_word(word: u64) -> Option<Self> {
        (word != 0).then_some(Self(word))
    }

    fn address(self) -> io::Result<SocketAddr> {
        SocketAddr::from_abstract_name(format!("multiprocessing/{:016x}", self.0))
    }

    pub(crate) fn ring(self) -> Rung {
        let send = || {
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.send_to_addr(&[], &self.address()?)
        };
        match send() {
            Ok(_) => Rung::Yes,
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => Rung::Gone,
                // Its queue of rings is full.
                io::ErrorKind::WouldBlock => Rung::Yes,
                _ => Rung::Refused,
            },
        }
    }
}

/// A place for a bell. An inherited bell is of no use, so a child makes another after it.
#[derive(Debug, Default)]
pub(crate) struct OwnBell(OnceLock<Box<(RemoteBell, OwnBell)>>);

impl OwnBell {
    /// This process's bell, if it has made one.
    pub(crate) fn get(&self) -> Option<&RemoteBell> {
        let (bell, next) = &**self.0.get()?;
        if bell.is_own() {
            Some(bell)
        } else {
            next.get()
        }
    }

    pub(crate) fn get_or_make(&self) -> io::Result<&RemoteBell> {
        let (bell, next) = match self.0.get() {
            Some(made) => &**made,
            None => {
                let new = RemoteBell::new()?;
                &**self.0.get_or_init(|| Box::new((new, Self::default())))
            }
        };
        if bell.is_own() {
            Ok(bell)
        } else {
            next.get_or_make()
        }
    }
}

/// Adds a file to those that make an epoll instance readable, or removes it.
fn control(epoll: &File, operation: i32, file: &File) -> io::Result<()> {
    let mut event = libc::epoll_event {
        events: libc::EPOLLIN as u32,
        u64: 0,
    };
    let (epoll, file) = (epoll.as_raw_fd(), file.as_raw_fd());
    // SAFETY: both descriptors are open, and the event lives through the call.
    let done = unsafe { libc::epoll_ctl(epoll, operation, file, &raw mut event) };
    Errno::result(done).map(drop).by("epoll_ctl")
}

#[cfg(test)]
mod tests {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::*;

    fn is_readable(bell: &RemoteBell) -> bool {
        let lent = bell.lend().expect("it is open");
        let mut polled = [PollFd::new(lent, PollFlags::POLLIN)];
        poll(&mut polled, PollTimeout::ZERO).expect("no error") == 1
    }

    #[test]
    fn a_bell_is_readable_from_a_ring_until_it_is_silenced() {
        let bell = RemoteBell::new().expect("a bell");
        assert!(!is_readable(&bell));
        for _ in 0..1000 {
            assert_eq!(bell.name().ring(), Rung::Yes);
        }
        assert!(is_readable(&bell));
        bell.silence();
        assert!(!is_readable(&bell));
        let name = bell.name();
        drop(bell);
        assert_eq!(name.ring(), Rung::Gone);
    }
}
